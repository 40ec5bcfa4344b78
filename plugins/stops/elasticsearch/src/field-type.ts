import { SluiceError, type Value } from '@sluice/plugin-sdk';

/** A value of a document's JSON; whole numbers that JavaScript cannot hold exactly are bigints. */
type Json = null | boolean | number | bigint | string | readonly Json[] | { readonly [name: string]: Json };

/** A field as the index's mapping has it. */
export interface Field {
  /** Spark's word for one value; `struct` for an object with fields, and `json` for what becomes a text of JSON. */
  readonly kind:
    'string' | 'json' | 'boolean' | 'int' | 'bigint' | 'decimal(20,0)' | 'double' | 'timestamp' | 'binary' | 'struct';
  readonly fields: ReadonlyMap<string, Field>;
  /** Whether some document has several values; the mapping does not tell. */
  isArray: boolean;
}

const KINDS: Readonly<Record<string, Field['kind']>> = {
  text: 'string',
  keyword: 'string',
  constant_keyword: 'string',
  wildcard: 'string',
  match_only_text: 'string',
  ip: 'string',
  version: 'string',
  boolean: 'boolean',
  byte: 'int',
  short: 'int',
  integer: 'int',
  long: 'bigint',
  unsigned_long: 'decimal(20,0)',
  half_float: 'double',
  float: 'double',
  double: 'double',
  scaled_float: 'double',
  date: 'timestamp',
  // Microseconds are what a timestamp has: a text keeps the nanoseconds.
  date_nanos: 'string',
  binary: 'binary',
};

interface Mapping {
  readonly type?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Mapping>>;
}

/** The fields of a mapping, in the order of their names, as the server gives them. */
export function fieldsOf(mapping: Mapping): ReadonlyMap<string, Field> {
  const entries = Object.entries(mapping.properties ?? {}).flatMap(([name, each]): [string, Field][] => {
    if (each.type === 'alias') return [];
    return [[name, fieldOf(each)]];
  });
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function fieldOf(mapping: Mapping): Field {
  const fields = fieldsOf(mapping);
  if (mapping.properties !== undefined) return { kind: fields.size === 0 ? 'json' : 'struct', fields, isArray: false };
  // A date in a format of its own is kept as it stands.
  const isOwn =
    mapping.type === 'date' &&
    !/^(strict_)?date_optional_time(\|\|epoch_millis)?$/.test(mapping.format ?? 'date_optional_time');
  const kind = isOwn ? 'string' : (KINDS[mapping.type ?? ''] ?? 'json');
  return { kind, fields, isArray: false };
}

/** Looks at a document for fields that have several values. */
export function markArrays(document: Json, fields: ReadonlyMap<string, Field>): void {
  for (const [name, field] of fields) {
    const value = memberOf(document, name);
    if (Array.isArray(value)) field.isArray = true;
    for (const each of itemsOf(value)) if (field.kind === 'struct') markArrays(each, field.fields);
  }
}

/** The type in Spark's words. */
export function sparkName({ kind, fields, isArray }: Field): string {
  const one = kind === 'json' ? 'string' : kind === 'struct' ? structName(fields) : kind;
  return isArray && kind !== 'json' ? `array<${one}>` : one;
}

function structName(fields: ReadonlyMap<string, Field>): string {
  const members = [...fields].map(([name, field]) => {
    return `${/^[A-Za-z_]\w*$/.test(name) ? name : `\`${name.replaceAll('`', '``')}\``}:${sparkName(field)}`;
  });
  return `struct<${members.join(',')}>`;
}

/** A field of a document in its type; DATA_INVALID where the server took what Spark does not. */
export function valueIn(document: Json, name: string, field: Field): Value {
  const value = memberOf(document, name);
  if (value === null) return null;
  if (field.kind === 'json') return jsonText(value);
  if (field.isArray) return itemsOf(value).map((each) => oneIn(each, name, field));
  if (Array.isArray(value)) throw misfit(name, value, 'one value, as in the documents looked at; raise sampleSize');
  return oneIn(value, name, field);
}

function oneIn(value: Json, name: string, field: Field): Value {
  if (value === null) return null;
  const { kind, fields } = field;
  if (kind === 'struct') {
    if (typeof value !== 'object') throw misfit(name, value, 'an object');
    return Object.fromEntries([...fields].map(([each, inner]) => [each, valueIn(value, each, inner)])) as Value;
  }
  const text = typeof value === 'object' ? undefined : String(value);
  switch (kind) {
    case 'string':
      return text ?? jsonText(value);
    case 'boolean':
      // The server takes texts for them, and an empty one for false.
      if (text === 'true' || text === 'false' || text === '') return text === 'true';
      break;
    case 'int':
    case 'double': {
      const number = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
      // Fractions are cut off by the server as well where it coerces.
      if (!Number.isNaN(number)) return kind === 'int' ? Math.trunc(number) : number;
      break;
    }
    case 'bigint':
    case 'decimal(20,0)': {
      const whole = /^[+-]?\d+/.exec(text ?? '')?.[0];
      if (whole !== undefined && !/e/i.test(text ?? ''))
        return kind === 'bigint' ? BigInt(whole) : String(BigInt(whole));
      break;
    }
    case 'timestamp': {
      // Four digits are a year.
      const ms = /^-?\d+$/.test(text ?? '') && text?.length !== 4 ? Number(text) : Date.parse(utc(text ?? ''));
      if (!Number.isNaN(ms)) return BigInt(ms) * 1000n + microsOf(text ?? '');
      break;
    }
    case 'binary':
      if (text !== undefined) return new Uint8Array(Buffer.from(text, 'base64'));
      break;
    default:
      break;
  }
  throw misfit(name, value, kind);
}

/** A date and time without a zone is in UTC to the server, and in the local zone to JavaScript. */
function utc(text: string): string {
  return /T[\d:.,]+$/.test(text) ? `${text.replace(',', '.')}Z` : text;
}

/** What is finer than the milliseconds that JavaScript reads. */
function microsOf(text: string): bigint {
  const [, micros = ''] = /\.\d{3}(\d{1,3})/.exec(text) ?? [];
  return BigInt(micros.padEnd(3, '0') || '0');
}

function memberOf(document: Json, name: string): Json {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return null;
  const object = document as { readonly [name: string]: Json };
  return Object.hasOwn(object, name) ? (object[name] ?? null) : null;
}

function itemsOf(value: Json): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]).flatMap(itemsOf) : [value];
}

function jsonText(value: Json): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each));
}

function misfit(name: string, value: Json, wanted: string): SluiceError {
  return new SluiceError('DATA_INVALID', `the field '${name}' is not ${wanted}: ${jsonText(value).slice(0, 100)}`);
}
