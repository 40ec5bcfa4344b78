import { readJavaRegex, RegexFault, type JavaRegex } from './java-regex.js';
import type { Scope } from './scope.js';
import type { Typed } from './typed.js';

/**
 * A regular expression of Java. Undefined for NULL. SQL_UNSUPPORTED, by name, for what cannot be said; a pattern that is
 * no literal cannot be looked at and is refused too.
 */
export function javaPattern(scope: Scope, pattern: Typed): JavaRegex | undefined {
  if (pattern.literal === null) return undefined;
  if (typeof pattern.literal !== 'string') {
    throw scope.unsupported(
      pattern.at,
      'a regular expression that is not a literal',
      'write the pattern as a string literal',
    );
  }
  try {
    return readJavaRegex(pattern.literal);
  } catch (error) {
    if (!(error instanceof RegexFault)) throw error;
    if (error.kind === 'lacking')
      throw scope.unsupported(pattern.at, `${error.message} in a regular expression`, 'write the pattern without it');
    const message = `'${pattern.literal}' is no regular expression: ${error.message} (INVALID_PARAMETER_VALUE.PATTERN)`;
    throw scope.fail(pattern.at, 'SQL_ANALYSIS', message);
  }
}

/** A replacement text of Java. */
export interface JavaReplacement {
  /** As it was written. */
  readonly java: string;
  /** For RE2: `\1` for `$1`. */
  readonly re2: string;
  /** The largest group that it names. */
  readonly group: number;
}

/** Reads a replacement for a pattern with so many groups; undefined for NULL. */
export function javaReplacement(scope: Scope, value: Typed | undefined, groups: number): JavaReplacement | undefined {
  if (!value || value.literal === null) return undefined;
  if (typeof value.literal !== 'string') {
    throw scope.unsupported(
      value.at,
      'a replacement that is not a literal',
      'write the replacement as a string literal',
    );
  }
  let re2 = '';
  let largest = 0;
  const java = value.literal;
  for (let i = 0; i < java.length; i++) {
    const c = java[i] ?? '';
    if (c === '\\') {
      i++;
      const next = java[i];
      if (next === undefined) throw scope.fail(value.at, 'SQL_ANALYSIS', 'a backslash ends the replacement');
      re2 += next === '\\' ? '\\\\' : next;
    } else if (c === '$') {
      const group = groupAt(java, i, groups);
      if (group === undefined)
        throw scope.unsupported(value.at, 'a named group in a replacement', 'name the group by its number');
      largest = Math.max(largest, group.number);
      re2 += `\\${group.number}`;
      i = group.end - 1;
    } else re2 += c;
  }
  return { java, re2, group: largest };
}

/** The group that `$12` names: further digits belong to it as long as there is such a group. */
export function groupAt(java: string, at: number, groups: number): { number: number; end: number } | undefined {
  if (!/\d/.test(java[at + 1] ?? '')) return undefined;
  let end = at + 2;
  let number = Number(java[at + 1]);
  while (/\d/.test(java[end] ?? '') && number * 10 + Number(java[end]) <= groups) {
    number = number * 10 + Number(java[end]);
    end++;
  }
  return { number, end };
}
