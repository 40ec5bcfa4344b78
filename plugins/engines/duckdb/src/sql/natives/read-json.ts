import { schemaOf } from '../parse-type.js';
import { typeText, type SparkType } from '../types.js';
import { parseJson, jsonString, writeJson, type JsonNode } from './json-tree.js';
import { readInstant, readWall } from './read-pattern.js';
import { plain } from './rounding.js';
import { parseDate, parseInstant, parseWall } from './read-times.js';

/**
 * from_json: a text read by a schema into JSON of texts that DuckDB casts field by field. What does not fit its type
 * is NULL, as in Spark's PERMISSIVE mode.
 */
export interface ReadOptions {
  readonly zone: string;
  readonly dateFormat?: string;
  readonly timestampFormat?: string;
  readonly failFast?: boolean;
}

/** How the values of a file differ from those of from_json. */
export interface FitOptions extends ReadOptions {
  /** The text that was read: columns of strings show numbers and nested values as it has them. */
  readonly source?: string;
  /** Called for every field whose value does not fit its type. */
  readonly onMisfit?: (field: string, value: JsonNode, type: SparkType) => void;
}

/** Thrown for a value that has another type than the schema says. */
class Misfit extends Error {}

const optionCache = new Map<string, ReadOptions>();
export function optionsOf(text: string): ReadOptions {
  let options = optionCache.get(text);
  if (!options) {
    options = JSON.parse(text) as ReadOptions;
    optionCache.set(text, options);
  }
  return options;
}

export function readJson(text: string, schema: string, optionText: string): string | null {
  const type = schemaOf(schema);
  const options = optionsOf(optionText);
  if (text.trim() === '') return null;
  // What follows the value is not read.
  const node = parseJson(text);
  const malformed = (): string | null => {
    if (options.failFast === true) throw new RangeError(`[MALFORMED_RECORD_IN_PARSING] '${text}'`);
    return type.kind === 'struct' ? `{${type.fields.map((f) => `${jsonString(f.name)}:null`).join(',')}}` : null;
  };
  if (!node || (node.kind === 'null' && type.kind === 'struct')) return malformed();
  try {
    if (type.kind === 'struct' && node.kind === 'array') {
      // A struct alone in an array counts as itself.
      const [first] = node.items;
      return first && node.items.length === 1 ? fit(first, type, options) : malformed();
    }
    if (type.kind === 'array' && node.kind === 'object' && type.element.kind === 'struct')
      return `[${fit(node, type.element, options)}]`;
    return fit(node, type, options);
  } catch (error) {
    if (error instanceof Misfit) return malformed();
    throw error;
  }
}

/** A value of a type as JSON of texts; null for JSON's null. */
function fit(node: JsonNode, type: SparkType, options: FitOptions): string {
  if (node.kind === 'null') return 'null';
  switch (type.kind) {
    case 'struct':
      return fitStruct(node, type, options);
    case 'array':
      if (node.kind !== 'array') throw new Misfit();
      return `[${node.items.map((item) => fit(item, type.element, options)).join(',')}]`;
    case 'map':
      if (node.kind !== 'object') throw new Misfit();
      return `{${node.fields.map(([name, value]) => `${jsonString(name)}:${fit(value, type.value, options)}`).join(',')}}`;
    default: {
      const text = leaf(node, type, options);
      if (text === undefined) throw new Misfit();
      return jsonString(text);
    }
  }
}

/** An object by the fields of a struct, as JSON of texts. */
export function fitStruct(node: JsonNode, type: Extract<SparkType, { kind: 'struct' }>, options: FitOptions): string {
  if (node.kind !== 'object') throw new Misfit();
  const found = new Map<string, string>();
  for (const [name, value] of node.fields) {
    const field = type.fields.find((f) => f.name === name);
    if (!field) continue;
    try {
      found.set(name, fit(value, field.type, options));
    } catch (error) {
      if (!(error instanceof Misfit) || options.failFast === true) throw error;
      // A field that does not fit is NULL, unless it stood there before; the others keep their values.
      if (!found.has(name)) found.set(name, 'null');
      options.onMisfit?.(name, value, field.type);
    }
  }
  return `{${type.fields.map((f) => `${jsonString(f.name)}:${found.get(f.name) ?? 'null'}`).join(',')}}`;
}

/** The digits before the point, without zeros in front. */
const digitsBefore = (text: string): number => (/^[+-]?0*(\d*)/.exec(text)?.[1] ?? '').length;

const LIMITS: Readonly<Record<string, bigint>> = {
  tinyint: 1n << 7n,
  smallint: 1n << 15n,
  int: 1n << 31n,
  bigint: 1n << 63n,
};

