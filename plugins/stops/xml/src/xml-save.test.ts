import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Table } from '@sluice/plugin-sdk';
import { openTestSession, runStop, toTable, fromTable } from '@sluice/plugin-sdk/testing';
import { xmlParser } from './xml-parser.js';
import { xmlSave } from './xml-save.js';

async function save(table: Table, properties: Record<string, unknown> = {}, zone = 'UTC'): Promise<string> {
  const { root } = await runStop(xmlSave, {
    inputs: { '': table },
    properties: { xmlSavePath: '/out', ...properties },
    zone,
  });
  const names = await readdir(join(root, 'out'));
  expect(names).toContain('_SUCCESS');
  const parts = names.filter((name) => name.startsWith('part-'));
  expect(parts).toHaveLength(1);
  return readFile(join(root, 'out', parts[0] ?? ''), 'utf8');
}

test('rows become a document in the layout of spark-xml', async () => {
  const text = await save({
    columns: [
      ['_id', 'bigint'],
      ['title', 'string'],
      ['author', 'array<string>'],
      ['price', 'struct<_VALUE:double,_currency:string>'],
      ['school', 'struct<name:string,city:string>'],
    ],
    rows: [
      [1n, 'A & <B>', ['Ann', '张伟'], { _VALUE: 1e7, _currency: '"EUR"' }, { name: 'MIT', city: null }],
      [null, null, null, null, null],
    ],
  });
  expect(text).toBe(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<ROWS>
    <ROW id="1">
        <title>A &amp; &lt;B&gt;</title>
        <author>Ann</author>
        <author>张伟</author>
        <price currency="&quot;EUR&quot;">1.0E7</price>
        <school>
            <name>MIT</name>
        </school>
    </ROW>
    <ROW/>
</ROWS>
`);
});

test('single values read as Spark writes them, times in the session zone', async () => {
  const table: Table = {
    columns: [
      ['d', 'double'],
      ['n', 'decimal(10,2)'],
      ['day', 'date'],
      ['t', 'timestamp'],
      ['b', 'boolean'],
      ['s', 'struct<d:double,day:date,n:decimal(10,2),t:timestamp,f:float>'],
    ],
    rows: [[0.5, '12.30', 0, 0n, true, { d: 1e-4, day: 1, n: '1.20', t: 1_500_000n, f: Math.fround(0.1) }]],
  };
  const text = await save(table, {}, 'Asia/Shanghai');
  const values = [...text.matchAll(/<(\w+)>([^<\n]+)</g)].map((match) => match.slice(1));
  expect(values).toEqual([
    ['d', '0.5'],
    ['n', '12.30'],
    ['day', '1970-01-01'],
    ['t', '1970-01-01 08:00:00'],
    ['b', 'true'],
    ['d', '1.0E-4'],
    ['day', '1970-01-02'],
    ['n', '1.20'],
    ['t', '1970-01-01T00:00:01.5Z'],
    ['f', '0.1'],
  ]);
});

test('no rows give a document that another reader accepts', async () => {
  const text = await save({ columns: [['a', 'string']], rows: [] }, { rootTag: 'books' });
  expect(text.trim().split('\n').at(-1)).toBe('<books/>');
});

test('what was saved is read back as it was', async () => {
  const table: Table = {
    columns: [
      ['_k', 'string'],
      ['line', 'string'],
      ['tags', 'array<string>'],
    ],
    rows: [
      ['tab\there', 'two\r\nlines', ['x', 'y']],
      ['汉 "q"', "it's <b>", ['z']],
    ],
  };
  const session = await openTestSession();
  try {
    const engine = session.session.forStop('s');
    const common = {
      customized: {},
      outports: [''],
      engine,
      files: session.files,
      log: { info: () => undefined, warn: () => undefined },
      beforeCommit: () => Promise.resolve(),
      connect: (name: string) => Promise.reject(new Error(`no datasource ${name}`)),
      bundle: () => Promise.resolve(undefined),
      onSuccess: () => undefined,
      signal: new AbortController().signal,
      stop: 's',
      run: { id: 'r', flow: 'f' },
      scratch: () => Promise.resolve(session.scratch),
    };
    const dataset = await fromTable(engine, table);
    await xmlSave.run({
      ...common,
      properties: { xmlSavePath: '/out', rootTag: 'ROWS', rowTag: 'ROW', saveMode: 'error' },
      inputs: { get: () => dataset, find: () => dataset, ports: [''] },
    });
    const read = await xmlParser.run({
      ...common,
      properties: { xmlpath: '/out', rowTag: 'ROW', sampleRows: 0, entities: 'refuse' },
      inputs: { get: () => dataset, find: () => undefined, ports: [] },
    });
    expect(await toTable(read as typeof dataset)).toEqual(table);
  } finally {
    await session.close();
  }
});

test('what XML cannot say is refused by name', async () => {
  const odd: Table = {
    columns: [
      ['a b', 'string'],
      ['1st', 'string'],
      ['ok', 'string'],
    ],
    rows: [],
  };
  await expect(save(odd)).rejects.toMatchObject({
    reason: 'SCHEMA_MISMATCH',
    message: expect.stringContaining("'a b', '1st'") as string,
  });
  const control: Table = { columns: [['a', 'string']], rows: [['fine'], ['bell\u0007']] };
  await expect(save(control)).rejects.toMatchObject({
    reason: 'DATA_INVALID',
    message: expect.stringContaining("row 2: 'a' has the character U+0007") as string,
  });
  await expect(save({ columns: [['a', 'string']], rows: [] }, { rowTag: 'a b' })).rejects.toMatchObject({
    reason: 'PROPERTY_INVALID',
  });
});
