import { distance } from 'fastest-levenshtein';

/** The names that a wrong one was probably meant to be, the likeliest first; at most three. */
export function nearest(wrong: string, names: readonly string[]): readonly string[] {
  const fold = (text: string): string => text.toLowerCase().replaceAll('_', '');
  const rated = names.map((name) => ({ name, far: distance(fold(wrong), fold(name)) }));
  return rated
    .filter(({ far, name }) => far <= Math.max(2, Math.floor(Math.min(name.length, wrong.length) / 3)))
    .sort((a, b) => a.far - b.far)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** `; did you mean 'a' or 'b'?`, or nothing. */
export function didYouMean(wrong: string, names: readonly string[]): string {
  const found = nearest(wrong, names).map((name) => `'${name}'`);
  return found.length === 0 ? '' : `; did you mean ${found.join(' or ')}?`;
}
