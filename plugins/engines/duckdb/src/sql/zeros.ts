import { storedType } from './duckdb-types.js';
import { isFraction, STRING, type SparkType } from './types.js';

/**
 * A value with zeros that have no sign, as Spark makes the keys of groups, windows, sets and maps. Fractions inside
 * structs keep theirs.
 */
export function unsignedZeros(sql: string, type: SparkType): string {
  if (isFraction(type)) return `(${sql} + 0)`;
  if (type.kind !== 'array') return sql;
  const item = unsignedZeros('z', type.element);
  return item === 'z' ? sql : `list_transform(${sql}, lambda z: ${item})`;
}

/**
 * What an aggregate function keeps of its values where it is an array, a struct or a map: DuckDB keeps its key of order,
 * in which zeros have no sign, so fractions inside go as texts.
 *
 * @param keep the aggregate function of the text of a value
 */
export function keepZeros(sql: string, type: SparkType, keep: (sql: string) => string): string {
  const passed = isFraction(type) ? type : withTexts(type);
  return passed === type ? keep(sql) : `CAST(${keep(`CAST(${sql} AS ${storedType(passed)})`)} AS ${storedType(type)})`;
}

/** The type with texts for its fractions; the type itself where it has none. */
function withTexts(type: SparkType): SparkType {
  if (isFraction(type)) return STRING;
  if (type.kind === 'array') {
    const element = withTexts(type.element);
    return element === type.element ? type : { ...type, element };
  }
  if (type.kind === 'map') {
    const [key, value] = [withTexts(type.key), withTexts(type.value)];
    return key === type.key && value === type.value ? type : { ...type, key, value };
  }
  if (type.kind !== 'struct') return type;
  const fields = type.fields.map((field) => ({ ...field, type: withTexts(field.type) }));
  return fields.every((field, i) => field.type === type.fields[i]?.type) ? type : { ...type, fields };
}
