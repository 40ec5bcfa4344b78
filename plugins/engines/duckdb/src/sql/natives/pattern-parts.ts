import { parsePattern, type PatternPart } from '../java-time.js';

/** What writing and reading times by patterns of Java's DateTimeFormatter share: in English, as Spark uses it. */

export const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);
export const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

const compiled = new Map<string, readonly PatternPart[]>();

/** The parts of a pattern; RangeError with Spark's class for one that is wrong. */
export function partsOf(pattern: string): readonly PatternPart[] {
  let parts = compiled.get(pattern);
  if (!parts) {
    const parsed = parsePattern(pattern);
    if (typeof parsed === 'string') throw new RangeError(`[INVALID_DATETIME_PATTERN] '${pattern}': ${parsed}`);
    parts = parsed;
    if (compiled.size > 1000) compiled.clear();
    compiled.set(pattern, parts);
  }
  return parts;
}

/** A month or a day of the week as so many letters of a pattern write it: whole, its first three letters or one. */
export const textOf = (name: string, count: number): string =>
  count >= 5 ? name.slice(0, 1) : count === 4 ? name : name.slice(0, 3);
