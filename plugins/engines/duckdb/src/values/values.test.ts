import type { Batch, Column, Value } from '@sluice/plugin-sdk';
import { openTestSession, toTable, type TestSession } from '@sluice/plugin-sdk/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { duckdb } from '../engine.js';

let opened: TestSession;
beforeEach(async () => {
  opened = await openTestSession({ engine: duckdb });
});
afterEach(() => opened.close());

async function* each<T>(...items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

function columnsOf(...types: readonly string[]): Column[] {
  return types.map((type, index) => ({ name: `c${index}`, type }));
}

async function pass(
  columns: readonly Column[],
  ...rows: readonly (readonly Value[])[]
): Promise<readonly (readonly Value[])[]> {
  return (await toTable(await opened.session.fromRows(columns, each(...rows)))).rows;
}

describe('rows through JavaScript', () => {
  test('are exactly what they were, at the ends of every type', async () => {
    const columns = columnsOf(
      'tinyint',
      'smallint',
      'int',
      'bigint',
      'decimal(38,10)',
      'decimal(4,2)',
      'date',
      'timestamp',
      'timestamp_ntz',
    );
    const rows: Value[][] = [
      [
        -128,
        -32768,
        -2147483648,
        -(2n ** 63n),
        '-9999999999999999999999999999.9999999999',
        '-99.99',
        -719_162,
        -62_135_596_800_000_000n,
        1n,
      ],
      [
        127,
        32767,
        2147483647,
        2n ** 63n - 1n,
        '9999999999999999999999999999.9999999999',
        '0.01',
        2_932_896,
        253_402_300_799_999_999n,
        -1n,
      ],
      [null, null, null, null, null, null, null, null, null],
    ];
    expect(await pass(columns, ...rows)).toEqual(rows);
  });

  test('keep floating-point numbers, texts and bytes', async () => {
    const rows: Value[][] = [
      [Number.NaN, Number.MIN_VALUE, '', Uint8Array.of()],
      [Number.NEGATIVE_INFINITY, -0, 'twelve bytes', Uint8Array.of(0, 1, 255)],
      [0.5, Number.MAX_VALUE, 'thirteen char', new Uint8Array(40).fill(7)],
      [null, null, '😀 é 你好 \0 and some more than twelve bytes', null],
    ];
    expect(await pass(columnsOf('float', 'double', 'string', 'binary'), ...rows)).toEqual(rows);
  });

  test('keep arrays, structs, maps and intervals', async () => {
    const columns = columnsOf(
      'array<array<string>>',
      'struct<a:int,b:array<decimal(5,1)>>',
      'map<string,struct<x:date>>',
      'interval',
    );
    const rows: Value[][] = [
      [
        [['a', null], [], null],
        { a: 1, b: ['1.5', null] },
        new Map([['k', { x: 1 }]]),
        '1 years 2 months 3 days 4 hours 5 minutes 6.5 seconds',
      ],
      [[], { a: null, b: null }, new Map(), '0 seconds'],
      [null, null, null, null],
    ];
    expect(await pass(columns, ...rows)).toEqual(rows);
  });

  test('come as typed arrays where every row has a number', async () => {
    const columns = columnsOf('int', 'bigint', 'double', 'date', 'int');
    const rows = await opened.session.fromRows(columns, each([1, 2n, 0.5, 3, 1], [2, 3n, 1.5, 4, null]));
    for await (const batch of rows.batches()) {
      expect(batch.columns[0]).toEqual(Int32Array.of(1, 2));
      expect(batch.columns[1]).toEqual(BigInt64Array.of(2n, 3n));
      expect(batch.columns[2]).toEqual(Float64Array.of(0.5, 1.5));
      expect(batch.columns[3]).toEqual(Int32Array.of(3, 4));
      expect(batch.columns[4]).toEqual([1, null]);
    }
  });

  test('keep their order and number beyond what is held in memory, as batches and as rows', async () => {
    const { session } = opened;
    const size = 10_000;
    const total = 1_000_000;
    let taken = 0;
    const source = async function* (): AsyncGenerator<Batch> {
      for (let start = 0; start < total; start += size) {
        taken++;
        const ids = Int32Array.from({ length: size }, (_, i) => start + i);
        yield {
          length: size,
          columns: [ids, Array.from(ids, (id) => (id % 3 === 0 ? null : `text ${id} of some length`))],
        };
      }
    };
    const rows = await session.forStop('make').fromRows(columnsOf('int', 'string'), source());
    session.place(rows, { stop: 'make', port: '' }, 1);
    expect(taken).toBe(0);
    let next = 0;
    for await (const batch of rows.batches()) {
      for (let row = 0; row < batch.length; row++) {
        const id = batch.columns[0]?.[row];
        if (id !== next || batch.columns[1]?.[row] !== (next % 3 === 0 ? null : `text ${next} of some length`)) {
          throw new Error(`row ${next} is ${String(id)}, ${String(batch.columns[1]?.[row])}`);
        }
        next++;
      }
    }
    expect(next).toBe(total);
    expect(opened.events.counted.at(-1)).toEqual({ stop: 'make', port: '', side: 'out', rows: total, bytes: 0 });
  });

  test('are taken no faster than they are used', async () => {
    const { session } = opened;
    const numbers = await session.sql('SELECT id FROM range(5000000)', {});
    let seen = 0;
    for await (const batch of numbers.batches()) {
      seen += batch.length;
      if (seen > 10_000) break;
    }
    expect(seen).toBeLessThan(15_000);
    expect(await session.drain(await session.sql('SELECT 1 AS one', {}))).toBe(1);
  });

  test('are refused where a value is none of its type, with row and column', async () => {
    for (const [type, value] of [
      ['int', 1.5],
      ['int', 2 ** 31],
      ['tinyint', 128],
      ['bigint', 1],
      ['bigint', 2n ** 63n],
      ['string', 1],
      ['decimal(4,2)', '100.00'],
      ['decimal(4,2)', '1.005'],
      ['boolean', 'true'],
      ['array<int>', ['x']],
    ] as const) {
      const error: unknown = await pass(columnsOf('int', type), [1, null], [2, value]).catch(
        (thrown: unknown) => thrown,
      );
      expect([type, value, error]).toMatchObject([
        type,
        value,
        { reason: 'DATA_INVALID', details: { column: 'c1', row: '2' } },
      ]);
    }
    await expect(pass(columnsOf('int', 'int'), [1])).rejects.toMatchObject({ reason: 'DATA_INVALID' });
  });

  test('end with the error of what makes them, and nothing is left running', async () => {
    const { session, events } = opened;
    const rows = await session.forStop('make').fromRows(
      columnsOf('int'),
      (async function* () {
        yield [1];
        throw new Error('the source broke');
      })(),
    );
    session.place(rows, { stop: 'make', port: '' }, 1);
    await expect(session.drain(rows)).rejects.toMatchObject({ reason: 'STOP_FAILED', message: 'the source broke' });
    expect(events.ended.at(-1)?.error?.message).toBe('the source broke');
    expect(await session.drain(await session.sql('SELECT 1 AS one', {}))).toBe(1);
  });
});

describe('a sample', () => {
  test('shows values as JSON can say them, in the session zone', async () => {
    await opened.close();
    opened = await openTestSession({ engine: duckdb, zone: 'America/New_York' });
    const columns = columnsOf(
      'bigint',
      'decimal(5,2)',
      'date',
      'timestamp',
      'timestamp_ntz',
      'double',
      'binary',
      'map<string,bigint>',
      'array<timestamp>',
    );
    const rows = await opened.session.fromRows(
      columns,
      each<readonly Value[]>(
        [
          9007199254740993n,
          '1.50',
          19_797,
          1_710_054_000_000_001n,
          1_710_054_000_000_000n,
          Number.NaN,
          Uint8Array.of(1),
          new Map([['k', 1n]]),
          [1_710_057_600_000_000n],
        ],
        columns.map(() => null),
      ),
    );
    expect(await opened.session.sample(rows, 1)).toEqual({
      columns,
      rows: [
        [
          '9007199254740993',
          '1.50',
          '2024-03-15',
          '2024-03-10 03:00:00.000001',
          '2024-03-10 07:00:00',
          'NaN',
          'AQ==',
          [['k', '1']],
          ['2024-03-10 04:00:00'],
        ],
      ],
    });
  });
});
