import type { Column } from '@sluice/plugin-sdk';
import { duckdbType, quoteIdentifier } from '../sql/index.js';
import { isFraction, isInteger, type SparkType } from '../sql/types.js';
import type { Structure } from './json-infer.js';

/** How DuckDB's reader takes a field of JSON, and what makes the column's value of it. */
export interface FieldRead {
  readonly parsed: string;
  readonly value: string;
}

/** Of texts that JavaScript left, each has one meaning. */
export function exactRead({ name, type }: Column): FieldRead {
  return { parsed: duckdbType(type), value: quoteIdentifier(name) };
}

/** Whether DuckDB may be able to read values of a type as Spark does. */
export function isPlain(type: SparkType): boolean {
  switch (type.kind) {
    case 'array':
      return isNestedPlain(type.element);
    case 'struct':
      return type.fields.every((field) => isNestedPlain(field.type));
    default:
      return isPlainValue(type) || isInteger(type) || /^(?:date|timestamp|timestamp_ntz)$/.test(type.kind);
  }
}

const isPlainValue = (type: SparkType): boolean =>
  type.kind === 'string' || type.kind === 'boolean' || type.kind === 'bigint' || isFraction(type);

const isNestedPlain = (type: SparkType): boolean =>
  type.kind === 'array' || type.kind === 'struct' ? isPlain(type) : isPlainValue(type);

/**
 * A field read by DuckDB itself. Whatever it would round, cut or guess ends the query with an error, after which
 * JavaScript reads.
 */
export function plainRead({ name, type }: Column): FieldRead {
  const field = quoteIdentifier(name);
  const sqlType = duckdbType(type);
  const usual = (shape: string): FieldRead => ({
    parsed: 'VARCHAR',
    value: `CASE WHEN regexp_full_match(${field}, '${shape}') THEN CAST(${field} AS ${sqlType}) WHEN ${field} IS NOT NULL THEN CAST(error('${name.replaceAll("'", "''")} is no ${type}') AS ${sqlType}) END`,
  });
  if (type === 'date') return usual('[0-9]{4}-[0-9]{2}-[0-9]{2}');
  if (type.startsWith('timestamp'))
    return usual('[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\\\\.[0-9]{1,6})?');
  if (/^(?:tinyint|smallint|int|bigint)$/.test(type))
    return { parsed: 'HUGEINT', value: `CAST(${field} AS ${sqlType})` };
  return { parsed: sqlType, value: field };
}

/** Whether all values of a structure are such as the type wants; a field that no object has is NULL in all. */
export function fitsStructure(type: SparkType, structure: Structure | undefined): boolean {
  if (structure === undefined || structure === 'NULL') return true;
  if (type.kind === 'array')
    return Array.isArray(structure) && fitsStructure(type.element, (structure as readonly Structure[])[0]);
  if (type.kind === 'struct') {
    if (typeof structure === 'string' || Array.isArray(structure)) return false;
    const fields = structure as Readonly<Record<string, Structure>>;
    return type.fields.every((field) => fitsStructure(field.type, fields[field.name]));
  }
  if (isInteger(type)) return structure === 'BIGINT' || structure === 'UBIGINT';
  if (isFraction(type)) return structure === 'BIGINT' || structure === 'UBIGINT' || structure === 'DOUBLE';
  return structure === (type.kind === 'boolean' ? 'BOOLEAN' : 'VARCHAR');
}
