/** String functions whose rules are Spark's own. Positions count characters (code points), as Spark counts them. */

/** Every word's first letter in capitals, the rest in small letters; words are parted by blanks. */
export function initcap(text: string): string {
  return text.toLowerCase().replace(/(^| )([^ ])/gu, (_, before: string, letter: string) => before + titleCase(letter));
}
const titleCase = (letter: string): string => {
  const upper = letter.toUpperCase();
  return upper.length > letter.length ? upper.slice(0, 1) + upper.slice(1).toLowerCase() : upper;
};

export function substringIndex(text: string, delimiter: string, count: number): string {
  if (delimiter === '' || count === 0) return '';
  if (count > 0) {
    let at = -1;
    for (let i = 0; i < count; i++) {
      at = text.indexOf(delimiter, at + 1);
      if (at < 0) return text;
    }
    return text.slice(0, at);
  }
  let at = text.length;
  for (let i = 0; i < -count; i++) {
    at = at - 1 < 0 ? -1 : text.lastIndexOf(delimiter, at - 1);
    if (at < 0) return text;
  }
  return text.slice(at + delimiter.length);
}

/** Characters of `from` become those of `to` at the same place; those without one vanish. The first of equals counts. */
export function translate(text: string, from: string, to: string): string {
  const targets = [...to];
  const map = new Map<string, string>();
  [...from].forEach((c, i) => {
    if (!map.has(c)) map.set(c, targets[i] ?? '');
  });
  return [...text].map((c) => map.get(c) ?? c).join('');
}

export function overlay(text: string, replacement: string, position: number, length: number): string {
  const letters = [...text];
  const size = length >= 0 ? length : [...replacement].length;
  const before = part(letters, 1, position - 1);
  return before + replacement + part(letters, position + size, 2147483647);
}

function part(letters: readonly string[], position: number, length: number): string {
  const start = position > 0 ? position - 1 : position < 0 ? letters.length + position : 0;
  const end = start + length;
  return letters.slice(Math.max(start, 0), Math.max(end, 0)).join('');
}

const CODES: Readonly<Record<string, string>> = {
  B: '1',
  F: '1',
  P: '1',
  V: '1',
  C: '2',
  G: '2',
  J: '2',
  K: '2',
  Q: '2',
  S: '2',
  X: '2',
  Z: '2',
  D: '3',
  T: '3',
  L: '4',
  M: '5',
  N: '5',
  R: '6',
  H: '7',
  W: '7',
};

/** The number of insertions, deletions and replacements of characters that make one text of the other. */
export function levenshtein(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  let previous = Array.from({ length: right.length + 1 }, (_, i) => i);
  left.forEach((c, i) => {
    const row = [i + 1];
    right.forEach((d, j) => {
      const replaced = (previous[j] ?? 0) + (c === d ? 0 : 1);
      row.push(Math.min(replaced, (previous[j + 1] ?? 0) + 1, (row[j] ?? 0) + 1));
    });
    previous = row;
  });
  return previous[right.length] ?? 0;
}

export function soundex(text: string): string {
  const first = text[0] ?? '';
  if (text === '' || !/^[A-Za-z]/.test(first)) return text;
  let code = first.toUpperCase();
  let last = CODES[code] ?? '0';
  for (const c of text.slice(1).toUpperCase()) {
    if (code.length === 4) break;
    if (!/[A-Z]/.test(c)) {
      last = '0';
      continue;
    }
    const next = CODES[c] ?? '0';
    // H and W do not part equal codes; vowels do.
    if (next === '7') continue;
    if (next !== '0' && next !== last) code += next;
    last = next;
  }
  return code.padEnd(4, '0');
}

export function luhnCheck(text: string): boolean {
  if (!/^\d+$/.test(text)) return false;
  let sum = 0;
  [...text].reverse().forEach((c, i) => {
    const doubled = Number(c) * (i % 2 === 1 ? 2 : 1);
    sum += doubled > 9 ? doubled - 9 : doubled;
  });
  return sum % 10 === 0;
}

/** Letters and digits replaced by signs for their kind; NULL for a kind keeps it. */
export function mask(
  text: string | null,
  upper: string | null,
  lower: string | null,
  digit: string | null,
  other: string | null,
): string | null {
  if (text === null) return null;
  return [...text]
    .map((c) => {
      if (/\p{Lu}/u.test(c)) return upper ?? c;
      if (/\p{Ll}/u.test(c)) return lower ?? c;
      return /\p{Nd}/u.test(c) ? (digit ?? c) : (other ?? c);
    })
    .join('');
}

/** A text with the digits of other scripts, such as full-width ones, replaced by 0 to 9. */
export function plainDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, (c) => {
    // Digits stand in Unicode in runs of ten, from the zero on.
    let zero = c.codePointAt(0) ?? 0;
    const value = zero;
    while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1)) && value - zero < 9) zero--;
    return String((value - zero) % 10);
  });
}
