import { groupAt } from '../java-pattern.js';

/** Most patterns and replacements that are kept ready. */
const MOST = 1000;

function kept<T>(made: Map<string, T>, key: string, make: () => T): T {
  let value = made.get(key);
  if (value === undefined) {
    value = make();
    if (made.size > MOST) made.clear();
    made.set(key, value);
  }
  return value;
}

const patterns = new Map<string, RegExp>();
const compiled = (pattern: string): RegExp => {
  const regex = kept(patterns, pattern, () => new RegExp(pattern, 'gu'));
  regex.lastIndex = 0;
  return regex;
};

/** Whether a pattern, in JavaScript's words, matches somewhere in a text. */
export const matches = (text: string, pattern: string): boolean => compiled(pattern).test(text);

/** A group of the first match; empty where there is no match or the group took no part. */
export const extract = (text: string, pattern: string, group: number): string =>
  compiled(pattern).exec(text)?.[group] ?? '';

/**
 * Every match, from the left. Java looks for one behind each half of a character beyond the first 65,536 too, where
 * JavaScript cannot: that is refused.
 */
function* found(text: string, pattern: string): Generator<RegExpExecArray> {
  for (const match of text.matchAll(compiled(pattern))) {
    if (match[0] === '' && (text.codePointAt(match.index) ?? 0) > 0xffff)
      throw new Error('[SQL_UNSUPPORTED] a regular expression that matches nothing beside emoji is not supported');
    yield match;
  }
}

/** A group of every match. */
export const extractAll = (text: string, pattern: string, group: number): string[] =>
  Array.from(found(text, pattern), (match) => match[group] ?? '');

/** Where the first match begins, in characters from 1; 0 where there is none. */
export function instr(text: string, pattern: string): number {
  const match = compiled(pattern).exec(text);
  return match ? [...text.slice(0, match.index)].length + 1 : 0;
}

const replacements = new Map<string, readonly (string | number)[]>();

/** Every match replaced, by a replacement in Java's words for a pattern of so many groups. */
export function replace(text: string, pattern: string, replacement: string, groups: number): string {
  const parts = kept(replacements, `${groups} ${replacement}`, () => partsOf(replacement, groups));
  let out = '';
  let at = 0;
  for (const match of found(text, pattern)) {
    out += text.slice(at, match.index);
    for (const part of parts) {
      if (typeof part === 'number' && part > groups)
        throw new Error(`[INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX] there is no group ${part}`);
      out += typeof part === 'string' ? part : (match[part] ?? '');
    }
    at = match.index + match[0].length;
  }
  return out + text.slice(at);
}

function partsOf(java: string, groups: number): (string | number)[] {
  const parts: (string | number)[] = [];
  for (let i = 0; i < java.length; i++) {
    const group = java[i] === '$' ? groupAt(java, i, groups) : undefined;
    if (group) {
      parts.push(group.number);
      i = group.end - 1;
    } else {
      if (java[i] === '\\') i++;
      parts.push(java[i] ?? '');
    }
  }
  return parts;
}

/** Java's split, with Spark's limit. */
export function split(text: string, pattern: string, limit: number): string[] {
  if (pattern === '') {
    const letters = [...text];
    if (limit > 0 && limit < letters.length) return [...letters.slice(0, limit - 1), letters.slice(limit - 1).join('')];
    return letters.length === 0 ? [''] : letters;
  }
  const parts: string[] = [];
  let start = 0;
  for (const match of found(text, pattern)) {
    if (limit > 0 && parts.length === limit - 1) break;
    // An empty match at the beginning makes no empty part; one at the end does.
    if (match[0] === '' && match.index === 0 && start === 0) continue;
    parts.push(text.slice(start, match.index));
    start = match.index + match[0].length;
  }
  parts.push(text.slice(start));
  return parts;
}
