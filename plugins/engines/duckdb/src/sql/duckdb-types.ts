import { parseType } from './parse-type.js';
import { quoteIdentifier } from './quote.js';
import type { SparkType } from './types.js';

const TO_DUCKDB: Readonly<Record<string, string>> = {
  void: 'INTEGER',
  boolean: 'BOOLEAN',
  tinyint: 'TINYINT',
  smallint: 'SMALLINT',
  int: 'INTEGER',
  bigint: 'BIGINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  string: 'VARCHAR',
  binary: 'BLOB',
  date: 'DATE',
  timestamp: 'TIMESTAMPTZ',
  timestamp_ntz: 'TIMESTAMP',
  time: 'TIME',
  interval: 'INTERVAL',
  'year-month': 'INTERVAL',
  'day-time': 'INTERVAL',
};

/** The DuckDB type that holds values of a Spark type. */
export function storedType(type: SparkType): string {
  switch (type.kind) {
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'array':
      return `${storedType(type.element)}[]`;
    case 'map':
      return `MAP(${storedType(type.key)}, ${storedType(type.value)})`;
    case 'struct':
      return `STRUCT(${type.fields.map((f) => `${quoteIdentifier(f.name)} ${storedType(f.type)}`).join(', ')})`;
    default:
      return TO_DUCKDB[type.kind] ?? 'VARCHAR';
  }
}

/** The DuckDB type for a type in Spark's words; SQL_SYNTAX when the words name none. */
export function duckdbType(sparkType: string): string {
  return storedType(parseType(sparkType));
}

const TO_SPARK: Readonly<Record<string, string>> = {
  '"NULL"': 'void',
  NULL: 'void',
  BOOLEAN: 'boolean',
  TINYINT: 'tinyint',
  UTINYINT: 'smallint',
  SMALLINT: 'smallint',
  USMALLINT: 'int',
  INTEGER: 'int',
  UINTEGER: 'bigint',
  BIGINT: 'bigint',
  UBIGINT: 'decimal(20,0)',
  HUGEINT: 'decimal(38,0)',
  UHUGEINT: 'decimal(38,0)',
  FLOAT: 'float',
  DOUBLE: 'double',
  VARCHAR: 'string',
  JSON: 'string',
  UUID: 'string',
  ENUM: 'string',
  BLOB: 'binary',
  BIT: 'string',
  DATE: 'date',
  TIME: 'string',
  TIMESTAMP: 'timestamp_ntz',
  TIMESTAMP_S: 'timestamp_ntz',
  TIMESTAMP_MS: 'timestamp_ntz',
  TIMESTAMP_NS: 'timestamp_ntz',
  TIMESTAMPTZ: 'timestamp',
  'TIMESTAMP WITH TIME ZONE': 'timestamp',
  INTERVAL: 'interval',
};

/**
 * The Spark type, in Spark's words, that a DuckDB type reads as. Types that Spark lacks come as the one that holds
 * all their values (`UBIGINT` as `decimal(20,0)`, `UUID` and `TIME` as `string`).
 */
export function sparkType(duckdbType: string): string {
  const text = duckdbType.trim();
  const list = /^(.*)\[\d*\]$/s.exec(text);
  if (list) return `array<${sparkType(list[1] ?? '')}>`;
  const nested = /^(MAP|STRUCT)\s*\((.*)\)$/s.exec(text);
  if (nested) {
    const parts = splitTop(nested[2] ?? '');
    if (nested[1] === 'MAP') return `map<${parts.map(sparkType).join(',')}>`;
    return `struct<${parts.map((part) => structField(part)).join(',')}>`;
  }
  const decimal = /^(?:DECIMAL|NUMERIC)\s*\((\d+)\s*,\s*(\d+)\)$/.exec(text);
  if (decimal) return `decimal(${decimal[1]},${decimal[2]})`;
  return TO_SPARK[text.toUpperCase()] ?? 'string';
}

function structField(part: string): string {
  const quoted = /^"((?:[^"]|"")*)"\s+(.*)$/s.exec(part);
  const plain = /^(\S+)\s+(.*)$/s.exec(part);
  const name = quoted ? (quoted[1] ?? '').replaceAll('""', '"') : (plain?.[1] ?? '');
  const field = /^[A-Za-z0-9_]+$/.test(name) ? name : `\`${name.replaceAll('`', '``')}\``;
  return `${field}:${sparkType((quoted ?? plain)?.[2] ?? 'VARCHAR')}`;
}

function splitTop(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '"') quoted = !quoted;
    else if (!quoted && c === '(') depth++;
    else if (!quoted && c === ')') depth--;
    else if (!quoted && depth === 0 && c === ',') {
      parts.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  return [...parts, text.slice(start).trim()];
}
