import type { Problem } from './errors.js';
import type { Properties, Property, Values } from './property.js';
import { didYouMean } from './text.js';

/** What {@link readProperties} found: the values, or what is wrong with them. */
export interface ReadProperties<P extends Properties> {
  readonly values: Values<P>;
  readonly problems: readonly Problem[];
}

/**
 * Reads the values that a flow gives for declared properties: aliases to present names, texts to the kind's type,
 * defaults where nothing is given. All problems at once; `values` is complete only when there are none.
 *
 * @param extra whether names that are not declared are ignored or refused
 */
export function readProperties<P extends Properties>(
  declared: P,
  given: Readonly<Record<string, unknown>>,
  extra: 'ignore' | 'refuse',
): ReadProperties<P> {
  const problems: Problem[] = [];
  const values: Record<string, unknown> = {};
  const used = new Set<string>();

  for (const [name, spec] of Object.entries(declared)) {
    const key = [name, ...(spec.aliases ?? [])].find((each) => isGiven(spec, given[each]));
    for (const each of [name, ...(spec.aliases ?? [])]) used.add(each);
    if (key === undefined) {
      if (spec.default !== undefined) values[name] = spec.default;
      else if (spec.required === true) {
        problems.push({ reason: 'PROPERTY_MISSING', property: name, message: `property '${name}' has no value` });
      }
      continue;
    }
    const result = readValue(spec, given[key]);
    if ('wrong' in result) {
      const shown = spec.secret ? 'the value' : JSON.stringify(given[key]);
      const message = `property '${key}': ${shown} ${result.wrong}`;
      problems.push({ reason: 'PROPERTY_INVALID', property: key, message });
    } else values[name] = result.value;
  }

  if (extra === 'refuse') {
    for (const name of Object.keys(given)) {
      if (used.has(name)) continue;
      const message = `there is no property '${name}'${didYouMean(name, Object.keys(declared))}`;
      problems.push({ reason: 'PROPERTY_UNKNOWN', property: name, message });
    }
  }
  return { values: values as Values<P>, problems };
}

/** PiFlow's clients send every property, empty where the user gave nothing. */
function isGiven(spec: Property, value: unknown): boolean {
  if (value === undefined || value === null) return false;
  return value !== '' || spec.allowEmpty === true;
}

type Read = { value: unknown } | { wrong: string };

function readValue(spec: Property, value: unknown): Read {
  switch (spec.kind) {
    case 'string':
    case 'text':
    case 'path':
    case 'sql':
    case 'code':
    case 'secret':
    case 'datasource':
      return readText(value);
    case 'integer':
    case 'number':
      return readNumber(spec, value);
    case 'boolean':
      return readBoolean(value);
    case 'enum':
      return readEnum(spec, value);
    case 'list':
    case 'columns':
      return readList(value);
    case 'map':
      return readMap(value);
    case 'json':
      return { value };
  }
}

function readText(value: unknown): Read {
  if (typeof value === 'string') return { value };
  if (typeof value === 'number' || typeof value === 'boolean') return { value: String(value) };
  return { wrong: 'is not a text' };
}

function readNumber(spec: Property, value: unknown): Read {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) return { wrong: 'is not a number' };
  if (spec.kind === 'integer' && !Number.isSafeInteger(number)) return { wrong: 'is not a whole number' };
  if (spec.min !== undefined && number < spec.min) return { wrong: `is less than ${spec.min}` };
  if (spec.max !== undefined && number > spec.max) return { wrong: `is greater than ${spec.max}` };
  return { value: number };
}

function readBoolean(value: unknown): Read {
  if (typeof value === 'boolean') return { value };
  const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
  if (word === 'true') return { value: true };
  if (word === 'false') return { value: false };
  return { wrong: 'is neither true nor false' };
}

function readEnum(spec: Property, value: unknown): Read {
  const word = String(value).trim().toLowerCase();
  const values = spec.values ?? [];
  const found =
    values.find((each) => each.toLowerCase() === word) ??
    Object.entries(spec.synonyms ?? {}).find(([synonym]) => synonym.toLowerCase() === word)?.[1];
  if (found !== undefined) return { value: found };
  return { wrong: `is not one of ${values.join(', ')}` };
}

function readList(value: unknown): Read {
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) {
    return { value: value.map((each: string) => each.trim()).filter((each) => each !== '') };
  }
  if (typeof value !== 'string') return { wrong: 'is neither a list of texts nor a text with commas' };
  const parts = value.split(',').map((each) => each.trim());
  return { value: parts.filter((each) => each !== '') };
}

function readMap(value: unknown): Read {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { wrong: 'is not an object' };
  const entries = Object.entries(value);
  if (!entries.every(([, each]) => typeof each === 'string')) return { wrong: 'has a value that is not a text' };
  return { value: Object.fromEntries(entries) };
}
