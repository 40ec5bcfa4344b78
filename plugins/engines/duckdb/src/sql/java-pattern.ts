import { quoteLiteral } from './quote.js';
import type { Scope } from './scope.js';
import type { Typed } from './typed.js';

/** What Java's regular expressions have and RE2 lacks, with the name to refuse it by. */
const LACKING: readonly (readonly [RegExp, string])[] = [
  [/^\(\?[=!]/, 'look-ahead (?=...)'],
  [/^\(\?<[=!]/, 'look-behind (?<=...)'],
  [/^\(\?>/, 'the atomic group (?>...)'],
  [/^\\[1-9]/, 'the back reference \\1'],
  [/^\\k</, 'the back reference \\k<name>'],
  [/^(?:[*+?]|\})\+/, 'the possessive quantifier'],
  [/^\\[GXRN]/, 'the escape \\G, \\X, \\R or \\N'],
  [/^\(\?[a-z]*[xud]/, 'the flags x, u and d'],
];

/**
 * A regular expression of Java for DuckDB, whose RE2 means the same by what it accepts. SQL_UNSUPPORTED, by name, for
 * what RE2 lacks; a pattern that is no literal cannot be looked at and is refused too.
 */
export function javaPattern(scope: Scope, pattern: Typed): string {
  if (pattern.literal === null) return 'CAST(NULL AS VARCHAR)';
  if (typeof pattern.literal !== 'string') {
    throw scope.unsupported(
      pattern.at,
      'a regular expression that is not a literal',
      'write the pattern as a string literal',
    );
  }
  return quoteLiteral(toRe2(scope, pattern.literal, pattern.at));
}

function toRe2(scope: Scope, text: string, at: number): string {
  let out = '';
  let inClass = 0;
  for (let i = 0; i < text.length; i++) {
    const rest = text.slice(i, i + 12);
    const c = text[i] ?? '';
    if (inClass === 0 || c === '\\') {
      const lack = LACKING.find(([form]) => form.test(rest));
      if (lack && !(inClass > 0 && c !== '\\'))
        throw scope.unsupported(at, `${lack[1]} in a regular expression`, 'write the pattern without it');
    }
    if (c === '\\') {
      const escape = escapeOf(text, i);
      if (escape.end < 0) {
        throw scope.fail(
          at,
          'SQL_ANALYSIS',
          `'${text.slice(i, i + 2)}' is no escape of a regular expression; write \\\\ for a backslash (INVALID_PARAMETER_VALUE.PATTERN)`,
        );
      }
      out += escape.text;
      i = escape.end - 1;
    } else if (c === '[') {
      if (inClass > 0)
        throw scope.unsupported(
          at,
          'a nested character class in a regular expression',
          'list the characters in one class',
        );
      inClass++;
      out += c;
      if (text[i + 1] === '^') {
        out += '^';
        i++;
      }
    } else if (c === ']' && inClass > 0) {
      inClass--;
      out += c;
    } else if (inClass > 0 && rest.startsWith('&&')) {
      throw scope.unsupported(at, 'the intersection && in a regular expression', 'list the characters in one class');
    } else if (inClass === 0 && c === '(' && rest.startsWith('(?<')) {
      out += '(?P<';
      i += 2;
    } else if (inClass === 0 && c === '$') {
      // Java's $ also stands before a line end at the very end of the text.
      out += '(?:\\n?\\z)';
    } else if (inClass === 0 && c === '.') out += '[^\\n\\r\\x{85}\\x{2028}\\x{2029}]';
    else out += c;
  }
  return out;
}

const CLASSES: Readonly<Record<string, string>> = {
  h: '[ \\t\\x{a0}\\x{1680}\\x{180e}\\x{2000}-\\x{200a}\\x{202f}\\x{205f}\\x{3000}]',
  s: '[ \\t\\n\\x0b\\f\\r]',
  S: '[^ \\t\\n\\x0b\\f\\r]',
  v: '[\\n\\x0b\\f\\r\\x{85}\\x{2028}\\x{2029}]',
  H: '[^ \\t\\x{a0}\\x{1680}\\x{180e}\\x{2000}-\\x{200a}\\x{202f}\\x{205f}\\x{3000}]',
  V: '[^\\n\\x0b\\f\\r\\x{85}\\x{2028}\\x{2029}]',
  Z: '(?:\\n?\\z)',
  e: '\\x1b',
};

function escapeOf(text: string, at: number): { text: string; end: number } {
  const c = text[at + 1] ?? '';
  const unicode = /^\\u([0-9a-fA-F]{4})/.exec(text.slice(at, at + 6));
  if (unicode) return { text: `\\x{${unicode[1]}}`, end: at + 6 };
  const octal = /^\\0([0-3]?[0-7]{1,2})/.exec(text.slice(at, at + 5));
  if (octal) return { text: `\\x{${parseInt(octal[1] ?? '0', 8).toString(16)}}`, end: at + octal[0].length };
  const mapped = CLASSES[c];
  if (mapped !== undefined) return { text: mapped, end: at + 2 };
  const property = /^\\([pP])\{(?:Is)?(\w+)\}/.exec(text.slice(at, at + 40));
  if (property) {
    const posix: Readonly<Record<string, string>> = {
      Alpha: '[a-zA-Z]',
      Digit: '[0-9]',
      Alnum: '[a-zA-Z0-9]',
      Upper: '[A-Z]',
      Lower: '[a-z]',
      Punct: '[[:punct:]]',
      Space: '[ \\t\\n\\x0b\\f\\r]',
      XDigit: '[0-9a-fA-F]',
    };
    const known = property[1] === 'p' ? posix[property[2] ?? ''] : undefined;
    return { text: known ?? `\\${property[1]}{${property[2]}}`, end: at + property[0].length };
  }
  if (/[A-Za-z]/.test(c) && !'tnrfaedDwWbBAzQEpPHV'.includes(c)) return { text: '', end: -1 };
  return { text: `\\${c}`, end: at + 2 };
}

/** A replacement text of Java for DuckDB: `$1` is `\1` there. */
export function javaReplacement(scope: Scope, value: Typed | undefined): string {
  if (!value || value.literal === null) return 'CAST(NULL AS VARCHAR)';
  if (typeof value.literal !== 'string') {
    throw scope.unsupported(
      value.at,
      'a replacement that is not a literal',
      'write the replacement as a string literal',
    );
  }
  let out = '';
  const text = value.literal;
  for (let i = 0; i < text.length; i++) {
    const c = text[i] ?? '';
    if (c === '\\') {
      i++;
      const next = text[i] ?? '';
      out += next === '\\' ? '\\\\' : next;
    } else if (c === '$') {
      const group = /^\$(\d)/.exec(text.slice(i));
      if (!group) throw scope.unsupported(value.at, 'a named group in a replacement', 'name the group by its number');
      out += `\\${group[1]}`;
      i++;
    } else out += c;
  }
  return quoteLiteral(out);
}
