import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo, type Server as NetServer, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { complementByMemcache } from './complement-by-memcache.js';
import { memcached } from './datasource.js';
import { getMemcache } from './get-memcache.js';
import { putMemcache } from './put-memcache.js';
import { openStore, type Store, type Target } from './store.js';

const OPTIONS = { timeoutMs: 3000, signal: new AbortController().signal };
const URL_OF_SERVER = process.env['SLUICE_TEST_MEMCACHED_URL'] ?? '';

const fakes: NetServer[] = [];
afterEach(() => fakes.splice(0).forEach((fake) => fake.close()));

/** A server that does as told with each connection. */
async function fake(serve: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => serve(socket.on('error', () => undefined)));
  fakes.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe.skipIf(URL_OF_SERVER === '')('a real memcached', () => {
  const url = new URL(URL_OF_SERVER === '' ? 'memcached://none' : URL_OF_SERVER);
  const access = { servers: url.host, user: url.username, password: url.password };
  const target: Target = { ...access, servers: [url.host], weights: [], answerMs: 3000 };
  const prefix = `t${randomBytes(5).toString('hex')}:`;
  let store: Store;

  beforeAll(async () => {
    store = await openStore(target, OPTIONS);
  });
  afterAll(() => store?.close());

  const keep = (key: string, value: string | Buffer) => store.of(key).set(key, Buffer.from(value), 60);
  const keyTable = (...keys: (string | null)[]) =>
    ({ columns: [['k', 'string']], rows: keys.map((key) => [key]) }) as const;

  const TABLE = {
    columns: [
      ['id', 'string'],
      ['name', 'string'],
      ['amount', 'decimal(10,2)'],
      ['day', 'date'],
      ['tags', 'array<string>'],
      ['__proto__', 'bigint'],
    ],
    rows: [
      [`${prefix}1`, '张伟,\n"x"', '1.50', 19782, ['a', null], 9007199254740993n],
      [`${prefix}2`, null, '-0.01', null, [], null],
    ],
  } as const;

  test('rows become JSON objects, come back as they were written, and go on', async () => {
    const properties = { ...access, keyFile: 'ID', expires: 60, maxIdle: '3', nagle: 'true' };
    const { outputs, log } = await runStop(putMemcache, { inputs: { '': TABLE }, properties });
    expect(outputs['']).toEqual(TABLE);
    expect(log).toEqual([`2 rows written to ${url.host}`]);
    expect(String(await store.of(`${prefix}2`).get(`${prefix}2`))).toBe('{"amount":"-0.01","tags":"[]"}');
    const read = await runStop(getMemcache, {
      inputs: { '': keyTable(`${prefix}2`, null, `${prefix}1`, `${prefix}none`) },
      properties: { ...access, keyFile: 'k', schame: 'name, amount,day,tags,__proto__' },
    });
    expect(read.outputs['']).toEqual({
      columns: ['k', 'name', 'amount', 'day', 'tags', '__proto__'].map((name) => [name, 'string']),
      rows: [
        [`${prefix}2`, null, '-0.01', null, '[]', null],
        [null, null, null, null, null, null],
        [`${prefix}1`, '张伟,\n"x"', '1.50', '2024-02-29', '["a",null]', '9007199254740993'],
        [`${prefix}none`, null, null, null, null, null],
      ],
    });
  });

  test('columns are replaced by fields where there is an entry, and others keep their types', async () => {
    await keep('424242', '{"name":"new","age":7,"extra":"e","id":null}');
    const table = {
      columns: [
        ['name', 'string'],
        ['id', 'int'],
        ['AGE', 'int'],
        ['when', 'timestamp'],
      ],
      rows: [
        ['old', 424242, 5, 1n],
        ['stays', 424243, 6, null],
        [null, null, null, null],
      ],
    } as const;
    const { outputs } = await runStop(complementByMemcache, {
      inputs: { '': table },
      properties: { ...access, keyFile: 'id', replaceField: 'name,age,extra' },
    });
    expect(outputs['']).toEqual({
      columns: [
        ['name', 'string'],
        ['id', 'int'],
        ['AGE', 'string'],
        ['when', 'timestamp'],
        ['extra', 'string'],
      ],
      rows: [
        ['new', 424242, '7', 1n, 'e'],
        ['stays', 424243, '6', null, null],
        [null, null, null, null, null],
      ],
    });
  });

  test('many rows keep their order, over several servers with weights', async () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => [`${prefix}m${i}`, `v${i}`] as const);
    const table = {
      columns: [
        ['k', 'string'],
        ['v', 'string'],
      ],
      rows,
    } as const;
    const servers = { ...access, servers: `${url.host}, localhost:${url.port}`, weights: '3,1' };
    await runStop(putMemcache, { inputs: { '': table }, properties: { ...servers, keyFile: 'k', expires: 60 } });
    const properties = { ...servers, keyFile: 'k', schame: 'v' };
    const { outputs } = await runStop(getMemcache, { inputs: { '': table }, properties });
    expect(outputs['']?.rows).toEqual(rows);
  });

  test('a value of nearly 1 MB comes back whole, and a larger one is refused by its key', async () => {
    const put = (value: string) =>
      runStop(putMemcache, {
        inputs: {
          '': {
            columns: [
              ['k', 'string'],
              ['v', 'string'],
            ],
            rows: [[`${prefix}big`, value]],
          },
        },
        properties: { ...access, keyFile: 'k', expires: 60 },
      });
    const value = '长'.repeat(330_000);
    await put(value);
    const { outputs } = await runStop(getMemcache, {
      inputs: { '': keyTable(`${prefix}big`) },
      properties: { ...access, keyFile: 'k', schame: 'v' },
    });
    expect(outputs['']?.rows[0]?.[1] === value).toBe(true);
    await expect(put('x'.repeat(2_000_000))).rejects.toMatchObject({
      reason: 'QUERY_FAILED',
      message: expect.stringMatching(new RegExp(`'${prefix}big' failed: SERVER_ERROR object too large.*-I`)),
    });
  });

  test('what is no entry, and what is no key, end the run by name', async () => {
    await keep(`${prefix}text`, 'x');
    await keep(`${prefix}list`, '[1]');
    await keep(`${prefix}bytes`, Buffer.from([0xff, 0xfe]));
    const read = (key: string) =>
      runStop(getMemcache, {
        inputs: { '': keyTable(key) },
        properties: { ...access, keyFile: 'k', schame: 'name' },
      });
    for (const key of ['text', 'list', 'bytes']) {
      await expect(read(prefix + key)).rejects.toMatchObject({
        reason: 'DATA_INVALID',
        message: expect.stringContaining(`'${prefix}${key}'`),
      });
    }
    for (const key of ['a b', 'a\r\nflush_all', '', '名'.repeat(84)]) {
      await expect(read(key)).rejects.toMatchObject({ reason: 'DATA_INVALID' });
    }
    const write = (keyFile: string, key: string | null) =>
      runStop(putMemcache, { inputs: { '': keyTable(key) }, properties: { ...access, keyFile } });
    await expect(write('k', null)).rejects.toMatchObject({ reason: 'DATA_INVALID' });
    await expect(write('kk', 'x')).rejects.toMatchObject({ reason: 'COLUMN_UNKNOWN' });
  });

  test.each([
    ['name', { servers: ['no-such-host.invalid:1'] }, 'CONNECTION_FAILED'],
    ['connect', { servers: ['127.0.0.1:1'] }, 'CONNECTION_FAILED'],
    ['authentication', { password: 'hunter2' }, 'ACCESS_REFUSED'],
    ['authentication', { user: '' }, 'ACCESS_REFUSED'],
  ])('a wrong %s is told as that step, without the password', async (step, wrong, reason) => {
    const error: unknown = await openStore({ ...target, ...wrong }, OPTIONS).catch((each: unknown) => each);
    expect(error).toMatchObject({ reason, details: { step } });
    expect(JSON.stringify([(error as Error).message, (error as Error).stack])).not.toContain('hunter2');
  });

  test('a datasource says its version', async () => {
    const connection = await memcached.connect(target, OPTIONS);
    expect(await connection.about()).toEqual({ product: 'memcached', version: expect.stringMatching(/^\d+\.\d+/) });
    expect(await connection.browse([], 10)).toEqual([]);
    await connection.close();
  });
});

