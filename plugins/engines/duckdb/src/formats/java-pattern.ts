import { SluiceError } from '@sluice/plugin-sdk';

const LETTERS: Readonly<Record<string, string>> = {
  yyyy: '%Y',
  uuuu: '%Y',
  yy: '%y',
  MMMM: '%B',
  MMM: '%b',
  MM: '%m',
  M: '%-m',
  dd: '%d',
  d: '%-d',
  DDD: '%j',
  EEEE: '%A',
  EEE: '%a',
  E: '%a',
  HH: '%H',
  H: '%-H',
  hh: '%I',
  h: '%-I',
  mm: '%M',
  m: '%-M',
  ss: '%S',
  s: '%-S',
  SSS: '%g',
  SSSSSS: '%f',
  SSSSSSSSS: '%n',
  a: '%p',
  XXX: '%z',
  XX: '%z',
  X: '%z',
  Z: '%z',
  xxx: '%z',
};

/**
 * Java's pattern of a date or time, such as `dd/MM/yyyy HH:mm`, in the words of DuckDB's strptime and strftime.
 *
 * @throws PROPERTY_INVALID for letters that have no such word
 */
export function strptimePattern(pattern: string, option: string): string {
  let result = '';
  for (let i = 0; i < pattern.length;) {
    const c = pattern[i] as string;
    if (c === "'") {
      const close = pattern.indexOf("'", i + 1);
      const end = close < 0 ? pattern.length : close;
      result += end === i + 1 ? "'" : pattern.slice(i + 1, end).replaceAll('%', '%%');
      i = end + 1;
    } else if (/[A-Za-z]/.test(c)) {
      let end = i + 1;
      while (pattern[end] === c) end++;
      const word = LETTERS[pattern.slice(i, end)];
      if (word === undefined) return refuse(pattern, pattern.slice(i, end), option);
      result += word;
      i = end;
    } else if (c === '[' || c === ']') return refuse(pattern, c, option);
    else {
      result += c === '%' ? '%%' : c;
      i++;
    }
  }
  return result;
}

function refuse(pattern: string, part: string, option: string): never {
  const message = `option '${option}': '${part}' in the pattern '${pattern}' cannot be used here; use letters such as yyyy-MM-dd HH:mm:ss.SSS`;
  throw new SluiceError('PROPERTY_INVALID', message);
}

/** How dates or timestamps are spelled by a pattern of Java. */
export interface TimeSpelling {
  readonly java: string;
  readonly strptime: string;
  /** What such a text looks like, for RE2: strptime takes `2020-1-5` for `yyyy-MM-dd`, and Java does not. */
  readonly shape: string;
}

/** Reads a pattern of Java; undefined where none is given. @throws PROPERTY_INVALID */
export function timeSpelling(pattern: string | undefined, option: string): TimeSpelling | undefined {
  if (pattern === undefined) return undefined;
  return { java: pattern, strptime: strptimePattern(pattern, option), shape: shapeOf(pattern) };
}

function shapeOf(pattern: string): string {
  return pattern.replace(
    /'([^']*)'|([A-Za-z])\2*|[^]/g,
    (part, quoted: string | undefined, letter: string | undefined) => {
      if (quoted !== undefined) return (quoted === '' ? "'" : quoted).replace(/[^\w\s]/g, '\\$&');
      if (letter === undefined) return part.replace(/[^\w\s]/g, '\\$&');
      if (letter === 'a') return '[AaPp][Mm]';
      if (/[XxZ]/.test(letter)) return '(?:Z|[+-]\\d{2}(?::?\\d{2})?)';
      if (/[E]/.test(letter) || (letter === 'M' && part.length > 2)) return '[A-Za-z]+';
      if (letter === 'S') return `\\d{1,${part.length}}`;
      return part.length === 1 ? '\\d{1,2}' : `\\d{${part.length}}`;
    },
  );
}
