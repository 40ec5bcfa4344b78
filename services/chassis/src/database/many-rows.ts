import type { Knex } from 'knex';

/** A row by column. */
export type Row = Readonly<Record<string, unknown>>;

/** How many rows a statement has on MySQL: more of them only make it slower to read. */
const ROWS_A_STATEMENT = 100;

interface SqliteStatement {
  run(values: readonly unknown[]): unknown;
}

/**
 * Inserts many rows that have the same columns. On SQLite one statement, read once, is run for each row, which takes
 * half of the time of a statement that lists them all.
 */
export async function insertRows(trx: Knex.Transaction, table: string, rows: readonly Row[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {});
  if (columns.length === 0) return;
  const places = columns.map(() => '?').join(', ');
  const sql = `insert into ${quoted(table)} (${columns.map(quoted).join(', ')}) values (${places})`;
  const statement = await sqliteStatement(trx, sql);
  if (statement !== undefined) for (const row of rows) statement.run(columns.map((column) => toValue(row[column])));
  else for (const part of parts(rows)) await trx(table).insert(part);
}

/** Updates many rows, each found by its `key` column, that set the same other columns. Rows that are gone stay so. */
export async function updateRows(
  trx: Knex.Transaction,
  table: string,
  key: string,
  rows: readonly Row[],
): Promise<void> {
  const columns = Object.keys(rows[0] ?? {}).filter((column) => column !== key);
  if (columns.length === 0) return;
  const sets = columns.map((column) => `${quoted(column)} = ?`).join(', ');
  const statement = await sqliteStatement(trx, `update ${quoted(table)} set ${sets} where ${quoted(key)} = ?`);
  if (statement !== undefined) {
    for (const row of rows) statement.run([...columns, key].map((column) => toValue(row[column])));
    return;
  }
  for (const part of parts(rows)) {
    const cases = columns.map((column) => [
      column,
      trx.raw(`case ?? ${'when ? then ? '.repeat(part.length)}end`, [
        key,
        ...part.flatMap((row) => [toValue(row[key]), toValue(row[column])]),
      ] as Knex.Value[]),
    ]);
    await trx(table)
      .whereIn(
        key,
        part.map((row) => row[key] as string),
      )
      .update(Object.fromEntries(cases));
  }
}

/** A statement on the connection of a transaction, where that is one of SQLite. */
async function sqliteStatement(trx: Knex.Transaction, sql: string): Promise<SqliteStatement | undefined> {
  const { client } = trx as unknown as { client: { acquireConnection(): Promise<unknown>; driverName: string } };
  if (client.driverName !== 'better-sqlite3') return undefined;
  if (trx.isCompleted()) throw new Error(`a statement came after the end of its transaction: ${sql}`);
  // A transaction's client gives the connection of the transaction.
  return ((await client.acquireConnection()) as { prepare(sql: string): SqliteStatement }).prepare(sql);
}

function parts(rows: readonly Row[]): Row[][] {
  const count = Math.ceil(rows.length / ROWS_A_STATEMENT);
  return Array.from({ length: count }, (_, part) => rows.slice(part * ROWS_A_STATEMENT, (part + 1) * ROWS_A_STATEMENT));
}

function quoted(name: string): string {
  return `\`${name}\``;
}

function toValue(value: unknown): unknown {
  if (value === undefined) return null;
  return typeof value === 'boolean' ? Number(value) : value;
}
