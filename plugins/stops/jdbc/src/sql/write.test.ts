import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Dataset, SaveMode } from '@sluice/plugin-sdk';
import { DIALECT } from '../duckdb/dialect.js';
import { openSession } from '../duckdb/session.js';
import type { Session, Writing } from './session.js';
import { writeRows } from './write.js';

// A database that does not undo its tables, as Oracle: DuckDB, each statement about tables of which is a transaction.
const writing: Writing = { ...(DIALECT.writing as Writing), undoesTables: false, scratch: undefined };
let folder: string;
let session: Session;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-write-'));
  session = await openSession(join(folder, 'x.duckdb'), true);
});
afterEach(async () => {
  await session.close();
  await rm(folder, { recursive: true, force: true });
});

const rowsOf = (...rows: (readonly [number, string])[]) =>
  ({
    columns: [
      { name: 'id', type: 'int' },
      { name: 'name', type: 'string' },
    ],
    async *batches() {
      yield { length: rows.length, columns: [rows.map(([id]) => id), rows.map(([, name]) => name)] };
    },
  }) as Dataset;
const write = (rows: Dataset, mode: SaveMode | 'upsert', beforeCommit = (): Promise<void> => Promise.resolve()) =>
  writeRows(DIALECT, writing, session, 'people', rows, { mode, keys: mode === 'upsert' ? ['id'] : [], beforeCommit });
const all = async (sql: string) => {
  const found: unknown[] = [];
  for await (const rows of (await session.query(sql)).rows()) found.push(...rows);
  return found;
};
const tables = () => all('SELECT table_name FROM duckdb_tables() ORDER BY 1');
const fails = (): Promise<void> => Promise.reject(new Error('fenced'));

test('a new table appears when it is whole, and not at all where the run may not commit', async () => {
  await expect(write(rowsOf([1, 'Ada']), 'append', fails)).rejects.toThrow('fenced');
  expect(await tables()).toEqual([]);
  await write(rowsOf([1, 'Ada']), 'append');
  expect(await tables()).toEqual([['people']]);
  expect(await all('SELECT * FROM people')).toEqual([[1, 'Ada']]);
});

test('a table of other columns is there until its successor is whole', async () => {
  await session.execute('CREATE TABLE people AS SELECT 7 AS other');
  await expect(write(rowsOf([1, 'Ada']), 'overwrite', fails)).rejects.toThrow('fenced');
  expect(await all('SELECT * FROM people')).toEqual([[7]]);
  expect(await tables()).toEqual([['people']]);
  await write(rowsOf([1, 'Ada']), 'overwrite');
  expect(await all('SELECT * FROM people')).toEqual([[1, 'Ada']]);
  expect(await tables()).toEqual([['people']]);
});

test('an upsert leaves no table behind, whether it fails or not', async () => {
  await write(rowsOf([1, 'Ada'], [2, 'Bo']), 'append');
  await expect(write(rowsOf([2, 'Bob'], [3, 'Cy']), 'upsert', fails)).rejects.toThrow('fenced');
  expect(await all('SELECT name FROM people ORDER BY id')).toEqual([['Ada'], ['Bo']]);
  await write(rowsOf([2, 'Bob'], [3, 'Cy']), 'upsert');
  expect(await all('SELECT name FROM people ORDER BY id')).toEqual([['Ada'], ['Bob'], ['Cy']]);
  expect(await tables()).toEqual([['people']]);
});
