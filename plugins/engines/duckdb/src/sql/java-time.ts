import { quoteLiteral } from './quote.js';
import type { Scope } from './scope.js';

/** One element of a date pattern of Java: a letter with its count, or text between letters. */
export type PatternPart = { readonly letter: string; readonly count: number } | { readonly text: string };

/** Letters that Spark takes; others it refuses too, or they mean weeks, which no formatter of Spark has. */
const LETTERS = 'GyMLdDQqEaHkKhmsSzOXxZVF';

/** The parts of a pattern, or what is wrong with it. */
export function parsePattern(pattern: string): readonly PatternPart[] | string {
  const parts: PatternPart[] = [];
  const text = (value: string): void => {
    const last = parts.at(-1);
    if (last && 'text' in last) parts[parts.length - 1] = { text: last.text + value };
    else parts.push({ text: value });
  };
  for (let i = 0; i < pattern.length;) {
    const c = pattern[i] ?? '';
    if (c === "'") {
      if (pattern[i + 1] === "'") {
        text("'");
        i += 2;
        continue;
      }
      const end = pattern.indexOf("'", i + 1);
      if (end < 0) return 'a quote is not closed';
      text(pattern.slice(i + 1, end));
      i = end + 1;
    } else if (/[A-Za-z]/.test(c)) {
      let count = 1;
      while (pattern[i + count] === c) count++;
      if (!LETTERS.includes(c)) return `the letter '${c}' is not supported`;
      if (count > (c === 'S' ? 9 : c === 'y' || c === 'u' ? 6 : c === 'D' ? 3 : 5))
        return `'${c.repeat(count)}' has too many letters`;
      parts.push({ letter: c, count });
      i += count;
    } else if ('[]{}#'.includes(c)) return `'${c}' is not supported`;
    else {
      text(c);
      i++;
    }
  }
  return parts;
}

const STRFTIME: Readonly<Record<string, string>> = {
  yyyy: '%Y',
  MM: '%m',
  dd: '%d',
  HH: '%H',
  mm: '%M',
  ss: '%S',
  SSS: '%g',
  SSSSSS: '%f',
  EEE: '%a',
  EEEE: '%A',
  MMM: '%b',
  MMMM: '%B',
  hh: '%I',
  a: '%p',
  DDD: '%j',
  yy: '%y',
};

/** A pattern for DuckDB's strftime, where every part of it has the same meaning there. */
function strftimeOf(parts: readonly PatternPart[]): string | undefined {
  let out = '';
  for (const part of parts) {
    if ('text' in part) out += part.text.replaceAll('%', '%%');
    else {
      const known = STRFTIME[part.letter.repeat(part.count)];
      if (known === undefined) return undefined;
      out += known;
    }
  }
  return out;
}

/** The pattern of a call, checked; SQL_UNSUPPORTED by name for letters that Sluice does not have. */
export function checkedPattern(scope: Scope, pattern: string, at: number): readonly PatternPart[] {
  const parts = parsePattern(pattern);
  if (typeof parts === 'string')
    throw scope.unsupported(
      at,
      `the date pattern '${pattern}' (${parts})`,
      'use letters such as yyyy, MM, dd, HH, mm, ss, SSS',
    );
  return parts;
}

/** The text of an instant by a pattern: `wall` is what the zone's clocks show at it. */
export function formatTime(scope: Scope, instant: string, wall: string, pattern: string, at: number): string {
  const parts = checkedPattern(scope, pattern, at);
  const simple = strftimeOf(parts);
  const zone = quoteLiteral(scope.session.options.zone);
  const slow = `spark_format_time(epoch_us(${instant}), epoch_us(${wall}), ${quoteLiteral(pattern)}, ${zone})`;
  if (simple === undefined) return slow;
  // Years beyond four digits are written otherwise.
  const plain = `${wall} BETWEEN TIMESTAMP '1000-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999'`;
  return `CASE WHEN ${plain} THEN strftime(${wall}, ${quoteLiteral(simple)}) ELSE ${slow} END`;
}

/** The time in microseconds that a text means by a pattern, or NULL: an instant, or a wall clock in a zone (none: as written). */
export function readTime(
  scope: Scope,
  text: string,
  pattern: string,
  at: number,
  what: 'instant' | { readonly wallIn: string },
): string {
  checkedPattern(scope, pattern, at);
  const [name, zone] =
    what === 'instant' ? ['spark_read_instant', scope.session.options.zone] : ['spark_read_wall', what.wallIn];
  return `${name}(${text}, ${quoteLiteral(pattern)}, ${quoteLiteral(zone)})`;
}
