import { SluiceError, type Column } from '@sluice/plugin-sdk';
import type { FoundFile } from '../files/find-files.js';
import { inferredType, mergedType, shownType } from '../sql/natives/json-schema.js';
import type { JsonNode } from '../sql/natives/json-tree.js';
import { STRING, struct, typeText, type SparkType } from '../sql/types.js';
import type { JsonLayout } from './json-layout.js';
import { CORRUPT, recordsOf } from './json-rewrite.js';

/** What DuckDB's json_group_structure says of values: a type's name, `[element]`, or an object of fields. */
export type Structure = string | readonly Structure[] | { readonly [field: string]: Structure };

/** Levels of nesting that a schema may have; SQL over deeper columns would be refused. */
const DEEPEST = 200;

/** The structure of JSON objects. @throws FILE_FORMAT where it is too deep for SQL */
export function readStructure(text: string, location: string): Structure {
  const read = JSON.parse(text) as Structure;
  if (depthOf(read) > DEEPEST) throw tooDeep(location);
  return read;
}

function tooDeep(location: string): SluiceError {
  const message = `'${location}' is nested more than ${DEEPEST} levels deep; give a schema that takes the deep part as string`;
  return new SluiceError('FILE_FORMAT', message, { details: { path: location } });
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

const PLAIN: Readonly<Record<string, string>> = {
  BOOLEAN: 'boolean',
  BIGINT: 'bigint',
  UBIGINT: 'bigint',
  DOUBLE: 'double',
  VARCHAR: 'string',
  NULL: 'string',
};

/**
 * The type of values of a structure, as Spark has it: fields by name in alphabetical order. Undefined where DuckDB's
 * structure does not tell, as for values of several kinds.
 */
export function typeOfStructure(structure: Structure): SparkType | undefined {
  if (typeof structure === 'string') {
    const kind = PLAIN[structure];
    return kind === undefined ? undefined : ({ kind } as SparkType);
  }
  if (Array.isArray(structure)) {
    const element = typeOfStructure((structure as readonly Structure[])[0] ?? 'NULL');
    return element && { kind: 'array', element };
  }
  const entries = Object.entries(structure as Readonly<Record<string, Structure>>).sort(([a], [b]) => (a < b ? -1 : 1));
  const fields = entries.map(([name, field]) => ({ name, type: typeOfStructure(field) }));
  return entries.length > 0 &&
    fields.every((field): field is { name: string; type: SparkType } => !!field.type && field.name !== '')
    ? struct(fields)
    : undefined;
}

export interface Inference {
  readonly mode: 'PERMISSIVE' | 'DROPMALFORMED' | 'FAILFAST';
  readonly asStrings: boolean;
  /** Whether a file whose values span lines may break off. */
  readonly isLenient: boolean;
  readonly layouts: readonly JsonLayout[];
}

/** The columns of files, value by value as Spark infers them. @throws DATA_INVALID in mode FAILFAST for what is no object */
export async function inferRecords(
  files: readonly FoundFile[],
  { mode, asStrings, layouts, isLenient }: Inference,
  locate: (path: string) => string,
): Promise<Column[]> {
  let type: SparkType = struct([]);
  let isCorrupt = false;
  for (const [index, file] of files.entries()) {
    for await (const record of recordsOf(file, layouts[index] ?? 'newline_delimited', isLenient)) {
      const values = record.roots.flatMap((root): readonly (JsonNode | undefined)[] =>
        root?.kind === 'array' ? root.items : [root],
      );
      const objects = values.filter((value): value is JsonNode => value?.kind === 'object');
      const isSound = values.every((value) => value?.kind === 'object' || value?.kind === 'null');
      if (!isSound && mode === 'FAILFAST') {
        const message = `'${locate(file.path)}' line ${record.line}: it is no JSON object; mend the file or use mode DROPMALFORMED or PERMISSIVE`;
        throw new SluiceError('DATA_INVALID', message, {
          details: { file: locate(file.path), line: String(record.line) },
        });
      }
      isCorrupt ||= !isSound;
      // Text that breaks off tells nothing, whatever stands before the place.
      if (record.roots.includes(undefined)) continue;
      for (const value of objects) {
        const twice = repeated(value);
        if (twice !== undefined) {
          const message = `'${locate(file.path)}' line ${record.line} has the field '${twice}' twice; name the columns in the option schema`;
          throw new SluiceError('COLUMN_AMBIGUOUS', message, { details: { column: twice } });
        }
        type = mergedType(type, inferredType(value, asStrings));
      }
    }
  }
  const shown = shownType(type);
  const columns = (shown?.kind === 'struct' ? shown.fields : []).map(({ name, type: inner }) => ({
    name,
    type: typeText(inner),
  }));
  if (!isCorrupt || mode !== 'PERMISSIVE' || columns.some(({ name }) => name === CORRUPT)) return columns;
  return [...columns, { name: CORRUPT, type: typeText(STRING) }].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A field that an object has twice. */
function repeated(value: JsonNode): string | undefined {
  const names = value.kind === 'object' ? value.fields.map(([name]) => name) : [];
  return new Set(names).size < names.length ? names.find((name, i) => names.indexOf(name) < i) : undefined;
}
