import type { Column, Dataset, Value, Wanted } from '@sluice/plugin-sdk';
import { openTestSession, toTable, type TestSession } from '@sluice/plugin-sdk/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { duckdb } from './engine.js';

let opened: TestSession;
afterEach(() => opened.close());

const COLUMNS: readonly Column[] = [
  { name: 'id', type: 'int' },
  { name: 'price', type: 'decimal(12,2)' },
  { name: 'at', type: 'timestamp' },
  { name: 'name', type: 'string' },
  { name: 'tags', type: 'array<string>' },
];
const ROWS: readonly (readonly Value[])[] = [
  [1, '1.50', 0n, 'one', ['a']],
  [2, '2.50', 1_577_836_800_000_000n, 'two', null],
  [3, null, null, null, []],
];

/** Rows that write down what was wanted of them, and give more than that. */
async function source(seen: Wanted[], rows = ROWS): Promise<Dataset> {
  return opened.session.fromRows(COLUMNS, async function* (wanted) {
    seen.push(await Promise.resolve(wanted));
    for (const row of rows) yield row.filter((_, index) => wanted.columns.includes(COLUMNS[index]?.name ?? ''));
  });
}

const all = { columns: COLUMNS.map(({ name }) => name), conditions: [], limit: undefined };
const whole = (...columns: readonly string[]): Wanted => ({ columns, conditions: [], limit: undefined });

describe('what a query wants of a source', () => {
  test.each<[sql: string, wanted: Wanted]>([
    ['SELECT * FROM t', all],
    ['SELECT name FROM t', whole('name')],
    ['SELECT count(*) FROM t WHERE name = `id`', whole('id', 'name')],
    ['SELECT 1 FROM t ORDER BY price', whole('price')],
    ['SELECT id FROM t LIMIT 2', { ...whole('id'), limit: 2 }],
    ['SELECT id FROM t LIMIT 2 OFFSET 1', all],
    ['SELECT id FROM t ORDER BY id LIMIT 2', whole('id')],
    ['SELECT id FROM (SELECT * FROM t LIMIT 2) WHERE id > 1', whole('id')],
    ['SELECT id FROM (SELECT * FROM t LIMIT 3) LIMIT 2', whole('id')],
    ['SELECT upper(name) AS n FROM t WHERE id >= 2 LIMIT 1', { columns: ['id', 'name'], conditions: [{ column: 'id', test: '>=', value: 2 }], limit: 1 }],
    ["SELECT id FROM t WHERE name = 'x' LIMIT 1", whole('id', 'name')],
    ['SELECT id FROM t WHERE price IS NULL', { columns: ['id', 'price'], conditions: [{ column: 'price', test: 'is null', value: null }], limit: undefined }],
    ['SELECT name FROM t WHERE price > CAST(1.5 AS DECIMAL(12,2))', { columns: ['price', 'name'], conditions: [{ column: 'price', test: '>', value: '1.50' }], limit: undefined }],
    ['SELECT name FROM t WHERE id > 1 OR price > 2', whole('id', 'price', 'name')],
    // Eight hours before the midnight of 2020 in UTC.
    ["SELECT name FROM t WHERE at < TIMESTAMP '2020-01-01 00:00:00'", { columns: ['at', 'name'], conditions: [{ column: 'at', test: '<', value: 1_577_808_000_000_000n }], limit: undefined }],
  ])('%s', async (sql, wanted) => {
    opened = await openTestSession({ engine: duckdb, zone: 'Asia/Shanghai' });
    const seen: Wanted[] = [];
    await toTable(await opened.session.sql(sql, { t: await source(seen) }));
    expect(seen).toEqual([wanted]);
  }); // prettier-ignore

  test('is nothing less where the rows of one source decide which of another are needed', async () => {
    opened = await openTestSession({ engine: duckdb });
    for (const condition of [
      'id = (SELECT max(id) FROM b)',
      'id >= (SELECT min(id) FROM b)',
      'id IN (SELECT id FROM b)',
    ]) {
      const seen: Wanted[] = [];
      const sql = `SELECT name FROM a WHERE ${condition}`;
      const found = await opened.session.sql(sql, { a: await source(seen), b: await source(seen, ROWS.slice(1)) });
      const expected = condition.includes('max') ? [null] : ['two', null];
      expect((await toTable(found)).rows.map(([name]) => name)).toEqual(expected);
      expect(seen.flatMap(({ conditions }) => conditions)).toEqual([]);
    }
  });

  test('is all where several stops read the rows, and they are taken once', async () => {
    opened = await openTestSession({ engine: duckdb });
    const seen: Wanted[] = [];
    const rows = await source(seen);
    opened.session.place(rows, { stop: 'read', port: '' }, 2);
    await toTable(await opened.session.sql('SELECT id FROM t WHERE id = 1', { t: rows }));
    await toTable(await opened.session.sql('SELECT name FROM t', { t: rows }));
    expect(seen).toEqual([all]);
  });

  test('is the sample alone for a sample', async () => {
    opened = await openTestSession({ engine: duckdb });
    const seen: Wanted[] = [];
    const kept = await opened.session.sql('SELECT id, name FROM t WHERE id > 1', { t: await source(seen) });
    expect((await opened.session.sample(kept, 1)).rows).toEqual([[2, 'two']]);
    expect(seen).toMatchObject([
      { columns: ['id', 'name'], conditions: [{ column: 'id', test: '>', value: 1 }], limit: 1 },
    ]);
  });
});
