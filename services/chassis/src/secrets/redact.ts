const SHOWN = '••••••';
/** Shorter secrets would hide innocent letters. */
const SHORTEST = 3;

/** Makes a function that hides secrets in every text of a value, also as JSON and in URLs would write them. */
export function redactor(secrets: Iterable<string>): <T>(value: T) => T {
  const words = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < SHORTEST) continue;
    words.add(secret).add(JSON.stringify(secret).slice(1, -1)).add(encodeURIComponent(secret));
    words.add(Buffer.from(secret).toString('base64'));
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
