/** Code points from the first to the second, both among them. */
export type Range = readonly [number, number];

const SPACES: readonly Range[] = [
  [0x09, 0x0d],
  [0x20, 0x20],
];
const HORIZONTAL: readonly Range[] = [0x09, 0x20, 0xa0, 0x1680, 0x180e, 0x202f, 0x205f, 0x3000]
  .map((c): Range => [c, c])
  .concat([[0x2000, 0x200a]]);
const DIGITS: readonly Range[] = [[0x30, 0x39]];
const UPPER: readonly Range[] = [[0x41, 0x5a]];
const LOWER: readonly Range[] = [[0x61, 0x7a]];
const PUNCTUATION: readonly Range[] = [
  [0x21, 0x2f],
  [0x3a, 0x40],
  [0x5b, 0x60],
  [0x7b, 0x7e],
];

/** What ends a line for Java: line feed, carriage return, next line, line and paragraph separator. */
export const LINE_ENDS: readonly Range[] = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x85, 0x85],
  [0x2028, 0x2029],
];
/** What `\v` and, beside `\r\n`, `\R` match. */
const VERTICAL: readonly Range[] = [
  [0x0a, 0x0d],
  [0x85, 0x85],
  [0x2028, 0x2029],
];

/** The classes of one letter: `\d`, `\s` and the like. */
export const LETTER_CLASSES: Readonly<Record<string, readonly Range[]>> = {
  d: DIGITS,
  w: [...DIGITS, ...UPPER, ...LOWER, [0x5f, 0x5f]],
  s: SPACES,
  h: HORIZONTAL,
  v: VERTICAL,
};

/** Java's POSIX classes, of ASCII alone: `\p{Alpha}`. */
export const POSIX_CLASSES: Readonly<Record<string, readonly Range[]>> = {
  ASCII: [[0, 0x7f]],
  Lower: LOWER,
  Upper: UPPER,
  Alpha: [...UPPER, ...LOWER],
  Digit: DIGITS,
  Alnum: [...DIGITS, ...UPPER, ...LOWER],
  Punct: PUNCTUATION,
  Graph: [[0x21, 0x7e]],
  Print: [[0x20, 0x7e]],
  Blank: [
    [0x09, 0x09],
    [0x20, 0x20],
  ],
  Cntrl: [
    [0, 0x1f],
    [0x7f, 0x7f],
  ],
  XDigit: [...DIGITS, [0x41, 0x46], [0x61, 0x66]],
  Space: SPACES,
};

const CATEGORY = /^(?:Is)?((?:L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|Cc))$/;
const SCRIPTS = new Set(
  'Arabic Armenian Bengali Cyrillic Devanagari Georgian Greek Gujarati Han Hangul Hebrew Hiragana Katakana Khmer Lao Latin Mongolian Myanmar Tamil Telugu Thai Tibetan'.split(
    ' ',
  ),
);
const BINARY: Readonly<Record<string, string>> = {
  IsAlphabetic: 'Alphabetic',
  IsUppercase: 'Uppercase',
  IsLowercase: 'Lowercase',
  IsWhite_Space: 'White_Space',
  IsIdeographic: 'Ideographic',
};

/** A property of Unicode by Java's name, in the words of RE2 (undefined: it has none) and of JavaScript. */
export function propertyOf(name: string): { readonly re2: string | undefined; readonly js: string } | undefined {
  const category = CATEGORY.exec(name)?.[1];
  if (category !== undefined) return { re2: category, js: category };
  const script = name.startsWith('Is') ? name.slice(2) : '';
  if (SCRIPTS.has(script)) return { re2: script, js: `Script=${script}` };
  const binary = BINARY[name];
  return binary === undefined ? undefined : { re2: undefined, js: binary };
}

const LAST = 0x10ffff;

/** All code points that are in none of the ranges. */
export function complement(ranges: readonly Range[]): Range[] {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const gaps: Range[] = [];
  let next = 0;
  for (const [from, to] of sorted) {
    if (from > next) gaps.push([next, from - 1]);
    next = Math.max(next, to + 1);
  }
  return next <= LAST ? [...gaps, [next, LAST]] : gaps;
}

/** The ranges with the other case of each letter of ASCII: Java's `(?i)` looks at no others. */
export function bothCases(ranges: readonly Range[]): Range[] {
  return ranges.flatMap((range) => [
    range,
    ...[
      [0x41, 0x5a, 32],
      [0x61, 0x7a, -32],
    ].flatMap(([first = 0, last = 0, shift = 0]): Range[] => {
      const [from, to] = [Math.max(range[0], first), Math.min(range[1], last)];
      return from <= to ? [[from + shift, to + shift]] : [];
    }),
  ]);
}

/** Ranges as they stand in a class, for RE2 and for JavaScript. */
export function written(ranges: readonly Range[]): { readonly re2: string; readonly js: string } {
  const hex = ([from, to]: Range, open: string): string => {
    const [a, b] = [`${open}{${from.toString(16)}}`, `${open}{${to.toString(16)}}`];
    return from === to ? a : `${a}-${b}`;
  };
  return {
    re2: ranges.map((range) => hex(range, '\\x')).join(''),
    js: ranges.map((range) => hex(range, '\\u')).join(''),
  };
}
