import { beforeAll, expect, test } from 'vitest';
import type { Table } from '@sluice/plugin-sdk';
import { runStop } from '@sluice/plugin-sdk/testing';
import { connectTarget } from '../connect.js';
import { parseJdbcUrl } from '../jdbc-url.js';
import { readers } from '../piflow/readers.js';
import { writers } from '../piflow/writers.js';
import { tableWrite } from '../stops/table-write.js';
import type { ServerTarget } from '../target.js';
import { damengDriver } from '../testing/dameng-driver.js';
import { GOLDEN } from '../testing/golden.js';
import { resultColumn } from './types.js';

const OPTIONS = { timeoutMs: 2000, signal: new AbortController().signal };
const ACCESS = { url: 'jdbc:dm://127.0.0.1:5236?schema=main', user: 'SYSDBA', password: 'right' };
let stand: Awaited<ReturnType<typeof damengDriver>>;
beforeAll(async () => {
  stand = await damengDriver('right');
});

const stop = (name: string) => {
  const found = [...readers, ...writers].find((each) => each.name.endsWith(name));
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
};
const bundles = () => ({ dmdb: { default: stand.driver } });
const read = async (tableName: string, more: object = {}) =>
  (await runStop(stop('DamengRead'), { properties: { ...ACCESS, tableName, ...more }, bundles: bundles() })).outputs[
    ''
  ];
const write = (dbtable: string, rows: Table, more: object = {}) =>
  runStop(stop('DamengWrite'), { properties: { ...ACCESS, dbtable, ...more }, inputs: { '': rows }, bundles: bundles() }); // prettier-ignore
const people = (...rows: Table['rows'][number][]): Table => ({ columns: [['id', 'int'], ['name', 'string']], rows }); // prettier-ignore

test.each([
  ['DamengRead', { tableName: 'orders' }],
  ['DamengWrite', { dbtable: 'orders' }],
])('%s without the driver says how it comes here', async (name, more) => {
  const running = runStop(stop(name), { properties: { ...ACCESS, ...more }, inputs: { '': people([1, 'Ada']) } });
  await expect(running).rejects.toMatchObject({
    reason: 'BUNDLE_MISSING',
    message: expect.stringMatching(/licence .* upload the npm package dmdb as a bundle/) as string,
  });
});

test('the golden table goes to the driver and comes back as it went', async () => {
  await write('golden', GOLDEN);
  const columns = GOLDEN.columns.map(([name, type]) => [/^\w+$/.test(name) ? name.toUpperCase() : name, type]);
  expect(await read('golden')).toEqual({ columns, rows: GOLDEN.rows });
  expect(stand.asked).toContain(
    JSON.stringify({
      ...{ connectString: '127.0.0.1:5236', user: 'SYSDBA', password: 'right', schema: 'main', appName: 'sluice' },
      ...{ autoCommit: false, connectTimeout: 30_000, localTimezone: 0, language: 'en' },
    }),
  );
});

test('rows are added and replaced, keys by MERGE, and what is refused is named', async () => {
  await write('people', people([1, 'Ada']));
  await write('people', people([2, 'Bo']));
  expect((await read('people', { selectedContent: 'id' }))?.rows).toEqual([[1], [2]]);
  await write('people', people([3, 'Cy']), { saveMode: 'Overwrite' });
  expect((await read('people'))?.rows).toEqual([[3, 'Cy']]);
  const datasources = { db: () => connectTarget(parseJdbcUrl(ACCESS.url, 'SYSDBA', 'right'), { ...OPTIONS, bundle: async () => stand.driver }) }; // prettier-ignore
  const properties = { datasource: 'db', table: 'people', mode: 'upsert', keys: 'id' };
  await runStop(tableWrite, { properties, inputs: { '': people([3, 'Cyd'], [4, 'Di']) }, datasources });
  expect((await read('people'))?.rows).toEqual([[3, 'Cyd'], [4, 'Di']]); // prettier-ignore
  expect(stand.asked.some((sql) => sql.startsWith('MERGE INTO "PEOPLE" t USING'))).toBe(true);
  const nested: Table = { columns: [['tags', 'array<string>']], rows: [[['a']]] };
  await expect(write('nested', nested)).rejects.toMatchObject({ reason: 'TYPE_UNSUPPORTED' });
  const endless: Table = { columns: [['x', 'double']], rows: [[Infinity]] };
  await expect(write('endless', endless)).rejects.toMatchObject({ reason: 'DATA_INVALID' });
});

test('a wrong password, TLS and a value that is none of its type are told', async () => {
  const connect = (more: object) =>
    connectTarget({ ...parseJdbcUrl(ACCESS.url, 'SYSDBA', 'right'), ...more } as ServerTarget, {
      ...OPTIONS,
      bundle: async () => stand.driver,
    });
  await expect(connect({ password: 'hunter2' })).rejects.toMatchObject({
    reason: 'ACCESS_REFUSED',
    details: { step: 'authentication' },
    message: expect.not.stringContaining('hunter2') as string,
  });
  await expect(connect({ tls: 'verify' })).rejects.toMatchObject({ reason: 'PROPERTY_INVALID' });
  expect(resultColumn({ name: 'n', dbTypeName: 'TINYINT' }).read?.('300')).toBeUndefined();
  expect(resultColumn({ name: 'n', dbTypeName: 'NUMBER' }).type).toBe('decimal(38,10)');
  expect(resultColumn({ name: 't', dbTypeName: 'TIME' }).type).toBe('string');
});
