import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { BSON, MongoServerError, type MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { mongodb } from './datasource.js';
import { clientError } from './failures.js';
import { targetByAddresses } from './properties.js';
import { getMongo, getMongoDb, putMongo, putMongoDb } from './stops.js';
import { addressesOf, openClient, type Target } from './target.js';

const OPTIONS = { timeoutMs: 5000, signal: new AbortController().signal };
const URL_OF_SERVER = process.env['SLUICE_TEST_MONGODB_URL'] ?? '';
const NO_LOGIN = { user: '', password: '', authDatabase: 'admin', replicaSet: '', tls: 'off' as const };

describe.skipIf(URL_OF_SERVER === '')("a server of MongoDB's protocol", () => {
  const { hostname, port, host } = new URL(URL_OF_SERVER === '' ? 'mongodb://none' : URL_OF_SERVER);
  const target: Target = { ...NO_LOGIN, addresses: [host] };
  const dataBase = `t${randomBytes(5).toString('hex')}`;
  const at = (collection: string) => ({ ip: hostname, port, dataBase, collection });
  let client: MongoClient;
  const collection = (name: string) =>
    client.db(dataBase).collection<{ _id: string | number | BSON.ObjectId | undefined }>(name);

  beforeAll(async () => {
    client = await openClient(target, OPTIONS);
  });
  afterAll(async () => {
    await client?.db(dataBase).dropDatabase();
    await client?.close();
  });

  const TABLE = {
    columns: [
      ['name', 'string'],
      ['n', 'int'],
      ['big', 'bigint'],
      ['x', 'double'],
      ['price', 'decimal(38,2)'],
      ['day', 'date'],
      ['at', 'timestamp'],
      ['ok', 'boolean'],
      ['bytes', 'binary'],
      ['tags', 'array<string>'],
      ['who', 'struct<name:string,years:array<int>>'],
      ['more', 'map<string,bigint>'],
    ],
    rows: [
      [
        ...[
          '张伟, "x"',
          -5,
          9007199254740993n,
          2,
          '12345678901234567890123456789012.34',
          19782,
          1709211906500999n,
          true,
        ],
        ...[new Uint8Array([0, 255]), ['a', null], { name: 'n', years: [1, 2] }, new Map([['k', 1n]])],
      ],
      [null, null, null, null, null, null, null, null, null, null, null, null],
    ],
  } as const;

  test('rows become documents with their types, come back so, and go on', async () => {
    const { outputs, log } = await runStop(putMongoDb, { inputs: { '': TABLE }, properties: at('types') });
    expect(outputs['']).toEqual(TABLE);
    expect(log).toEqual([`2 documents written to '${dataBase}.types' at ${host}`]);
    const raw = await collection('types').findOne({ name: '张伟, "x"' });
    expect(raw).toMatchObject({ x: new BSON.Double(2), big: BSON.Long.fromBigInt(9007199254740993n) });
    const read = await runStop(getMongoDb, { properties: at('types') });
    const [id, ...columns] = read.outputs['']?.columns ?? [];
    expect(id).toEqual(['_id', 'string']);
    expect(columns).toEqual([
      ...TABLE.columns.slice(0, 4),
      ['price', 'string'],
      ['day', 'timestamp'],
      ...TABLE.columns.slice(6, 11),
      ['more', 'struct<k:bigint>'],
    ]);
    expect(read.outputs['']?.rows.map((row) => row.slice(1))).toEqual([
      [
        ...TABLE.rows[0].slice(0, 5),
        ...[19782n * 86_400_000_000n, 1709211906500000n],
        ...TABLE.rows[0].slice(7, 11),
        { k: 1n },
      ],
      TABLE.rows[1],
    ]);
  });

  test('a run that is tried again, and rows with an _id, replace documents', async () => {
    const rows = Array.from({ length: 2500 }, (_, i) => [i] as const);
    const inputs = { '': { columns: [['n', 'int']], rows } } as const;
    await runStop(putMongoDb, { inputs, properties: at('again') });
    await runStop(putMongoDb, { inputs, properties: at('again') });
    expect(Number(await collection('again').countDocuments())).toBe(2500);
    const first = await collection('again').findOne({ n: 0 });
    const withId = (id: string | null) => ({
      columns: [
        ['_id', 'string'],
        ['v', 'string'],
      ] as const,
      rows: [[id, 'new']],
    });
    for (const id of [String(first?._id), 'own']) {
      await runStop(putMongo, {
        inputs: { '': withId(id) },
        properties: { addresses: `${hostname},${port}`, dataBase, collection: 'again' },
      });
    }
    expect(await collection('again').findOne({ _id: first?._id })).toMatchObject({ v: 'new' });
    expect(await collection('again').findOne({ _id: 'own' })).toEqual({ _id: 'own', v: 'new' });
    expect(Number(await collection('again').countDocuments())).toBe(2501);
    await expect(runStop(putMongoDb, { inputs: { '': withId(null) }, properties: at('again') })).rejects.toMatchObject({
      reason: 'DATA_INVALID',
    });
  });

  test('documents that differ become columns that fit all, in the order of the fields', async () => {
    await collection('mixed').insertMany([
      { _id: 1, a: 1, b: { x: 1 }, c: [1], d: new Date(0), e: {} },
      { _id: 2, a: 2.5, b: { y: 'z' }, c: ['x'], d: 'text', f: new BSON.UUID('00112233-4455-6677-8899-aabbccddeeff') },
      { _id: 3, a: BSON.Long.fromNumber(3), f: BSON.Decimal128.fromString('1E+3'), g: /x/i },
    ] as never);
    const { outputs } = await runStop(getMongoDb, { properties: at('mixed') });
    expect(outputs['']).toEqual({
      columns: [
        ['_id', 'int'],
        ['a', 'double'],
        ['b', 'struct<x:int,y:string>'],
        ['c', 'array<string>'],
        ['d', 'string'],
        ['e', 'string'],
        ['f', 'string'],
        ['g', 'string'],
      ],
      rows: [
        [1, 1, { x: 1, y: null }, ['1'], '1970-01-01T00:00:00.000Z', '{}', null, null],
        [2, 2.5, { x: null, y: 'z' }, ['x'], 'text', null, '00112233-4455-6677-8899-aabbccddeeff', null],
        [3, 3, null, null, null, null, '1E+3', '{"$regularExpression":{"pattern":"x","options":"i"}}'],
      ],
    });
    const sampled = runStop(getMongoDb, { properties: { ...at('mixed'), sampleSize: 1 } });
    await expect(sampled).rejects.toMatchObject({
      reason: 'DATA_INVALID',
      message: expect.stringMatching(/the field 'a' of the document 2 is no int.*sampleSize/),
    });
    const texts = await runStop(getMongo, { properties: { addresses: host, dataBase, collection: 'mixed' } });
    expect(texts.outputs['']?.columns).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => [name, 'string']));
    expect(texts.outputs['']?.rows[0]).toEqual(['1', '{"x":1}', '[1]', '1970-01-01T00:00:00.000Z', '{}', null, null]);
  });

  test('SQL runs over the documents', async () => {
    const rows = Array.from({ length: 10_000 }, (_, n) => [BigInt(n)] as const);
    await runStop(putMongoDb, { inputs: { '': { columns: [['n', 'bigint']], rows } }, properties: at('many') });
    const sql = 'select count(*) c, sum(n) s from many where n % 2 = 1';
    const { outputs } = await runStop(getMongoDb, { properties: { ...at('many'), sql } });
    expect(outputs['']?.rows).toEqual([[5000n, 25_000_000n]]);
  });

  test('a collection without documents, and fields that differ by case alone, end the run', async () => {
    await expect(runStop(getMongoDb, { properties: at('none') })).rejects.toMatchObject({ reason: 'DATA_INVALID' });
    await collection('cases').insertOne({ _id: 1, A: 1, a: 2 } as never);
    await expect(runStop(getMongoDb, { properties: at('cases') })).rejects.toMatchObject({ reason: 'SCHEMA_MISMATCH' });
    const decimals = { columns: [['d', 'decimal(38,0)']], rows: [['9'.repeat(38)]] } as const;
    await expect(runStop(putMongoDb, { inputs: { '': decimals }, properties: at('none') })).rejects.toMatchObject({
      reason: 'DATA_INVALID',
      message: expect.stringContaining("column 'd'"),
    });
  });

  test.each([
    ['name', { addresses: ['no-such-host.invalid:1'] }],
    ['connect', { addresses: ['127.0.0.1:1'] }],
    ['tls', { tls: 'verify' as const }],
  ])('a wrong %s is told as that step', async (step, wrong) => {
    const error: unknown = await openClient({ ...target, ...wrong }, { ...OPTIONS, timeoutMs: 2000 }).catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({ reason: 'CONNECTION_FAILED' });
    // A server without TLS closes the connection, and says no more.
    expect([step, 'connect']).toContain((error as { details: { step: string } }).details.step);
  });

  test('a server that accepts and never answers is given up after the time', async () => {
    const mute = createServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const wrong = { ...target, addresses: [`127.0.0.1:${(mute.address() as AddressInfo).port}`] };
    await expect(openClient(wrong, { ...OPTIONS, timeoutMs: 500 })).rejects.toMatchObject({
      reason: 'CONNECTION_FAILED',
      details: { step: 'connect' },
    });
    mute.close();
  });

  test('a datasource says its version and what it holds', async () => {
    await collection('browsed').insertOne({ _id: 1, b: 'x', a: [1] } as never);
    const { about, browse, close } = await mongodb.connect({ ...NO_LOGIN, addresses: [host], database: '' }, OPTIONS);
    expect(await about()).toEqual({ product: 'MongoDB', version: expect.stringMatching(/^\d+\.\d+/) });
    expect((await browse([], 1000)).map(({ name }) => name)).toContain(dataBase);
    expect(await browse([dataBase], 1000)).toContainEqual({
      name: 'browsed',
      kind: 'collection',
      type: '',
      hasChildren: true,
    });
    expect(await browse([dataBase, 'browsed'], 2)).toEqual([
      { name: '_id', kind: 'field', type: 'int', hasChildren: false },
      { name: 'a', kind: 'field', type: 'array<int>', hasChildren: false },
    ]);
    await close();
  });
});

