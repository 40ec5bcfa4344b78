import { SluiceError, type Column } from '@sluice/plugin-sdk';

/** What DuckDB's json_group_structure says of values: a type's name, `[element]`, or an object of fields. */
type Structure = string | readonly Structure[] | { readonly [field: string]: Structure };

/** Levels of nesting that a schema may have; SQL over deeper columns would be refused. */
const DEEPEST = 200;

/** A column read from JSON: the type in Spark's words, and the type as which DuckDB's reader takes it. */
export interface JsonColumn extends Column {
  readonly parsed: string;
}

/**
 * The columns of JSON objects as Spark infers them from all objects: fields by name in alphabetical order, whole numbers
 * as bigint, others as double, and string where values have several kinds or none.
 */
export function inferColumns(structure: string, location: string): JsonColumn[] {
  const read = JSON.parse(structure) as Structure;
  if (depthOf(read) > DEEPEST) {
    const message = `'${location}' is nested more than ${DEEPEST} levels deep; give a schema that takes the deep part as string`;
    throw new SluiceError('FILE_FORMAT', message, { details: { path: location } });
  }
  if (typeof read === 'string' || Array.isArray(read)) return [];
  return sorted(read as Readonly<Record<string, Structure>>).map(([name, field]) => ({ name, ...typesOf(field) }));
}

function sorted(fields: Readonly<Record<string, Structure>>): [string, Structure][] {
  return Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Levels of nesting, counted no further than one too many. */
function depthOf(structure: Structure): number {
  let level: readonly Structure[] = [structure];
  let depth = 0;
  for (; level.length > 0 && depth <= DEEPEST; depth++) {
    level = level.flatMap((each) => (typeof each === 'string' ? [] : (Object.values(each) as readonly Structure[])));
  }
  return depth;
}

function typesOf(structure: Structure): { readonly type: string; readonly parsed: string } {
  if (typeof structure === 'string') return plainTypes(structure);
  if (Array.isArray(structure)) {
    const element = typesOf((structure as readonly Structure[])[0] ?? 'NULL');
    return { type: `array<${element.type}>`, parsed: `${element.parsed}[]` };
  }
  const fields = sorted(structure as Readonly<Record<string, Structure>>).map(([name, field]) => {
    return { name, ...typesOf(field) };
  });
  const shown = (name: string): string => (/^\w+$/.test(name) ? name : `\`${name.replaceAll('`', '``')}\``);
  return {
    type: `struct<${fields.map((field) => `${shown(field.name)}:${field.type}`).join(',')}>`,
    parsed: `STRUCT(${fields.map((field) => `"${field.name.replaceAll('"', '""')}" ${field.parsed}`).join(', ')})`,
  };
}

function plainTypes(name: string): { type: string; parsed: string } {
  switch (name) {
    case 'BOOLEAN':
      return { type: 'boolean', parsed: 'BOOLEAN' };
    // Read as wide as they may be, and narrowed with an error: a number that is too large is no NULL.
    case 'UBIGINT':
    case 'HUGEINT':
      return { type: 'bigint', parsed: 'HUGEINT' };
    case 'BIGINT':
      return { type: 'bigint', parsed: 'BIGINT' };
    case 'DOUBLE':
      return { type: 'double', parsed: 'DOUBLE' };
    default:
      return { type: 'string', parsed: 'VARCHAR' };
  }
}
