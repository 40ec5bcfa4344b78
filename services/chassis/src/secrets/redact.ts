const SHOWN = '••••••';
/** Shorter secrets would hide innocent letters. */
const SHORTEST = 3;
/** So do shorter parts of Base64. */
const SHORTEST_PART = 6;

/** Makes a function that hides secrets in every text of a value, also as JSON, URLs and Base64 would write them. */
export function redactor(secrets: Iterable<string>): <T>(value: T) => T {
  const words = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < SHORTEST) continue;
    words.add(secret).add(JSON.stringify(secret).slice(1, -1)).add(encodeURIComponent(secret));
    words.add(Buffer.from(secret).toString('base64'));
    for (const part of codedParts(secret)) words.add(part).add(part.replaceAll('+', '-').replaceAll('/', '_'));
  }
  // The longest first, so that no end of one stays.
  const sorted = [...words].sort((a, b) => b.length - a.length);
  if (sorted.length === 0) return (value) => value;
  const hide = (value: unknown): unknown => {
    if (typeof value === 'string') return sorted.reduce((text, word) => text.replaceAll(word, SHOWN), value);
    if (Array.isArray(value)) return value.map(hide);
    if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, hide(each)]));
  };
  return <T>(value: T): T => hide(value) as T;
}

/** What Base64 makes of a secret that stands in a longer text, such as `user:password`, wherever it begins there. */
function codedParts(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const parts = [0, 1, 2].map((before) => {
    const coded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    // Six bits a letter: the first and the last may belong to what stands beside it.
    return coded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  return parts.filter((part) => part.length >= SHORTEST_PART);
}
