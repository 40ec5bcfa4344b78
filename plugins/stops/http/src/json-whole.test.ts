import { expect, test } from 'vitest';
import { jsonRows } from './json-rows.js';
import { wholeValues } from './json-whole.js';

async function rowsOf(text: string, at: readonly string[] = []) {
  const body = {
    what: 'a text',
    async *text() {
      yield await Promise.resolve(text);
    },
  };
  const { columns, rows } = await jsonRows(body, at, []);
  const all = [];
  for await (const row of rows()) all.push(row);
  return { columns, all };
}

test.each<[text: string, at: readonly string[]]>([
  ['[{"a": 1, "b": -0.5, "c": "x"}, {"a": -2, "d": [1, {"e": null}]}]', []],
  ['{"a": 900719925474099}', []],
  ['{"page": 1, "items": [{"id": 7}, {"id": 8, "uuid": "3e4-12e5"}]}', ['items']],
  ['{"one": {"id": 7, "n": {}}}', ['one']],
  ['{"none": [{"a": 1}], "items": [{"a": 2}]}', ['items']],
  ['[{"__proto__": 1, "a": true}]', []],
])('a short text gives the rows that it gives when it is long: %s', async (text, at) => {
  expect(wholeValues(text, at)).toBeDefined();
  // Spaces behind it make it long.
  expect(await rowsOf(text, at)).toEqual(await rowsOf(text + ' '.repeat(5_000_000), at));
});

test.each(['[{"a": 12345678901234567}]', '[{"a":1.0}]', '[{"a": 1e3}]', '{"a": -2.00 }', '{"a":1} {"a":2}', '[1', ''])(
  'a text of which its parser would lose something is left to the other one: %s',
  (text) => {
    expect(wholeValues(text, [])).toBeUndefined();
  },
);
