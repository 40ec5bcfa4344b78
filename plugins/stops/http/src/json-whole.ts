import { isObject, type Json } from './json-type.js';

/**
 * A number of which JavaScript's own parser would lose something: of more than 15 digits, or a double that it takes for a
 * whole number. Texts that look like one only cost time.
 */
const DELICATE = /(?<=[:,[\s]-?)\d+(?:\d{15}|\.0+(?!\d)|(?:\.\d+)?[eE])/;

/**
 * The values at a place of a JSON text that is held in memory, by JavaScript's own parser, which is many times as fast as
 * one that takes the text piece by piece. Whole numbers are bigints.
 *
 * @returns undefined for a text that must be read with care: it is no single document, or has delicate numbers
 */
export function wholeValues(text: string, at: readonly string[]): readonly Json[] | undefined {
  if (DELICATE.test(text)) return undefined;
  let place: Json | undefined;
  try {
    place = exact(JSON.parse(text) as Json);
  } catch {
    return undefined; // the other parser says where it is wrong
  }
  for (const name of at) {
    if (place === undefined || !isObject(place)) return [];
    place = Object.hasOwn(place, name) ? place[name] : undefined;
  }
  if (Array.isArray(place)) return place as readonly Json[];
  if (at.length === 0) return [place as Json];
  return place !== undefined && isObject(place) && Object.keys(place).length > 0 ? [place] : [];
}

/** A parsed value with its whole numbers as bigints. */
function exact(value: Json): Json {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return (value as readonly Json[]).map(exact);
  if (!isObject(value)) return value;
  const fields = value as Record<string, Json>;
  for (const [name, each] of Object.entries(fields)) {
    if (typeof each === 'number' || (typeof each === 'object' && each !== null)) fields[name] = exact(each);
  }
  return value;
}
