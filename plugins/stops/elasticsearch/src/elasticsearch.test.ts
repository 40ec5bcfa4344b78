import { randomBytes } from 'node:crypto';
import { createServer as createHttp } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import type { Client } from '@opensearch-project/opensearch';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { openClient, type Target } from './client.js';
import { elasticsearch } from './datasource.js';
import { targetOf } from './properties.js';
import { putElasticsearch, queryElasticsearch, readElasticsearch } from './stops.js';

const OPTIONS = { timeoutMs: 5000, signal: new AbortController().signal };
const URL_OF_SERVER = process.env['SLUICE_TEST_ELASTICSEARCH_URL'] ?? '';
const OPEN = { user: '', password: '', apiKey: '', verify: true };

describe.skipIf(URL_OF_SERVER === '')('a real Elasticsearch', () => {
  const { hostname, port, origin } = new URL(URL_OF_SERVER === '' ? 'http://none' : URL_OF_SERVER);
  const target: Target = { ...OPEN, nodes: [origin] };
  const prefix = `t${randomBytes(5).toString('hex')}-`;
  const at = (name: string) => ({ es_nodes: hostname, es_port: port, es_index: prefix + name, es_type: 'any' });
  let client: Client;

  beforeAll(async () => {
    client = await openClient(target, OPTIONS);
  });
  afterAll(async () => {
    await client?.indices.delete({ index: `${prefix}*` });
    await client?.close();
  });

  const TABLE = {
    columns: [
      ['name', 'string'],
      ['n', 'int'],
      ['big', 'bigint'],
      ['x', 'double'],
      ['at', 'timestamp'],
      ['ok', 'boolean'],
      ['tags', 'array<string>'],
      ['who', 'struct<age:int,name:string>'],
    ],
    rows: [
      ['张伟\n"x"', -5, 9007199254740993n, 2.5, 1709211906500000n, true, ['a', 'b'], { age: 3, name: 'n' }],
      [null, 1, null, null, null, false, ['c'], null],
    ],
  } as const;
  const put = (name: string, table: object, more: object = {}) =>
    runStop(putElasticsearch, { inputs: { '': table as typeof TABLE }, properties: { ...at(name), ...more } });
  const rowsOf = async (name: string, more: object = {}) =>
    (await runStop(readElasticsearch, { properties: { ...at(name), ...more } })).outputs['']?.rows;
  const numbers = (...values: number[]) => ({ columns: [['n', 'int']], rows: values.map((value) => [value]) });
  const ids = (...values: (string | null)[]) => ({
    columns: [
      ['id', 'string'],
      ['n', 'int'],
    ],
    rows: values.map((value, i) => [value, i]),
  });

  test('rows become documents and come back with the types of the index', async () => {
    const { outputs, log } = await put('types', TABLE);
    expect(outputs).toEqual({});
    expect(log).toEqual([`2 documents written to '${prefix}types'`]);
    const { outputs: read } = await runStop(readElasticsearch, { properties: { ...at('types'), idColumn: 'id' } });
    expect(read['']?.columns).toEqual([
      ['id', 'string'],
      ['at', 'timestamp'],
      ['big', 'bigint'],
      ['n', 'bigint'],
      ['name', 'string'],
      ['ok', 'boolean'],
      ['tags', 'array<string>'],
      ['who', 'struct<age:bigint,name:string>'],
      ['x', 'double'],
    ]);
    expect(read['']?.rows.map((row) => row.slice(1))).toEqual([
      [1709211906500000n, 9007199254740993n, -5n, '张伟\n"x"', true, ['a', 'b'], { age: 3n, name: 'n' }, 2.5],
      [null, null, 1n, null, false, ['c'], null, null],
    ]);
  });

  test('every type of a mapping is read, also where the documents write it otherwise', async () => {
    const index = `${prefix}mapped`;
    const field = (type: string, more: object = {}) => ({ type, ...more });
    await client.indices.create({
      index,
      body: {
        mappings: {
          properties: {
            i: field('integer'),
            l: field('long'),
            d: field('date'),
            own: field('date', { format: 'yyyy/MM/dd' }),
            nanos: field('date_nanos'),
            b: field('boolean'),
            bin: field('binary'),
            geo: field('geo_point'),
            ip: field('ip'),
            nested: field('nested', { properties: { k: field('keyword') } }),
            off: field('object', { enabled: false }),
          },
        } as never,
      },
    });
    const documents = [
      { i: '7', l: 1.9, d: 0, b: 'false', own: '2024/02/29', bin: 'Af8=', geo: { lat: 1, lon: 2 }, off: { a: [1] } },
      {
        d: '2024-02-29T01:02:03.123456',
        b: true,
        nested: { k: 'x' },
        ip: '::1',
        nanos: '2024-01-01T00:00:00.123456789Z',
      },
      { d: '2024-02-29T01:02:03+08:00', nested: [{ k: 'y' }, { k: null }], i: [1, [2, null]] },
    ];
    for (const document of documents) await client.index({ index, body: document as never, refresh: true });
    const { outputs } = await runStop(readElasticsearch, { properties: at('mapped') });
    const columns = outputs['']?.columns.map(([name]) => name) ?? [];
    const rows = outputs['']?.rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])));
    expect(outputs['']?.columns).toContainEqual(['nested', 'array<struct<k:string>>']);
    expect(outputs['']?.columns).toContainEqual(['i', 'array<int>']);
    expect(rows?.[0]).toMatchObject({
      ...{ i: [7], l: 1n, d: 0n, b: false, own: '2024/02/29', bin: new Uint8Array([1, 255]) },
      ...{ geo: '{"lat":1,"lon":2}', off: '{"a":[1]}', nested: null, ip: null },
    });
    const day = BigInt(Date.UTC(2024, 1, 29)) * 1000n;
    expect(rows?.[1]).toMatchObject({
      ...{ d: day + 3_723_123_456n, b: true, nested: [{ k: 'x' }], ip: '::1' },
      nanos: '2024-01-01T00:00:00.123456789Z',
    });
    expect(rows?.[2]).toMatchObject({
      d: day + 3_723_000_000n - 8n * 3_600_000_000n,
      nested: [{ k: 'y' }, { k: null }],
      i: [1, 2, null],
    });
  });

  test('the modes keep, replace and refuse, and what is tried again is written once', async () => {
    await put('modes', numbers(1, 2), { saveMode: 'Append' });
    await put('modes', numbers(1, 2, 3), { saveMode: 'Append' });
    expect(await rowsOf('modes')).toHaveLength(3);
    await put('modes', ids('a', 'b'), { saveMode: 'Append', idColumn: 'ID' });
    expect(await rowsOf('modes')).toHaveLength(5);
    await put('modes', ids('b', 'c'), { idColumn: 'id' });
    expect(await rowsOf('modes', { idColumn: '_id' })).toEqual([
      ['b', 'b', 0n],
      ['c', 'c', 1n],
    ]);
    await put('modes', numbers(9));
    expect(await rowsOf('modes')).toEqual([[null, 9n]]);
    await put('modes', numbers(), {});
    expect(await rowsOf('modes')).toEqual([]);
    const { log } = await put('modes', numbers(1), { saveMode: 'ignore' });
    expect(log).toEqual([`the index '${prefix}modes' is there: nothing is written`]);
    await expect(put('modes', numbers(1), { saveMode: 'error' })).rejects.toMatchObject({ reason: 'TABLE_EXISTS' });
    await expect(put('modes', ids(null), { idColumn: 'id' })).rejects.toMatchObject({ reason: 'DATA_INVALID' });
    await expect(put('modes', ids('x'), { idColumn: 'idd' })).rejects.toMatchObject({ reason: 'COLUMN_UNKNOWN' });
  });

  test('many documents come back once each, and a query chooses some', async () => {
    const rows = Array.from({ length: 4_345 }, (_, n) => [n] as const);
    await put('many', { columns: [['n', 'int']], rows });
    expect((await rowsOf('many'))?.map(([n]) => Number(n)).sort((a, b) => a - b)).toEqual(rows.map(([n]) => n));
    const jsonDSL = '{"query": {"range": {"n": {"gte": 4340}}}}';
    const { outputs } = await runStop(queryElasticsearch, { properties: { ...at('many'), jsonDSL } });
    expect(outputs['']?.rows).toHaveLength(5);
    const wrong = (query: unknown) => runStop(queryElasticsearch, { properties: { ...at('many'), jsonDSL: query } });
    await expect(wrong('{')).rejects.toMatchObject({ reason: 'PROPERTY_INVALID' });
    await expect(wrong({})).rejects.toMatchObject({ reason: 'PROPERTY_INVALID' });
    await expect(wrong({ query: { nonsense: {} } })).rejects.toMatchObject({
      reason: 'QUERY_FAILED',
      message: expect.stringContaining('nonsense'),
    });
  });

  test('a document that the index does not take is named, and the old ones stay', async () => {
    await put('typed', numbers(1, 2));
    const wrong = put('typed', { columns: [['n', 'string']], rows: [['3'], ['not a number']] });
    await expect(wrong).rejects.toMatchObject({ reason: 'DATA_INVALID', message: expect.stringContaining('[n]') });
    expect(await rowsOf('typed')).toHaveLength(2);
    await expect(rowsOf('none')).rejects.toMatchObject({ reason: 'TABLE_NOT_FOUND' });
  });

  test.each([
    ['name', 'http://no-such-host.invalid:1'],
    ['connect', 'http://127.0.0.1:1'],
    ['tls', origin.replace('http:', 'https:')],
  ])('a wrong %s is told as that step', async (step, node) => {
    await expect(openClient({ ...target, nodes: [node] }, OPTIONS)).rejects.toMatchObject({
      reason: 'CONNECTION_FAILED',
      details: { step },
    });
  });

  test('a datasource says its version and what it holds', async () => {
    await put('browsed', TABLE);
    const values = {
      es_nodes: [hostname],
      es_port: Number(port),
      es_index: '',
      es_type: '',
      ...OPEN,
      tls: 'off' as const,
    };
    const { about, browse, close } = await elasticsearch.connect(values, OPTIONS);
    expect(await about()).toEqual({ product: 'Elasticsearch', version: expect.stringMatching(/^\d+\.\d+/) });
    expect(await browse([], 10_000)).toContainEqual({
      name: `${prefix}browsed`,
      kind: 'index',
      type: '',
      hasChildren: true,
    });
    expect((await browse([`${prefix}browsed`], 2)).map(({ type }) => type)).toEqual(['timestamp', 'bigint']);
    await close();
  });
});

