import { expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { jsonStringParser } from './json-string-parser.js';

const parse = (jsonString: unknown) =>
  runStop(jsonStringParser, { properties: { jsonString } }).then(({ outputs }) => outputs['']);

test("PiFlow's example is a row of strings, also where the text came as a structure", async () => {
  const table = {
    columns: [
      ['id', 'string'],
      ['name', 'string'],
    ],
    rows: [['13', '张伟']],
  };
  expect(await parse('{"id":"13","name":"张伟"}')).toEqual(table);
  expect(await parse({ id: '13', name: '张伟' })).toEqual(table);
});

test('types are those that fit all values, and numbers keep every digit', async () => {
  const table = await parse(
    `[{"a": 9007199254740993, "b": 1, "c": true, "d": [1, null], "e": {"x y": 1}, "f": null, "g": 1},
      {"a": null, "b": 1.5, "c": false, "e": {"z": "q"}, "g": "one", "h": 18446744073709551616}]`,
  );
  expect(table).toEqual({
    columns: [
      ['a', 'bigint'],
      ['b', 'double'],
      ['c', 'boolean'],
      ['d', 'array<bigint>'],
      ['e', 'struct<`x y`:bigint,z:string>'],
      ['f', 'string'],
      ['g', 'string'],
      ['h', 'double'],
    ],
    rows: [
      [9007199254740993n, 1, true, [1n, null], { 'x y': 1n, z: null }, null, '1', null],
      [null, 1.5, false, null, { 'x y': null, z: 'q' }, null, 'one', 18446744073709552000],
    ],
  });
});

test('an object that has no field anywhere is its text', async () => {
  expect(await parse('[{"a": {}, "b": [{}]}, {"a": null}]')).toEqual({
    columns: [
      ['a', 'string'],
      ['b', 'array<string>'],
    ],
    rows: [
      ['{}', ['{}']],
      [null, null],
    ],
  });
});

test('names of what every object has are fields like others', async () => {
  expect(await parse('[{"toString": 1}, {"x": 2}]')).toEqual({
    columns: [
      ['toString', 'bigint'],
      ['x', 'bigint'],
    ],
    rows: [
      [1n, null],
      [null, 2n],
    ],
  });
});

test('a text without objects or fields is refused with the reason', async () => {
  for (const text of ['{"a":', '[1]', '3', '[]', '{}', '[null]', 'x']) {
    await expect(parse(text), text).rejects.toMatchObject({
      reason: 'DATA_INVALID',
      problems: [{ property: 'jsonString' }],
    });
  }
});
