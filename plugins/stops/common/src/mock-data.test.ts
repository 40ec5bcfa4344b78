import { expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { mockData } from './mock-data.js';

const make = (properties: Record<string, unknown>) => runStop(mockData, { properties });
const ALL = 's:String, i:Int, d:Double, f:Float, l:Long, b:Boolean, n:int:true';

test('every type has the values that PiFlow makes', async () => {
  const { outputs } = await make({ schema: ALL, count: '5000', seed: 1 });
  const table = outputs[''];
  expect(table?.columns.map(([, type]) => type)).toEqual([
    'string',
    'int',
    'double',
    'float',
    'bigint',
    'boolean',
    'int',
  ]);
  const columns = (table?.columns ?? []).map((_, column) => (table?.rows ?? []).map((row) => row[column]));
  const [s = [], i = [], d = [], f = [], l = [], b = [], n = []] = columns;
  expect(s.every((value) => /^[A-Za-z0-9]{10}$/.test(String(value)))).toBe(true);
  expect(new Set(s).size).toBe(5000);
  expect(new Set(i)).toEqual(new Set(Array.from({ length: 100 }, (_, value) => value)));
  for (const values of [d, f]) {
    expect(values.every((value) => Number(value) >= 0 && Number(value) < 1)).toBe(true);
    expect(values.reduce<number>((sum, value) => sum + Number(value), 0) / 5000).toBeCloseTo(0.5, 1);
  }
  expect(l.some((value) => BigInt(String(value)) > 2n ** 62n)).toBe(true);
  expect(l.some((value) => BigInt(String(value)) < -(2n ** 62n))).toBe(true);
  for (const share of [b.filter((value) => value === true), n.filter((value) => value === null)]) {
    expect(share.length / 5000).toBeCloseTo(0.5, 1);
  }
});

test('a seed brings the same rows, another seed or none brings others', async () => {
  const rows = async (properties: object) =>
    (await make({ schema: ALL, count: 3000, ...properties })).outputs['']?.rows;
  const first = await rows({ seed: 7 });
  expect(await rows({ seed: '7' })).toEqual(first);
  expect(await rows({ seed: 8 })).not.toEqual(first);
  expect(await rows({})).not.toEqual(await rows({}));
  const { outputs, log } = await make({ schema: ALL, count: 20 });
  const seed = /seed (\d+)/.exec(log.join())?.[1];
  expect((await make({ schema: ALL, count: 20, seed })).outputs).toEqual(outputs);
});

test('no rows can be asked for, and odd names', async () => {
  const { outputs } = await make({ schema: '名 `x`.y:String', count: 0 });
  expect(outputs['']).toEqual({ columns: [['名 `x`.y', 'string']], rows: [] });
});

test('a type or a count that is none is refused with the remedy', async () => {
  await expect(make({ schema: 'a:Strin', count: 1 })).rejects.toThrow("no type 'Strin'; did you mean 'String'");
  await expect(make({ schema: 'a', count: 1 })).rejects.toThrow("write 'name:Type'");
  await expect(make({ schema: 'a:Int:yes', count: 1 })).rejects.toMatchObject({ reason: 'PROPERTY_INVALID' });
  await expect(make({ schema: 'a:Int', count: '-1' })).rejects.toThrow('\'count\': "-1" is less than 0');
});
