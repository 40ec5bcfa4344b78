import { randomUUID } from 'node:crypto';
import { SluiceError, type Column, type Dataset, type WriteRowsOptions, type WrittenRows } from '@sluice/plugin-sdk';
import { chooseWay, lower, type Way } from '../save.js';
import { namePath } from '../select.js';
import { namesOf } from './names.js';
import type { Dialect, Session, Writing } from './session.js';

/**
 * Writes rows in one transaction. Where tables are not undone with it, a new table is filled beside its place and takes it in
 * the end, so that a failure leaves what was there.
 */
export async function writeRows(
  { product, quote }: Dialect,
  writing: Writing,
  session: Session,
  table: string,
  rows: Dataset,
  options: WriteRowsOptions,
): Promise<WrittenRows> {
  const { columns } = rows;
  const { keys = [] } = options;
  checkTypes(product, writing, columns);
  const path = namePath(table);
  const sqlName = (names: readonly string[]): string => names.map(quote).join('.');
  const name = sqlName(path);
  const existing = (await namesOf(session, writing.columnsOf(path))).map(([each]) => each);
  const way = chooseWay(table, columns, existing.length === 0 ? undefined : existing, options);
  if (way === 'nothing') return { rows: 0, atomic: true };
  const isNew = way === 'create' || way === 'replace';
  // A column keeps the case that the table has: names in quotes are told apart by it.
  const named = columns.map((column) => existing.find((each) => lower(each) === lower(column.name)) ?? column.name);
  const definition = (own: readonly string[]): string => {
    const isKey = new Set(own.map(lower));
    const list = columns.map(
      (column, c) =>
        `${quote(isNew ? column.name : (named[c] as string))} ${writing.columnType(column.type, isKey.has(lower(column.name)))}`,
    );
    const key = own.length === 0 ? '' : `, PRIMARY KEY (${own.map(quote).join(', ')})`;
    return `(${list.join(', ')}${key})`;
  };
  const besides = `sluice_${randomUUID().replaceAll('-', '').slice(0, 20)}`;
  const beside = [...path.slice(0, -1), besides];
  const isBeside = isNew && !writing.undoesTables;
  let scratch: readonly string[] | undefined;
  const cleanUp = async (): Promise<void> => {
    await session.execute(writing.rollback).catch(() => undefined); // a session that is gone has undone it
    const left = [...(isBeside ? [beside] : []), ...(scratch === undefined ? [] : [scratch])];
    for (const each of left) await session.execute(`DROP TABLE ${sqlName(each)}`).catch(() => undefined); // or is not there
  };
  try {
    if (!writing.undoesTables) scratch = await prepare(session, writing, way, beside, besides, sqlName, definition);
    if (isBeside) await session.execute(`CREATE TABLE ${sqlName(beside)} ${definition(keys)}`);
    await session.execute(writing.begin);
    if (writing.undoesTables) {
      scratch = await prepare(session, writing, way, beside, besides, sqlName, definition);
      if (way === 'replace') await session.execute(`DROP TABLE ${name}`);
      if (isNew) await session.execute(`CREATE TABLE ${name} ${definition(keys)}`);
    }
    if (way === 'refill') await session.execute(`DELETE FROM ${name}`);
    const written = await insert(session, scratch ?? (isBeside ? beside : path), rows, isNew ? undefined : named);
    if (scratch !== undefined) {
      const list = named.map(quote);
      const isKey = new Set(keys.map(lower));
      const own = named.filter((each) => isKey.has(lower(each))).map(quote);
      await session.execute(writing.merge(name, sqlName(scratch), list, own));
    }
    await options.beforeCommit();
    await session.execute(writing.commit);
    if (isBeside) {
      if (way === 'replace') await session.execute(`DROP TABLE ${name}`);
      await session.execute(writing.rename(beside, path.at(-1) ?? ''));
    }
    if (scratch !== undefined && writing.scratch === undefined) await session.execute(`DROP TABLE ${sqlName(scratch)}`);
    return { rows: written, atomic: true };
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

/** The table that takes the rows of an upsert first; undefined for any other way. */
async function prepare(
  session: Session,
  writing: Writing,
  way: Way,
  beside: readonly string[],
  name: string,
  sqlName: (names: readonly string[]) => string,
  definition: (keys: readonly string[]) => string,
): Promise<readonly string[] | undefined> {
  if (way !== 'upsert') return undefined;
  const own = writing.scratch?.(name) ?? { create: `CREATE TABLE ${sqlName(beside)}`, name: beside };
  await session.execute(`${own.create} ${definition([])}`);
  return own.name;
}

/** Adds rows under the names that the table has. */
function insert(session: Session, table: readonly string[], rows: Dataset, named: readonly string[] | undefined) {
  const columns = rows.columns.map(({ name, type }, c) => ({ name: named?.[c] ?? name, type }));
  if (session.insert === undefined) throw new SluiceError('INTERNAL', 'this driver inserts no rows');
  return session.insert(table, { columns, batches: () => rows.batches() } as Dataset);
}

function checkTypes(product: string, writing: Writing, columns: readonly Column[]): void {
  const refused = columns.filter(({ type }) => writing.columnType(type, false) === undefined);
  if (refused.length === 0) return;
  const named = refused.map(({ name, type }) => `'${name}' (${type})`).join(', ');
  const message = `${product} has no type for the columns ${named}; turn them into text before, such as with to_json(column)`;
  throw new SluiceError('TYPE_UNSUPPORTED', message, {
    details: { columns: refused.map((each) => each.name).join(',') },
  });
}
