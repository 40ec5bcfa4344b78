import { expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { csvStringParser } from './csv-string-parser.js';

const parse = (properties: Record<string, unknown>) => runStop(csvStringParser, { properties });

test('lines become rows of trimmed strings, blank lines none', async () => {
  const { outputs } = await parse({ string: ' 1 , zs\r\n\n2,李四\n', delimiter: ',', schema: 'id,name' });
  expect(outputs['']).toEqual({
    columns: [
      ['id', 'string'],
      ['name', 'string'],
    ],
    rows: [
      ['1', 'zs'],
      ['2', '李四'],
    ],
  });
});

test('without a schema columns are _0, _1 ... and short lines are filled with NULL', async () => {
  const { outputs } = await parse({ Str: 'a,b,c\nd,,', delimiter: ',' });
  expect(outputs['']?.columns.map(([name]) => name)).toEqual(['_0', '_1', '_2']);
  expect(outputs['']?.rows).toEqual([
    ['a', 'b', 'c'],
    ['d', '', ''],
  ]);
  expect((await parse({ string: 'a\nb,c', delimiter: ',' })).outputs['']?.rows).toEqual([
    ['a', null],
    ['b', 'c'],
  ]);
});

test('delimiters are taken as they stand where a regular expression would make no sense', async () => {
  for (const [string, delimiter] of [
    ['a|b', '|'],
    ['a||b', '||'],
    ['a.b', '.'],
    ['a**b', '**'],
    ['a|b', '\\|'],
    ['a12b', '\\d+'],
    ['a;b', '(;|,)'],
  ] as const) {
    expect((await parse({ string, delimiter })).outputs['']?.rows, delimiter).toEqual([['a', 'b']]);
  }
});

test('a line with too many cells and a text without lines are refused', async () => {
  await expect(parse({ string: 'a\nb,c', delimiter: ',', schema: 'x' })).rejects.toThrow(
    'line 2 of the string has 2 cells, but there are 1 columns (x)',
  );
  await expect(parse({ string: ' \n', delimiter: ',' })).rejects.toMatchObject({ reason: 'DATA_INVALID' });
});