describe('without a server', () => {
  test.each([
    [401, 'authentication'],
    [403, 'permission'],
  ])('an answer %i is told as step %s, without the password', async (status, step) => {
    const server = createHttp((_, answer) => {
      answer.writeHead(status, { 'content-type': 'application/json' });
      answer.end(JSON.stringify({ error: { reason: 'not you' }, status }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const nodes = [`http://127.0.0.1:${(server.address() as AddressInfo).port}`];
    const error: unknown = await openClient({ ...OPEN, nodes, user: 'u', password: 'hunter2' }, OPTIONS).catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({
      reason: 'ACCESS_REFUSED',
      details: { step },
      message: expect.stringContaining('not you'),
    });
    expect(JSON.stringify([(error as Error).message, (error as Error).stack])).not.toContain('hunter2');
    server.close();
  });

  test('a server that accepts and never answers is given up after the time', async () => {
    const mute = createServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const nodes = [`http://127.0.0.1:${(mute.address() as AddressInfo).port}`];
    await expect(openClient({ ...OPEN, nodes }, { ...OPTIONS, timeoutMs: 300 })).rejects.toMatchObject({
      reason: 'CONNECTION_FAILED',
      details: { step: 'connect' },
    });
    mute.close();
  });

  test('a run that is cancelled while a request waits for its answer ends', async () => {
    const abort = new AbortController();
    const server = createHttp((request, answer) => {
      answer.setHeader('content-type', 'application/json');
      if (request.url === '/') answer.end('{"version": {"number": "7.17.0"}}');
      else abort.abort(new Error('cancelled'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const es_nodes = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const run = runStop(putElasticsearch, {
      inputs: { '': { columns: [['n', 'int']], rows: [[1]] } },
      properties: { es_nodes, es_index: 'x' },
      signal: abort.signal,
    });
    await expect(run).rejects.toThrow('cancelled');
    server.close();
    server.closeAllConnections();
  });

  test('addresses are understood, and one with a user is refused', () => {
    const given = { es_port: 9200, user: '', password: '', apiKey: '', tls: 'verify' as const };
    expect(targetOf({ ...given, es_nodes: ['a', 'http://b:1/', '[::1]:2'] }).nodes).toEqual([
      ...['https://a:9200', 'http://b:1', 'https://[::1]:2'],
    ]);
    expect(() => targetOf({ ...given, es_nodes: ['http://u:hunter2@a'] })).toThrow(/^(?!.*hunter2)/);
    expect(() => targetOf({ ...given, es_nodes: [] })).toThrow(/names no server/);
  });
});
