import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset, FormatOptions, Value } from '@sluice/plugin-sdk';
import { openTestSession, toTable, type TestSession } from '@sluice/plugin-sdk/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { duckdb } from '../engine.js';

let opened: TestSession;
beforeEach(async () => {
  opened = await openTestSession({ engine: duckdb });
});
afterEach(() => opened.close());

async function rows(location: string, options?: FormatOptions): Promise<readonly (readonly Value[])[]> {
  return (await toTable(await opened.session.read('csv', location, options))).rows;
}

function made(
  columns: readonly (readonly [string, string])[],
  ...values: readonly (readonly Value[])[]
): Promise<Dataset> {
  return opened.session.fromRows(
    columns.map(([name, type]) => ({ name, type })),
    (async function* () {
      yield* values;
    })(),
  );
}

describe('writing CSV', () => {
  test('writes what Spark writes: quotes where needed, numbers as Java, timestamps with the zone', async () => {
    const columns = [
      ['s', 'string'],
      ['d', 'double'],
      ['t', 'timestamp'],
      ['b', 'boolean'],
      ['n', 'int'],
    ] as const;
    const dataset = await made(
      columns,
      ['a,"b"', 1e10, 1_577_872_800_500_000n, true, 1],
      ['', 0.00012, null, false, null],
      [null, -123456789.25, 0n, null, -5],
      ['x', Number.NaN, null, null, null],
    );
    const { files, rows: count } = await opened.session.write(dataset, 'csv', 'out.csv', {
      single: true,
      header: true,
    });
    expect(count).toBe(4);
    expect(readFileSync(files[0] ?? '', 'utf8')).toBe(
      's,d,t,b,n\n' +
        '"a,\\"b\\"",1.0E10,2020-01-01T10:00:00.500Z,true,1\n' +
        '"",1.2E-4,,false,\n' +
        ',-1.2345678925E8,1970-01-01T00:00:00.000Z,,-5\n' +
        'x,NaN,,,\n',
    );
  });

  test('tells an empty text from nothing, for which a word stands', async () => {
    const dataset = await made(
      [
        ['s', 'string'],
        ['n', 'int'],
      ],
      ['', null],
      [null, 1],
    );
    const { files } = await opened.session.write(dataset, 'csv', 'out.csv', { single: true, nullValue: 'NA' });
    expect(readFileSync(files[0] ?? '', 'utf8')).toBe('"",NA\nNA,1\n');
  });

  test('keeps to its save modes', async () => {
    const { session } = opened;
    const one = await made([['a', 'int']], [1]);
    const two = await made([['a', 'int']], [2]);
    await session.write(one, 'csv', 'out');
    await expect(session.write(two, 'csv', 'out')).rejects.toMatchObject({ reason: 'FILE_EXISTS' });
    expect(await session.write(two, 'csv', 'out', { mode: 'ignore' })).toEqual({ rows: 0, bytes: 0, files: [] });
    await session.write(two, 'csv', 'out', { mode: 'append' });
    expect((await rows('out')).flat().sort()).toEqual(['1', '2']);
    await session.write(two, 'csv', 'out', { mode: 'overwrite' });
    expect(await rows('out')).toEqual([['2']]);
    await session.write(one, 'csv', 'single', { single: true });
    await expect(session.write(two, 'csv', 'single', { single: true })).rejects.toMatchObject({
      reason: 'FILE_EXISTS',
    });
  });

  test('reads what it overwrites', async () => {
    const { session } = opened;
    await session.write(await made([['a', 'int']], [1], [2]), 'csv', 'self');
    const again = await session.read('csv', 'self', { schema: 'a int' });
    const more = await session.sql('SELECT a + 10 AS a FROM t', { t: again });
    await session.write(more, 'csv', 'self', { mode: 'overwrite' });
    expect(await rows('self')).toEqual([['11'], ['12']]);
  });

  test('writes GBK and refuses characters that it does not have', async () => {
    const { session } = opened;
    const { files } = await session.write(await made([['名', 'string']], ['你好']), 'csv', 'gbk', {
      single: true,
      header: true,
      encoding: 'GBK',
    });
    expect([...readFileSync(files[0] ?? '')]).toEqual([0xc3, 0xfb, 0x0a, 0xc4, 0xe3, 0xba, 0xc3, 0x0a]);
    const smile = await made([['a', 'string']], ['😀']);
    await expect(session.write(smile, 'csv', 'no', { single: true, encoding: 'GBK' })).rejects.toMatchObject({
      reason: 'ENCODING_INVALID',
    });
  });

  test('refuses columns that CSV cannot hold and names that stand twice', async () => {
    const { session } = opened;
    await expect(session.write(await made([['a', 'array<int>']], [[1]]), 'csv', 'x')).rejects.toMatchObject({
      reason: 'SCHEMA_MISMATCH',
    });
    await expect(
      session.write(
        await made(
          [
            ['a', 'int'],
            ['A', 'int'],
          ],
          [1, 2],
        ),
        'csv',
        'x',
      ),
    ).rejects.toMatchObject({
      reason: 'COLUMN_AMBIGUOUS',
    });
  });

  test('writes partitions as folders and reads them back', async () => {
    const { session } = opened;
    await session.write(
      await made(
        [
          ['y', 'int'],
          ['v', 'string'],
        ],
        [1, 'a'],
        [2, 'b'],
        [1, 'c'],
      ),
      'csv',
      'p',
      {
        partitionBy: 'y',
        header: true,
      },
    );
    expect((await rows('p', { header: true })).map((row) => row.join()).sort()).toEqual(['a,1', 'b,2', 'c,1']);
  });

  test('writes a word for NULL with the escape character in it', async () => {
    const dataset = await made(
      [
        ['id', 'int'],
        ['note', 'string'],
      ],
      [1, null],
      [null, 'a;b'],
    );
    const options = { header: true, delimiter: ';', nullValue: '\\N', single: true };
    await opened.session.write(dataset, 'csv', 'out.csv', options);
    expect(readFileSync(join(opened.root, 'out.csv'), 'utf8')).toBe('id;note\n1;\\N\n\\N;"a;b"\n');
  });
});
