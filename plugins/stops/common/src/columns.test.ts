import { expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { addUuidStop } from './add-uuid-stop.js';
import { convertSchema } from './convert-schema.js';
import { dropField } from './drop-field.js';
import { selectField } from './select-field.js';

const ODD = {
  columns: [
    ['id', 'int'],
    ['a.b', 'string'],
    ['名 `x`', 'double'],
    ['s', 'struct<city:string,zip:int>'],
  ],
  rows: [
    [1, 'x', 1.5, { city: '北京', zip: 1 }],
    [2, null, null, null],
  ],
} as const;
const DOUBLED = {
  columns: [
    ['id', 'int'],
    ['n', 'int'],
    ['N', 'int'],
    ['n', 'int'],
  ],
  rows: [[1, 2, 3, 4]],
} as const;

const select = (columnNames: unknown, table: typeof ODD | typeof DOUBLED = ODD) =>
  runStop(selectField, { inputs: { '': table }, properties: { columnNames } }).then(({ outputs }) => outputs['']);

test('columns are selected in order, by odd names, in any case, out of structs, and twice', async () => {
  expect(await select('名 `x`, a.b, ID')).toEqual({
    columns: [
      ['名 `x`', 'double'],
      ['a.b', 'string'],
      ['ID', 'int'],
    ],
    rows: [
      [1.5, 'x', 1],
      [null, null, 2],
    ],
  });
  expect(await select(['s.city', 'id', 'id'])).toEqual({
    columns: [
      ['city', 'string'],
      ['id', 'int'],
      ['id', 'int'],
    ],
    rows: [
      ['北京', 1, 1],
      [null, 2, 2],
    ],
  });
  expect((await select('*'))?.rows).toEqual(ODD.rows);
});

test('the older name schema is understood, and properties that are not declared are ignored', async () => {
  const properties = { schema: 'id', columnNames: '', other: 'x' };
  const { outputs } = await runStop(selectField, { inputs: { '': ODD }, properties });
  expect(outputs['']?.rows).toEqual([[1], [2]]);
});

test('a column that is not there is told with the nearest names, a doubled one as such', async () => {
  await expect(select('ids')).rejects.toMatchObject({
    reason: 'COLUMN_UNKNOWN',
    message: "property 'columnNames': there is no column 'ids'; did you mean 'id' or 's'?",
    problems: [{ property: 'columnNames' }],
  });
  await expect(select('s.town')).rejects.toMatchObject({
    reason: expect.stringMatching(/COLUMN_UNKNOWN|SQL_ANALYSIS/),
  });
  await expect(select('n', DOUBLED)).rejects.toMatchObject({ reason: 'COLUMN_AMBIGUOUS' });
  await expect(select(',')).rejects.toThrow('names no column');
  expect((await select('N', DOUBLED))?.rows).toEqual([[3]]);
});

test('no rows stay no rows with the columns asked for', async () => {
  const { outputs } = await runStop(selectField, {
    inputs: { '': { columns: ODD.columns, rows: [] } },
    properties: { columnNames: 'a.b' },
  });
  expect(outputs['']).toEqual({ columns: [['a.b', 'string']], rows: [] });
});

test('columns are dropped, all that have the name, but never unnoticed and never all', async () => {
  const drop = (columnNames: string, table: typeof ODD | typeof DOUBLED = ODD) =>
    runStop(dropField, { inputs: { '': table }, properties: { columnNames } }).then(({ outputs }) => outputs['']);
  expect(await drop('a.b, 名 `x`,s')).toEqual({ columns: [['id', 'int']], rows: [[1], [2]] });
  expect((await drop('n', DOUBLED))?.rows).toEqual([[1, 3]]);
  expect((await drop('id', DOUBLED))?.rows).toEqual([[2, 3, 4]]);
  await expect(drop('idd')).rejects.toThrow("there is no column 'idd'; did you mean 'id'?");
  await expect(drop('id,n,N', DOUBLED)).rejects.toThrow('names every column');
});

test('columns are renamed, swapped, and named on', async () => {
  const rename = (schema: string, table: typeof ODD | typeof DOUBLED = ODD) =>
    runStop(convertSchema, { inputs: { '': table }, properties: { schema } }).then(({ outputs }) =>
      outputs['']?.columns.map(([name]) => name),
    );
  expect(await rename(' a.b -> 列 , ID->uuid')).toEqual(['uuid', '列', '名 `x`', 's']);
  expect(await rename('id->s,s->id')).toEqual(['s', 'a.b', '名 `x`', 'id']);
  expect(await rename('id->x,x->y')).toEqual(['y', 'a.b', '名 `x`', 's']);
  await expect(rename('id=x')).rejects.toThrow("'id=x' is not of the form 'old->new'");
  await expect(rename('idd->x')).rejects.toMatchObject({ reason: 'COLUMN_UNKNOWN' });
  await expect(rename('id->S')).rejects.toMatchObject({ reason: 'COLUMN_AMBIGUOUS' });
});

test('an id of 32 digits comes first, another for each row, in place of a column of that name', async () => {
  const rows = Array.from({ length: 5000 }, (_, row) => [row, 'old']);
  const table = { columns: [['n', 'int'], ['UUID', 'string']], rows } as const; // prettier-ignore
  const { outputs } = await runStop(addUuidStop, { inputs: { '': table } });
  expect(outputs['']?.columns).toEqual([
    ['uuid', 'string'],
    ['n', 'int'],
  ]);
  const ids = outputs['']?.rows.map(([id]) => String(id)) ?? [];
  expect(new Set(ids).size).toBe(5000);
  expect(ids.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true);
  expect(outputs['']?.rows.map((row) => row[1])).toEqual(rows.map(([row]) => row));
});
