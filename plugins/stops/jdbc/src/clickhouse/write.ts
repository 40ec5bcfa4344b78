import { createHash, randomUUID } from 'node:crypto';
import { SluiceError, type Dataset, type WriteRowsOptions, type WrittenRows } from '@sluice/plugin-sdk';
import { tableName } from '../select.js';
import type { Server } from './server.js';
import { quotedName } from './types.js';
import { typeFor, writerFor } from './write-values.js';

/** Rows and characters of one insert, at most. */
const MOST_ROWS = 100_000;
const MOST_CHARACTERS = 16 << 20;

/** Writes rows to a table in one of the modes that ClickHouse has; it has no transactions. */
export async function writeRows(
  server: Server,
  name: string,
  input: Dataset,
  options: WriteRowsOptions,
): Promise<WrittenRows> {
  const { mode } = options;
  if (mode === 'upsert') {
    const message = 'ClickHouse replaces no rows by keys; append to a table of the engine ReplacingMergeTree';
    throw new SluiceError('PROPERTY_INVALID', message);
  }
  const table = tableName(name, quotedName);
  if (mode !== 'append' && (await hasTable(server, table))) {
    if (mode === 'ignore') return { rows: 0, atomic: true };
    if (mode === 'error') {
      const message = `the table ${name} is there already; choose another mode, or another table`;
      throw new SluiceError('TABLE_EXISTS', message, { details: { table: name } });
    }
    await options.beforeCommit();
    await server.execute(`TRUNCATE TABLE ${table}`);
  }
  return { rows: await appendRows(server, name, input, { ...options, key: randomUUID() }), atomic: false };
}

/**
 * Adds rows to a table, which is made when there is none.
 *
 * @param options `key` is the same where the same rows are written again: tables that drop equal blocks know them by it
 */
export async function appendRows(
  server: Server,
  name: string,
  input: Dataset,
  options: Pick<WriteRowsOptions, 'beforeCommit'> & { readonly key: string },
): Promise<number> {
  const table = tableName(name, quotedName);
  const { columns } = input;
  const names = columns.map((column) => quotedName(column.name)).join(', ');
  if (!(await hasTable(server, table))) {
    await options.beforeCommit();
    const types = columns.map((column) => `${quotedName(column.name)} ${typeFor(column)}`).join(', ');
    await server.execute(`CREATE TABLE IF NOT EXISTS ${table} (${types}) ENGINE = MergeTree ORDER BY tuple()`);
  }
  const { types } = await server.query(`SELECT ${names} FROM ${table} LIMIT 0`);
  const writers = columns.map((column, i) => writerFor(column, types[i] ?? 'String'));
  const [[version = '0'] = []] = await server.all('SELECT version() AS v');
  const hasTokens = Number.parseInt(version, 10) >= 22;
  let [rows, batch, lines, characters] = [0, 0, [] as string[], 0];
  const send = async (): Promise<void> => {
    if (lines.length === 0) return;
    await options.beforeCommit();
    const token = createHash('sha256')
      .update(JSON.stringify([options.key, batch++]))
      .digest('hex');
    await server.insert(`${table} (${names})`, lines.join(''), hasTokens ? { insert_deduplication_token: token } : {});
    [lines, characters] = [[], 0];
  };
  for await (const { length, columns: vectors } of input.batches()) {
    for (let r = 0; r < length; r++) {
      const line = `${writers.map((write, c) => write(vectors[c]?.[r] ?? null)).join('\t')}\n`;
      lines.push(line);
      rows++;
      if ((characters += line.length) > MOST_CHARACTERS || lines.length === MOST_ROWS) await send();
    }
  }
  await send();
  return rows;
}

async function hasTable(server: Server, table: string): Promise<boolean> {
  const [[isThere = '0'] = []] = await server.all(`EXISTS TABLE ${table}`);
  return isThere === '1';
}
