import { expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { jsonParser } from './json-parser.js';

function read(files: Record<string, string>, properties: Record<string, unknown>) {
  return runStop(jsonParser, { files, properties }).then(({ outputs }) => outputs['']);
}

const PEOPLE = JSON.stringify(
  [
    { name: '张伟', age: 30, links: [{ name: 'a', url: 'x' }, { name: 'b' }], home: { city: '北京' } },
    { name: 'Ann', links: [] },
  ],
  null,
  2,
);

test('objects over several lines, an object a line, and arrays are read whole', async () => {
  const rows = [[1, 'a'], [2, null]]; // prettier-ignore
  const normal = (table: Awaited<ReturnType<typeof read>>) =>
    table?.rows.map((row) => row.map((value) => (typeof value === 'bigint' ? Number(value) : value)));
  for (const text of ['{"id":1,"n":"a"}\n{"id":2}\n', '[{"id":1,\n"n":"a"},{"id":2,"n":null}]']) {
    expect(normal(await read({ 'a.json': text }, { jsonPath: '/a.json' }))).toEqual(rows);
  }
  const files = { 'a.json': '{"id":1,"n":"a"}', 'b.json': '{\n"id":2\n}' };
  expect(normal(await read(files, { jsonPath: 'hdfs://h:9000/a.json, /b.json' }))).toEqual(rows);
});

test('a tag keeps fields, reaches into objects, and opens one array', async () => {
  const files = { 'p.json': PEOPLE };
  const table = await read(files, { jsonPath: '/p.json', tag: 'name,home.city,links_name' });
  expect(table).toEqual({
    columns: [
      ['name', 'string'],
      ['home.city', 'string'],
      ['links_name', 'string'],
    ],
    rows: [
      ['张伟', '北京', 'a'],
      ['张伟', '北京', 'b'],
    ],
  });
  expect((await read(files, { jsonPath: '/p.json', tag: 'name,home_city' }))?.rows).toEqual([
    ['张伟', '北京'],
    ['Ann', null],
  ]);
  await expect(read(files, { jsonPath: '/p.json', tag: 'nme' })).rejects.toThrow("no field 'nme'; did you mean 'name'");
});

test('a missing file and a text that is no JSON are told', async () => {
  await expect(read({}, { jsonPath: '/no.json' })).rejects.toMatchObject({ reason: 'FILE_NOT_FOUND' });
  await expect(read({ 'a.json': '' }, { jsonPath: '/a.json' })).rejects.toMatchObject({ reason: 'FILE_FORMAT' });
});