describe('a memcached that fails', () => {
  const target = (server: string): Target => ({
    servers: [server],
    weights: [],
    user: '',
    password: '',
    answerMs: 200,
  });

  test('is given up when it never answers', async () => {
    const mute = await fake(() => undefined);
    await expect(openStore(target(mute), { ...OPTIONS, timeoutMs: 300 })).rejects.toMatchObject({
      reason: 'CONNECTION_FAILED',
      details: { step: 'connect' },
    });
  });

  test('ends the commands that wait when it closes the connection, and when it falls silent', async () => {
    const closing = await fake((socket) =>
      socket.on('data', (bytes) =>
        String(bytes).startsWith('version') ? socket.write('VERSION 1\r\n') : socket.end(),
      ),
    );
    const silent = await fake((socket) =>
      socket.on('data', (bytes) => String(bytes).startsWith('version') && socket.write('VERSION 1\r\n')),
    );
    for (const [server, why] of [
      [closing, 'closed the connection'],
      [silent, 'no answer within 200 ms'],
    ] as const) {
      const store = await openStore(target(server), OPTIONS);
      await expect(store.of('a').get('a')).rejects.toThrow(why);
      await expect(store.of('a').get('a')).rejects.toMatchObject({ reason: 'CONNECTION_FAILED' });
      store.close();
    }
  });

  test('is understood whatever pieces its answers come in', async () => {
    const value = 'VALUE x\r\nEND\r\n';
    const answers = `VERSION 1\r\nVALUE a 0 ${value.length}\r\n${value}\r\nEND\r\nEND\r\n`;
    const dripping = await fake((socket) => {
      socket.setNoDelay(true);
      let [sent, timer] = [0, undefined as NodeJS.Timeout | undefined];
      timer = setInterval(() => {
        if (sent === answers.length || socket.destroyed) clearInterval(timer);
        else socket.write(answers[sent++] ?? '');
      }, 1);
    });
    const store = await openStore({ ...target(dripping), answerMs: 5000 }, OPTIONS);
    const server = store.of('a');
    expect((await Promise.all([server.get('a'), server.get('b')])).map(String)).toEqual([value, 'undefined']);
    store.close();
  });

  test.each([
    [[''], [], "property 'servers'"],
    [['a:0'], [], "'a:0'"],
    [['a b'], [], "'a b'"],
    [['a'], ['0'], 'weights'],
    [['a'], ['1', '1'], 'weights'],
  ])('servers %j with weights %j are refused', async (servers, weights, message) => {
    const wrong = openStore({ ...target(''), servers, weights }, OPTIONS);
    await expect(wrong).rejects.toMatchObject({
      reason: 'PROPERTY_INVALID',
      message: expect.stringContaining(message),
    });
  });
});
