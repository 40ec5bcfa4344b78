import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestSession, runStop } from '@sluice/plugin-sdk/testing';
import { s3 } from './datasource.js';
import { parseLocation } from './location.js';
import { cephRead, cephWrite, objectRead, objectWrite } from './stops.js';
import { ObjectStore, type Target } from './store.js';

const OPTIONS = { timeoutMs: 5000, signal: new AbortController().signal };
const URL_OF_SERVER = process.env['SLUICE_TEST_S3_URL'] ?? '';

describe.skipIf(URL_OF_SERVER === '')('a real store', () => {
  const url = new URL(URL_OF_SERVER === '' ? 'http://none' : URL_OF_SERVER);
  const target: Target = {
    endpoint: url.origin,
    region: 'us-east-1',
    accessKey: url.username,
    secretKey: url.password,
  };
  const { endpoint, accessKey, secretKey } = target;
  const ceph = { cephEndpoint: url.host, cephAccessKey: accessKey, cephSecretKey: secretKey };
  const bucket = `t${randomBytes(5).toString('hex')}`;
  const store = new ObjectStore(target, OPTIONS);
  let raw: S3Client;
  const put = (key: string, body: string) => raw.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
  const keys = async (prefix: string): Promise<string[]> => {
    const found: string[] = [];
    for await (const { key } of store.list(bucket, prefix)) found.push(key.replace(/-[0-9a-f]{12}-/, '-RUN-'));
    return found;
  };

  beforeAll(async () => {
    const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey };
    raw = new S3Client({
      endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials,
      requestChecksumCalculation: 'WHEN_REQUIRED',
    });
    await raw.send(new CreateBucketCommand({ Bucket: bucket }));
  });
  afterAll(async () => {
    if (raw === undefined) return;
    for await (const { key } of store.list(bucket, ''))
      await raw.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    await raw.send(new DeleteBucketCommand({ Bucket: bucket }));
    raw.destroy();
    store.close();
  });

  const TABLE = {
    columns: [
      ['id', 'bigint'],
      ['name', 'string'],
      ['price', 'decimal(10,2)'],
    ],
    rows: [
      [9007199254740993n, '张伟, "x"', '1.50'],
      [2n, null, null],
    ],
  } as const;
  const write = (folder: string, more: object = {}, table: object = TABLE) =>
    runStop(objectWrite, {
      inputs: { '': table as typeof TABLE },
      properties: { ...target, path: `s3a://${bucket}/${folder}`, ...more },
    });
  const read = async (folder: string, more: object = {}) =>
    (await runStop(objectRead, { properties: { ...target, path: `s3://${bucket}/${folder}`, ...more } })).outputs[''];

  test.each(['parquet', 'csv', 'json'] as const)('rows come back from %s', async (types) => {
    const path = `s3a://${bucket}/ceph-${types}`;
    const properties = { ...ceph, path, types, header: 'true', delimiter: ';' };
    const { outputs, log } = await runStop(cephWrite, { inputs: { '': TABLE }, properties });
    expect(outputs).toEqual({});
    expect(log).toEqual([`2 rows written to '${path}'`]);
    expect(await keys(`ceph-${types}`)).toEqual([
      `ceph-${types}/_SUCCESS`,
      expect.stringMatching(/\/part-00000-RUN-c000\.(snappy\.parquet|csv|json)$/),
    ]);
    const back = (await runStop(cephRead, { properties })).outputs[''];
    const sorted = [...(back?.rows ?? [])].sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
    expect(sorted.map(([id, name]) => [id, name])).toEqual([
      [2n, null],
      [9007199254740993n, '张伟, "x"'],
    ]);
    if (types === 'parquet') expect(back?.columns).toEqual(TABLE.columns);
  });

  test('a folder with folders is read, hidden objects and neighbours are not', async () => {
    await put('in/year=2023/a.csv', 'x\n');
    await put('in/year=2024/deep/b.csv', 'y\n');
    await put('in/_SUCCESS', 'no');
    await put('in/.hidden.csv', 'no');
    await put('inn/c.csv', 'no');
    const csv = { format: 'csv', schema: 'v STRING' };
    expect((await read('in', csv))?.rows).toEqual([
      ['x', 2023],
      ['y', 2024],
    ]);
    expect((await read('in/year=2023/a.csv', csv))?.rows).toEqual([['x']]);
    await expect(read('none', csv)).rejects.toMatchObject({ reason: 'FILE_NOT_FOUND' });
    await expect(read('../x', csv)).rejects.toMatchObject({ reason: 'PROPERTY_INVALID' });
  });

  test('the modes add, replace and refuse, and a run that is tried again replaces its own', async () => {
    await put('modes/old.parquet', 'no parquet');
    await expect(write('modes')).rejects.toMatchObject({ reason: 'FILE_EXISTS' });
    expect((await write('modes', { saveMode: 'ignore' })).log[0]).toContain('nothing is written');
    await write('modes', { saveMode: 'overwrite' });
    await write('modes', { saveMode: 'append' });
    expect(await keys('modes')).toEqual(['modes/_SUCCESS', 'modes/part-00000-RUN-c000.snappy.parquet']);
    expect((await read('modes'))?.rows).toHaveLength(2);
    await expect(write('')).rejects.toMatchObject({ reason: 'PROPERTY_INVALID' });
  });

  test('a run that fails leaves what was there, and nothing of its own', async () => {
    await write('fails');
    const before = await keys('fails');
    const session = await openTestSession();
    const failing = {
      ...objectWrite,
      run: (context: Parameters<typeof objectWrite.run>[0]) => {
        let calls = 0;
        const beforeCommit = (): Promise<void> =>
          ++calls === 2 ? Promise.reject(new Error('fenced')) : Promise.resolve();
        return objectWrite.run({ ...context, beforeCommit, run: { id: 'other', flow: 'f' } });
      },
    };
    const properties = { ...target, path: `s3a://${bucket}/fails`, saveMode: 'overwrite' };
    await expect(runStop(failing, { inputs: { '': TABLE }, properties, session })).rejects.toThrow('fenced');
    expect(await keys('fails')).toEqual(before);
    await session.close();
  });

  test('an object of many parts comes back whole', { timeout: 60_000 }, async () => {
    const text = randomBytes(512 * 1024).toString('hex');
    const rows = Array.from({ length: 20 }, (_, i) => [BigInt(i), text, null]);
    await write('large', { format: 'json' }, { columns: TABLE.columns, rows });
    const back = await read('large', { format: 'json' });
    expect(back?.rows.every((row) => row.includes(text))).toBe(true);
    expect(back?.rows).toHaveLength(20);
  });

  test.each([
    ['name', { endpoint: 'http://no-such-host.invalid:1' }, 'CONNECTION_FAILED'],
    ['connect', { endpoint: 'http://127.0.0.1:1' }, 'CONNECTION_FAILED'],
    ['tls', { endpoint: url.origin.replace('http:', 'https:') }, 'CONNECTION_FAILED'],
    ['authentication', { secretKey: 'hunter2' }, 'ACCESS_REFUSED'],
    ['authentication', { accessKey: 'nobody' }, 'ACCESS_REFUSED'],
    ['permission', { accessKey: 'reader', secretKey: 'reader-secret' }, 'ACCESS_REFUSED'],
  ])('a wrong %s is told as that step, without the secret', { timeout: 40_000 }, async (step, wrong, reason) => {
    const other = new ObjectStore({ ...target, ...wrong }, OPTIONS);
    const error: unknown = await other.check(step === 'permission' ? bucket : '').catch((e: unknown) => e);
    other.close();
    expect(error).toMatchObject({ reason, details: { step } });
    expect(JSON.stringify([(error as Error).message, (error as Error).stack])).not.toContain('hunter2');
  });

  test('a datasource lists buckets, folders and objects', async () => {
    await put('browse/deep/a.csv', 'x');
    await put('browse/b.csv', 'x');
    const connection = await s3.connect({ ...target, bucket: '' }, OPTIONS);
    expect(await connection.browse([], 10_000)).toContainEqual({
      name: bucket,
      kind: 'bucket',
      type: '',
      hasChildren: true,
    });
    expect(await connection.browse([bucket, 'browse'], 10)).toEqual([
      { name: 'b.csv', kind: 'object', type: '', hasChildren: false },
      { name: 'deep', kind: 'folder', type: '', hasChildren: true },
    ]);
    await connection.close();
    await expect(s3.connect({ ...target, bucket: 'no-such-bucket' }, OPTIONS)).rejects.toMatchObject({
      reason: 'FILE_NOT_FOUND',
    });
  });
});

describe('without a store', () => {
  test('a store that accepts and never answers is given up after the time', { timeout: 30_000 }, async () => {
    const mute = createServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(mute.address() as AddressInfo).port}`;
    const store = new ObjectStore(
      { endpoint, region: 'r', accessKey: 'a', secretKey: 's' },
      { ...OPTIONS, timeoutMs: 300 },
    );
    await expect(store.check('')).rejects.toMatchObject({ reason: 'CONNECTION_FAILED', details: { step: 'connect' } });
    store.close();
    mute.close();
  });

  test.each([
    ['s3a://bucket/a/b/', { bucket: 'bucket', key: 'a/b' }],
    ['s3://my.bucket', { bucket: 'my.bucket', key: '' }],
    ['S3N://b-1/文 件', { bucket: 'b-1', key: '文 件' }],
  ])('%s is a place', (text, location) => expect(parseLocation(text)).toEqual(location));

  test.each(['/a', 'http://a/b', 's3a:///a', 's3a://b/../a', 's3a://b/a//c'])('%s is none', (text) =>
    expect(() => parseLocation(text)).toThrow(/no place in a bucket/),
  );
});
