import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openTestSession, toTable, type TestSession } from '@sluice/plugin-sdk/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { duckdb } from '../engine.js';

let opened: TestSession;
beforeEach(async () => {
  opened = await openTestSession({ engine: duckdb });
});
afterEach(() => opened.close());

describe('Parquet', () => {
  test('keeps every type and value', async () => {
    const { session } = opened;
    const columns = [
      'tinyint',
      'int',
      'bigint',
      'float',
      'double',
      'decimal(20,3)',
      'string',
      'binary',
      'date',
      'timestamp',
      'timestamp_ntz',
      'boolean',
      'array<int>',
      'map<string,bigint>',
      'struct<a:int,b:string>',
    ].map((type, index) => ({ name: `c${index}`, type }));
    const row = [
      -1,
      2,
      3n,
      0.5,
      0.1,
      '-12345678901234567.891',
      'é',
      Uint8Array.of(1, 0),
      -1,
      -1n,
      5n,
      true,
      [1, null],
      new Map([['k', 1n]]),
      { a: 1, b: null },
    ];
    const nulls = columns.map(() => null);
    const dataset = await session.fromRows(
      columns,
      (async function* () {
        yield row;
        yield nulls;
      })(),
    );
    await session.write(dataset, 'parquet', 'out', { compression: 'zstd' });
    const back = await session.forStop('read').read('parquet', 'out');
    session.place(back, { stop: 'read', port: '' }, 1);
    expect(back.columns).toEqual(columns);
    expect((await toTable(back)).rows).toEqual([row, nulls]);
    expect(opened.events.counted).toContainEqual({
      stop: 'read',
      port: '',
      side: 'out',
      rows: 2,
      bytes: readFileSync(
        join(opened.root, 'out', readdirSync(join(opened.root, 'out')).find((f) => f.endsWith('.zstd.parquet')) ?? ''),
      ).byteLength,
    });
  });

  test('counts all rows of a source although a filter reads fewer', async () => {
    const { session } = opened;
    await session.write(await session.sql('SELECT id FROM range(100000)', {}), 'parquet', 'n', { single: true });
    const back = await session.forStop('read').read('parquet', 'n');
    session.place(back, { stop: 'read', port: '' }, 1);
    const few = await session.sql('SELECT id FROM t WHERE id >= 99990', { t: back });
    expect(await session.drain(few)).toBe(10);
    expect(opened.events.counted.find((count) => count.stop === 'read')?.rows).toBe(100_000);
  });

  test('says that a file is no Parquet', async () => {
    writeFileSync(join(opened.root, 'x.parquet'), 'a,b\n1,2\n');
    await expect(opened.session.read('parquet', 'x.parquet')).rejects.toMatchObject({ reason: 'FILE_FORMAT' });
  });
});

describe('text', () => {
  test('is read and written line by line, exactly', async () => {
    const { session, root } = opened;
    const content = 'x\n\n y "z", \\ \t☔\nlast\n';
    writeFileSync(join(root, 'a.txt'), content);
    const lines = await session.read('text', 'a.txt');
    expect((await toTable(lines)).rows).toEqual([['x'], [''], [' y "z", \\ \t☔'], ['last']]);
    await session.write(lines, 'text', 'b.txt', { single: true });
    expect(readFileSync(join(root, 'b.txt'), 'utf8')).toBe(content);
  });

  test('has lines of megabytes', async () => {
    const long = 'y'.repeat(5_000_000);
    writeFileSync(join(opened.root, 'long.txt'), `a\n${long}\nb\n`);
    const lines = await opened.session.read('text', 'long.txt');
    expect((await toTable(lines)).rows.map(([line]) => String(line).length)).toEqual([1, 5_000_000, 1]);
  });

  test('is written from one column of strings only', async () => {
    const two = await opened.session.sql('SELECT 1 AS a, 2 AS b', {});
    await expect(opened.session.write(two, 'text', 'x')).rejects.toMatchObject({ reason: 'SCHEMA_MISMATCH' });
  });
});
