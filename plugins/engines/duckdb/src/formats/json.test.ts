import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FormatOptions } from '@sluice/plugin-sdk';
import { openTestSession, toTable, type TestSession } from '@sluice/plugin-sdk/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { duckdb } from '../engine.js';

let opened: TestSession;
beforeEach(async () => {
  opened = await openTestSession({ engine: duckdb });
});
afterEach(() => opened.close());

function put(path: string, content: string): void {
  writeFileSync(join(opened.root, path), content);
}

async function read(
  location: string,
  options?: FormatOptions,
  format = 'json',
): Promise<{ schema: string[]; rows: unknown }> {
  const table = await toTable(await opened.session.forStop('read').read(format, location, options));
  return { schema: table.columns.map((column) => column.join(' ')), rows: table.rows };
}

const BROKEN = '{"a":1,"b":"x"}\n{"a":\n[1]\n7\n{"a":2.5}\n';

describe('reading JSON', () => {
  test('infers nested types from all objects, fields in alphabetical order as Spark has them', async () => {
    put('a.json', '{"b":1,"a":"x","c":[1,2],"z":{"y":1,"x":"s"},"n":null}\n{"a":3,"b":-2.5,"p":[{"q":1}],"t":true}\n');
    expect(await read('a.json')).toEqual({
      schema: [
        'a string',
        'b double',
        'c array<bigint>',
        'n string',
        'p array<struct<q:bigint>>',
        't boolean',
        'z struct<x:string,y:bigint>',
      ],
      rows: [
        ['x', 1, [1n, 2n], null, null, null, { x: 's', y: 1n }],
        ['3', -2.5, null, null, [{ q: 1n }], true, null],
      ],
    });
  });

  test('reads arrays, objects over several lines, and objects one after another', async () => {
    put('array.json', '[{"a":1},\n{"a":2}]');
    put('pretty.json', '{\n  "a": 1\n}\n{"a":2}');
    put('lines.json', '{"a":1}\n{"a":2}\n');
    for (const options of [undefined, { multiLine: true }]) {
      for (const file of ['array.json', 'pretty.json', 'lines.json']) {
        expect([file, await read(file, options)]).toEqual([file, { schema: ['a bigint'], rows: [[1n], [2n]] }]);
      }
    }
  });

  test('shows lines that are no object in a column of their own, in mode PERMISSIVE', async () => {
    put('a.json', BROKEN);
    expect(await read('a.json')).toEqual({
      schema: ['_corrupt_record string', 'a double', 'b string'],
      rows: [
        [null, 1, 'x'],
        ['{"a":', null, null],
        ['[1]', null, null],
        ['7', null, null],
        [null, 2.5, null],
      ],
    });
  });

  test('gives NULL for what does not fit a schema, in mode PERMISSIVE', async () => {
    put('a.json', BROKEN);
    expect((await read('a.json', { schema: 'a int, b string' })).rows).toEqual([
      [1, 'x'],
      [null, null],
      [null, null],
      [null, null],
      [null, null],
    ]);
  });

  test('refuses lines that do not fit in mode DROPMALFORMED and says where they are', async () => {
    put('a.json', BROKEN);
    expect((await read('a.json', { schema: 'a int', mode: 'DROPMALFORMED' })).rows).toEqual([[1]]);
    const refused = await opened.session.rejects();
    const lines = refused === undefined ? [] : (await toTable(refused)).rows;
    expect(lines.map(([, file, line, column, , text]) => [file, line, column, text])).toEqual([
      ['/a.json', 2n, null, '{"a":'],
      ['/a.json', 3n, null, '[1]'],
      ['/a.json', 4n, null, '7'],
      ['/a.json', 5n, 'a', '{"a":2.5}'],
    ]);
    expect(opened.events.rejected).toEqual(new Map([['read', 4]]));
  });

  test('fails at the first line that does not fit in mode FAILFAST', async () => {
    put('a.json', '{"a":1}\n{"a":"x"}\n');
    await expect(read('a.json', { schema: 'a int', mode: 'FAILFAST' }, 'ndjson')).rejects.toMatchObject({
      reason: 'DATA_INVALID',
      details: { file: '/a.json', line: '2', column: 'a' },
    });
  });

  test('takes a number that is too large for a bigint for a decimal, as Spark does', async () => {
    put('a.json', '{"a":18446744073709551615}\n');
    expect(await read('a.json')).toEqual({ schema: ['a decimal(20,0)'], rows: [['18446744073709551615']] });
  });

  test('keeps a text from being taken for a number, and a number as it was written in a column of texts', async () => {
    put('a.json', '{"a":"12","b":1e3,"c":{"x": 1.50}}\n{"a":13,"b":"x","c":"y"}\n');
    expect(await read('a.json', { schema: 'a int, b string, c string' })).toEqual({
      schema: ['a int', 'b string', 'c string'],
      rows: [
        [null, '1e3', '{"x": 1.50}'],
        [13, 'x', 'y'],
      ],
    });
  });

  test('says that a file is cut off or has no objects', async () => {
    put('cut.json', '[{"a":1},{"a":');
    await expect(read('cut.json')).rejects.toMatchObject({ reason: 'FILE_FORMAT' });
    put('empty.json', '');
    await expect(read('empty.json')).rejects.toMatchObject({ reason: 'FILE_FORMAT' });
    put('case.json', '{"a":1,"A":2}\n');
    await expect(read('case.json')).rejects.toMatchObject({ reason: 'COLUMN_AMBIGUOUS' });
  });
});

describe('writing JSON', () => {
  test('writes an object a line without fields that are NULL, nested values too', async () => {
    const { session } = opened;
    const columns = [
      { name: 'id', type: 'bigint' },
      { name: 'a "b"', type: 'string' },
      { name: 'list', type: 'array<struct<x:int,y:string>>' },
      { name: 'map', type: 'map<string,double>' },
      { name: 'at', type: 'timestamp' },
      { name: 'on', type: 'date' },
      { name: 'price', type: 'decimal(10,2)' },
      { name: 'bytes', type: 'binary' },
      { name: 'ratio', type: 'double' },
    ];
    const rows = async function* (): AsyncGenerator<readonly (string | null)[]> {
      yield [
        9007199254740993n,
        'q"\n你',
        [{ x: 1, y: null }, null],
        new Map([['k', 1.5]]),
        1_577_872_800_000_000n,
        18_262,
        '1.50',
        Uint8Array.of(0, 255),
        Number.POSITIVE_INFINITY,
      ] as never;
      yield columns.map(() => null);
    };
    const { files } = await session.write(await session.fromRows(columns, rows()), 'json', 'out', { single: true });
    expect(readFileSync(files[0] ?? '', 'utf8')).toBe(
      '{"id":9007199254740993,"a \\"b\\"":"q\\"\\n你","list":[{"x":1},null],"map":{"k":1.5},' +
        '"at":"2020-01-01T10:00:00.000Z","on":"2020-01-01","price":1.50,"bytes":"AP8=","ratio":"Infinity"}\n{}\n',
    );
  });
});