function leaf(node: JsonNode, type: SparkType, options: FitOptions): string | undefined {
  switch (type.kind) {
    case 'string':
      return node.kind === 'string' ? node.value : written(node, options.source);
    case 'boolean':
      return node.kind === 'boolean' ? String(node.value) : undefined;
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint': {
      if (node.kind !== 'number' || !/^-?\d+$/.test(node.text)) return undefined;
      const limit = LIMITS[type.kind] ?? 0n;
      const value = BigInt(node.text);
      return value >= -limit && value < limit ? node.text : undefined;
    }
    case 'float':
    case 'double':
      if (node.kind === 'number')
        return node.text
          .replace(/^\+?INF$/, 'Infinity')
          .replace(/^-INF$/, '-Infinity')
          .replace(/^\+Inf/, 'Inf');
      return node.kind === 'string' && /^(?:NaN|[+-]?INF|[+-]?Infinity)$/.test(node.value)
        ? node.value.replace('INF', 'Infinity').replace('+', '')
        : undefined;
    case 'decimal': {
      const text = node.kind === 'number' ? node.text : node.kind === 'string' ? node.value.trim() : '';
      if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return undefined;
      const digits = plain(text);
      return digitsBefore(digits) > type.precision - type.scale ? undefined : digits;
    }
    case 'date':
    case 'timestamp':
    case 'timestamp_ntz':
      return timeLeaf(node, type.kind, options);
    case 'binary': {
      // from_json refuses it; in files bytes are base64, for which DuckDB wants escapes.
      if (node.kind !== 'string' || node.value.length % 4 > 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(node.value))
        return undefined;
      return [...Buffer.from(node.value, 'base64')].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
    }
    default:
      throw new RangeError(`[UNSUPPORTED] from_json cannot read ${typeText(type)}`);
  }
}

/** A value that is no string as a text. */
function written(node: JsonNode, source: string | undefined): string {
  if (source === undefined) return writeJson(node);
  if (node.kind === 'number') return node.text;
  return 'span' in node ? source.slice(...node.span) : writeJson(node);
}

/** The text of a time as DuckDB's casts read it. */
export function timeText(
  text: string,
  kind: 'date' | 'timestamp' | 'timestamp_ntz',
  options: ReadOptions,
): string | undefined {
  const { zone } = options;
  const pattern = kind === 'date' ? options.dateFormat : options.timestampFormat;
  if (kind === 'timestamp') {
    const instant = pattern === undefined ? parseInstant(text, zone) : readInstant(text, pattern, zone);
    return instant === undefined ? undefined : `${isoOf(instant)}+00`;
  }
  const wall = pattern === undefined ? undefined : readWall(text, pattern, zone);
  if (pattern !== undefined && wall === undefined) return undefined;
  if (kind === 'date') {
    const days = wall === undefined ? parseDate(text) : Math.floor(Number(wall / 1_000_000n) / 86_400);
    return days === undefined ? undefined : isoOf(BigInt(days) * 86_400_000_000n).slice(0, -16);
  }
  const micros = wall ?? parseWall(text);
  return micros === undefined ? undefined : isoOf(micros);
}

function timeLeaf(
  node: JsonNode,
  kind: 'date' | 'timestamp' | 'timestamp_ntz',
  options: ReadOptions,
): string | undefined {
  if (node.kind === 'string') {
    const text = timeText(node.value, kind, options);
    // Spark once kept dates as days since 1970, and still reads them.
    const isDays = kind === 'date' && text === undefined && options.dateFormat === undefined;
    if (!isDays || !/^[+-]?\d{1,9}$/.test(node.value)) return text;
    return isoOf(BigInt(node.value) * 86_400_000_000n).slice(0, -16);
  }
  if (node.kind !== 'number' || kind !== 'timestamp' || !/^-?\d+$/.test(node.text)) return undefined;
  const seconds = BigInt(node.text);
  return seconds < -LONG || seconds >= LONG ? undefined : `${isoOf(seconds * 1_000_000n)}+00`;
}

const LONG = 1n << 63n;
const YEAR_0 = -62_167_219_200_000_000n;
const YEAR_10000 = 253_402_300_800_000_000n;

/** `2020-01-01 00:00:00.000000`. */
function isoOf(micros: bigint): string {
  if (micros < YEAR_0 || micros >= YEAR_10000)
    throw new RangeError('[SQL_UNSUPPORTED] a time outside the years 0 to 9999 is not supported in JSON and CSV');
  const seconds = micros >= 0n ? micros / 1_000_000n : -((-micros + 999_999n) / 1_000_000n);
  const date = new Date(Number(seconds) * 1000).toISOString().replace('T', ' ').slice(0, -5);
  return `${date}.${String(micros - seconds * 1_000_000n).padStart(6, '0')}`;
}
