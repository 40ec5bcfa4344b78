import { SluiceError, type Column, type WriteRowsOptions } from '@sluice/plugin-sdk';

/** How rows come into a table. */
export type Way =
  /** Nothing is done: the table is there, and the mode is `ignore`. */
  | 'nothing'
  /** A new table. */
  | 'create'
  /** A new table in the place of one with other columns. */
  | 'replace'
  /** All rows of the table go, its definition stays. */
  | 'refill'
  | 'append'
  | 'upsert';

/**
 * Chooses the way for a mode.
 *
 * @param existing the columns of the table; undefined when there is none
 * @throws TABLE_EXISTS, COLUMN_UNKNOWN, or PROPERTY_INVALID for an upsert without keys
 */
export function chooseWay(
  table: string,
  columns: readonly Column[],
  existing: readonly string[] | undefined,
  options: WriteRowsOptions,
): Way {
  const { mode, keys = [] } = options;
  if (mode === 'upsert') checkKeys(columns, keys);
  if (existing === undefined) return 'create';
  if (mode === 'ignore') return 'nothing';
  if (mode === 'error') {
    const message = `the table ${table} is there already; choose another mode, or another table`;
    throw new SluiceError('TABLE_EXISTS', message, { details: { table } });
  }
  const known = new Set(existing.map(lower));
  const unknown = columns.filter(({ name }) => !known.has(lower(name)));
  if (mode === 'overwrite') return unknown.length === 0 && known.size === columns.length ? 'refill' : 'replace';
  if (unknown.length > 0) {
    const names = unknown.map(({ name }) => `'${name}'`).join(', ');
    const message = `the table ${table} has no column ${names}; it has ${existing.join(', ')}`;
    throw new SluiceError('COLUMN_UNKNOWN', message, { details: { table } });
  }
  return mode === 'upsert' ? 'upsert' : 'append';
}

function checkKeys(columns: readonly Column[], keys: readonly string[]): void {
  if (keys.length === 0) throw new SluiceError('PROPERTY_INVALID', 'an upsert needs the names of its key columns');
  const known = new Set(columns.map(({ name }) => lower(name)));
  const unknown = keys.filter((key) => !known.has(lower(key)));
  if (unknown.length === 0) return;
  throw new SluiceError('COLUMN_UNKNOWN', `the key columns ${unknown.join(', ')} are not among the rows' columns`);
}

/** Databases match names of columns without case. */
export function lower(name: string): string {
  return name.toLowerCase();
}