describe('without a server', () => {
  test.each([
    [['a', '1', ' b', '2'].map((each) => each.trim()), ['a:1', 'b:2']],
    [
      ['a:1', 'b'],
      ['a:1', 'b:27017'],
    ],
    [
      ['a', '[::1]:5'],
      ['a:27017', '[::1]:5'],
    ],
  ])('addresses %j are understood', (parts, addresses) => expect(addressesOf(parts)).toEqual(addresses));

  test.each([[[]], [['']], [['a/b']], [['u:p@h']]])('addresses %j are refused', (parts) =>
    expect(() => addressesOf(parts)).toThrow(/address/),
  );

  test("PiFlow's credentials are a user, a database and a password", () => {
    const given = { ...NO_LOGIN, addresses: ['h'], credentials: 'me, db, a,b' };
    expect(targetByAddresses(given)).toMatchObject({ user: 'me', authDatabase: 'db', password: 'a,b' });
    expect(targetByAddresses({ ...given, user: 'other' })).toMatchObject({ user: 'other', authDatabase: 'admin' });
  });

  test.each([
    [18, 'authentication'],
    [13, 'permission'],
  ])("a server's refusal %i is told as step '%s'", (code, step) => {
    const error = new MongoServerError({ message: 'refused', code });
    expect(clientError('h:1', error, 'x')).toMatchObject({ reason: 'ACCESS_REFUSED', details: { step } });
  });
});
