import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { redis } from './datasource.js';
import { readFromRedis } from './read-from-redis.js';
import { openStore, type Store, type Target } from './store.js';
import { writeToRedis } from './write-to-redis.js';

const OPTIONS = { timeoutMs: 3000, signal: new AbortController().signal };
const URL_OF_SERVER = process.env['SLUICE_TEST_REDIS_URL'] ?? '';

describe.skipIf(URL_OF_SERVER === '')('a real Redis', () => {
  const url = new URL(URL_OF_SERVER === '' ? 'redis://none' : URL_OF_SERVER);
  const target: Target = {
    host: url.hostname,
    port: Number(url.port),
    user: '',
    password: url.password,
    database: 0,
    tls: 'off',
  };
  const access = { redis_host: target.host, port: target.port, password: target.password };
  const prefix = `t${randomBytes(5).toString('hex')}:`;
  let store: Store;
  const send = (...args: string[]) => store.send('', args);

  beforeAll(async () => {
    store = await openStore(target, OPTIONS);
  });
  afterAll(async () => {
    const keys = (await send('KEYS', `${prefix}*`)) as Buffer[];
    if (keys.length > 0) await send('DEL', ...keys.map(String));
    store.close();
  });

  const TABLE = {
    columns: [
      ['id', 'string'],
      ['name', 'string'],
      ['amount', 'decimal(10,2)'],
      ['day', 'date'],
      ['tags', 'array<string>'],
    ],
    rows: [
      [`${prefix}1`, '张伟\n"x"', '1.50', 19782, ['a', null]],
      [`${prefix}2`, null, '-0.01', null, []],
    ],
  } as const;

  test('rows become hashes, come back as they were written, and go on', async () => {
    const properties = { ...access, column_name: 'ID' };
    const { outputs, log } = await runStop(writeToRedis, { inputs: { '': TABLE }, properties });
    expect(outputs['']).toEqual(TABLE);
    expect(log).toEqual([`2 rows written to ${target.host}:${target.port}`]);
    expect(((await send('HGETALL', `${prefix}2`)) as Buffer[]).map(String)).toEqual(['amount', '-0.01', 'tags', '[]']);
    const keys = {
      columns: [['k', 'string']],
      rows: [[`${prefix}2`], [null], [`${prefix}1`], [`${prefix}none`]],
    } as const;
    const read = await runStop(readFromRedis, {
      inputs: { '': keys },
      properties: { ...access, column_name: 'k', schema: 'name, amount,day,tags' },
    });
    expect(read.outputs['']).toEqual({
      columns: ['k', 'name', 'amount', 'day', 'tags'].map((name) => [name, 'string']),
      rows: [
        [`${prefix}2`, null, '-0.01', null, '[]'],
        [null, null, null, null, null],
        [`${prefix}1`, '张伟\n"x"', '1.50', '2024-02-29', '["a",null]'],
        [`${prefix}none`, null, null, null, null],
      ],
    });
  });

  test('a row written again takes the place of the old one, and NULL removes its field', async () => {
    const row = (name: string | null) => ({
      columns: [
        ['id', 'int'],
        ['name', 'string'],
      ] as const,
      rows: [[424242, name]],
    });
    const properties = { ...access, column_name: 'id' };
    try {
      await runStop(writeToRedis, { inputs: { '': row('x') }, properties });
      expect(String(await send('HGET', '424242', 'name'))).toBe('x');
      await runStop(writeToRedis, { inputs: { '': row(null) }, properties });
      expect(await send('EXISTS', '424242')).toBe(0);
    } finally {
      await send('DEL', '424242');
    }
  });

  test('many rows keep their order', async () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => [`${prefix}m${i}`, `v${i}`] as const);
    const table = {
      columns: [
        ['k', 'string'],
        ['v', 'string'],
      ],
      rows,
    } as const;
    await runStop(writeToRedis, { inputs: { '': table }, properties: { ...access, column_name: 'k' } });
    const properties = { ...access, column_name: 'k', schema: 'v' };
    const { outputs } = await runStop(readFromRedis, { inputs: { '': table }, properties });
    expect(outputs['']?.rows).toEqual(rows);
  });

  test('a key that holds no hash, bytes that are no text, and a NULL key end the run by name', async () => {
    await send('SET', `${prefix}text`, 'x');
    await store.send('', ['HSET', `${prefix}bytes`, 'name', Buffer.from([0xff, 0xfe])]);
    const read = (key: string) =>
      runStop(readFromRedis, {
        inputs: { '': { columns: [['k', 'string']], rows: [[key]] } },
        properties: { ...access, column_name: 'k', schema: 'name' },
      });
    await expect(read(`${prefix}text`)).rejects.toMatchObject({
      reason: 'QUERY_FAILED',
      message: expect.stringContaining(`'${prefix}text'`),
    });
    await expect(read(`${prefix}bytes`)).rejects.toMatchObject({
      reason: 'DATA_INVALID',
      message: expect.stringContaining("'name'"),
    });
    const table = {
      columns: [
        ['k', 'string'],
        ['v', 'string'],
      ],
      rows: [[null, 'x']],
    } as const;
    await expect(
      runStop(writeToRedis, { inputs: { '': table }, properties: { ...access, column_name: 'k' } }),
    ).rejects.toMatchObject({ reason: 'DATA_INVALID' });
    await expect(
      runStop(writeToRedis, { inputs: { '': table }, properties: { ...access, column_name: 'kk' } }),
    ).rejects.toMatchObject({ reason: 'COLUMN_UNKNOWN' });
  });

  test.each([
    ['name', { host: 'no-such-host.invalid' }, 'CONNECTION_FAILED'],
    ['connect', { port: 1 }, 'CONNECTION_FAILED'],
    ['tls', { tls: 'verify' as const }, 'CONNECTION_FAILED'],
    ['authentication', { password: 'hunter2' }, 'ACCESS_REFUSED'],
    ['authentication', { password: '' }, 'ACCESS_REFUSED'],
  ])('a wrong %s is told as that step, without the password', async (step, wrong, reason) => {
    const error: unknown = await openStore({ ...target, ...wrong }, { ...OPTIONS, timeoutMs: 3000 }).catch(
      (each: unknown) => each,
    );
    expect(error).toMatchObject({ reason, details: { step } });
    expect(JSON.stringify([(error as Error).message, (error as Error).stack])).not.toContain('hunter2');
  });

  test('a server that accepts and never answers is given up after the time', async () => {
    const mute = createServer(() => undefined);
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const wrong = { ...target, port: (mute.address() as AddressInfo).port };
    await expect(openStore(wrong, { ...OPTIONS, timeoutMs: 300 })).rejects.toMatchObject({
      reason: 'CONNECTION_FAILED',
      details: { step: 'connect' },
    });
    mute.close();
  });

  test('a datasource says its version, its keys and their fields', async () => {
    await send('HSET', `${prefix}b`, 'y', '1', 'x', '2');
    const connection = await redis.connect(target, OPTIONS);
    expect(await connection.about()).toEqual({ product: 'Redis', version: expect.stringMatching(/^\d+\.\d+/) });
    const keys = await connection.browse([], 1_000_000);
    expect(keys).toContainEqual({ name: `${prefix}b`, kind: 'key', type: 'hash', hasChildren: true });
    expect((await connection.browse([`${prefix}b`], 1)).map(({ name }) => name)).toEqual(['x']);
    await connection.close();
  });
});
