import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import type { Admin } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { brokersOf, clientOf, openAdmin, type Target } from './client.js';
import { kafka } from './datasource.js';
import { fromLine, toLine } from './message-csv.js';
import { readFromKafka } from './read-from-kafka.js';
import { writeToKafka } from './write-to-kafka.js';

const OPTIONS = { timeoutMs: 5000, signal: new AbortController().signal };
const URL_OF_SERVER = process.env['SLUICE_TEST_KAFKA_URL'] ?? '';

describe.skipIf(URL_OF_SERVER === '')('a real Kafka', { timeout: 60_000 }, () => {
  const url = new URL((URL_OF_SERVER === '' ? 'kafka://none' : URL_OF_SERVER).replace('kafka:', 'http:'));
  const login = { user: url.username, password: url.password, mechanism: 'plain' as const, tls: 'off' as const };
  const target: Target = { brokers: [url.host], ...login };
  const prefix = `t${randomBytes(5).toString('hex')}-`;
  const at = (topic: string) => ({ kafka_host: url.host, ...login, topic: prefix + topic });
  let admin: Admin;

  beforeAll(async () => {
    admin = await openAdmin(target, OPTIONS);
    await admin.createTopics({
      topics: ['rows', 'group', 'odd', 'abort'].map((topic) => ({ topic: prefix + topic, numPartitions: 3 })),
    });
  }, 60_000);
  afterAll(async () => {
    if (admin === undefined) return;
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
    await admin.deleteTopics({ topics });
    await admin.disconnect();
  });

  const put = (topic: string, table: object, more: object = {}) =>
    runStop(writeToKafka, { inputs: { '': table as typeof TABLE }, properties: { ...at(topic), ...more } });
  const rowsOf = async (topic: string, schema: string, more: object = {}) => {
    const { outputs } = await runStop(readFromKafka, { properties: { ...at(topic), schema, ...more } });
    return [...(outputs['']?.rows ?? [])].sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
  };
  const send = async (topic: string, ...values: (string | Buffer | null)[]) => {
    const producer = clientOf(target, 5000).producer();
    await producer.connect();
    await producer.send({ topic: prefix + topic, messages: values.map((value) => ({ key: 'k', value })) });
    await producer.disconnect();
  };
  const numbers = (from: number, count: number) => ({
    columns: [
      ['n', 'int'],
      ['v', 'string'],
    ],
    rows: Array.from({ length: count }, (_, i) => [from + i, `v${from + i}`]),
  });

  const TABLE = {
    columns: [
      ['id', 'int'],
      ['text', 'string'],
      ['price', 'decimal(10,2)'],
      ['tags', 'array<string>'],
    ],
    rows: [
      [1, '张伟, "x"\n', '1.50', ['a', 'b']],
      [2, 'None', null, []],
      [3, null, '-0.01', null],
    ],
  } as const;

  test.each(['csv', 'json'])('rows become messages as %s and come back', async (format) => {
    const topic = `rows${format === 'json' ? '-json' : ''}`;
    const { outputs, log } = await put(topic, TABLE, { format, keyColumn: 'ID' });
    expect(outputs).toEqual({});
    expect(log).toEqual([`3 messages written to '${prefix}${topic}'`]);
    expect(await rowsOf(topic, 'id,text,price,tags', { format })).toEqual([
      ['1', '张伟, "x"\n', format === 'csv' ? '1.50' : '1.5', '["a","b"]'],
      ['2', 'None', null, '[]'],
      ['3', null, '-0.01', null],
    ]);
  });

  test('a group reads on where the last run that succeeded ended', async () => {
    await put('group', numbers(0, 5000));
    const group = `${prefix}g`;
    expect(await rowsOf('group', 'n,v', { group })).toHaveLength(5000);
    expect(await rowsOf('group', 'n,v', { group })).toEqual([]);
    await put('group', numbers(5000, 3));
    expect(await rowsOf('group', 'n,v', { group })).toEqual([5000, 5001, 5002].map((n) => [String(n), `v${n}`]));
    expect(await rowsOf('group', 'n,v')).toHaveLength(5003);
  });

  test('a run that fails leaves no message that a reader sees', async () => {
    await send('abort', 'before');
    const failing = {
      ...writeToKafka,
      run: (context: Parameters<typeof writeToKafka.run>[0]) =>
        writeToKafka.run({ ...context, beforeCommit: () => Promise.reject(new Error('fenced')) }),
    };
    const inputs = { '': numbers(0, 100) as never };
    await expect(runStop(failing, { inputs, properties: at('abort') })).rejects.toThrow('fenced');
    expect(await rowsOf('abort', 'v')).toEqual([['before']]);
  });

  test('what is no row is named, and a message without a value is passed over', async () => {
    await send('odd', 'a,b', null, 'c');
    await expect(rowsOf('odd', 'x,y')).rejects.toMatchObject({
      reason: 'DATA_INVALID',
      message: expect.stringMatching(/the message 2 of partition \d has 1 values, the schema 2 columns/),
    });
    await expect(rowsOf('odd', 'x', { format: 'json' })).rejects.toMatchObject({ reason: 'DATA_INVALID' });
    await expect(rowsOf('none', 'x')).rejects.toMatchObject({ reason: 'TABLE_NOT_FOUND' });
    await expect(put('odd', TABLE, { keyColumn: 'key' })).rejects.toMatchObject({ reason: 'COLUMN_UNKNOWN' });
  });

  test.each([
    ['name', { brokers: ['no-such-host.invalid:1'] }, 'CONNECTION_FAILED'],
    ['connect', { brokers: ['127.0.0.1:1'] }, 'CONNECTION_FAILED'],
    ['tls', { tls: 'verify' as const }, 'CONNECTION_FAILED'],
    ['authentication', { password: 'hunter2' }, 'ACCESS_REFUSED'],
  ])('a wrong %s is told as that step, without the password', async (step, wrong, reason) => {
    const error: unknown = await openAdmin({ ...target, ...wrong }, OPTIONS).catch((each: unknown) => each);
    expect(error).toMatchObject({ reason, details: { step } });
    expect(JSON.stringify([(error as Error).message, (error as Error).stack])).not.toContain('hunter2');
  });

  test('a datasource says how many brokers there are, and its topics', async () => {
    const { about, browse, close } = await kafka.connect({ kafka_host: [url.host], ...login }, OPTIONS);
    expect(await about()).toEqual({ product: 'Kafka', version: '1 broker' });
    expect(await browse([], 10_000)).toContainEqual({
      name: `${prefix}odd`,
      kind: 'topic',
      type: '',
      hasChildren: true,
    });
    expect(await browse([`${prefix}odd`], 10)).toHaveLength(3);
    await expect(browse([`${prefix}none`], 10)).rejects.toMatchObject({ reason: 'TABLE_NOT_FOUND' });
    await close();
  });
});

describe('without a server', () => {
  test('a broker that accepts and never answers is given up after the time', async () => {
    const mute = createServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const brokers = [`127.0.0.1:${(mute.address() as AddressInfo).port}`];
    const wrong: Target = { brokers, user: '', password: '', mechanism: 'plain', tls: 'off' };
    await expect(openAdmin(wrong, { ...OPTIONS, timeoutMs: 300 })).rejects.toMatchObject({
      reason: 'CONNECTION_FAILED',
      details: { step: 'connect' },
    });
    mute.close();
  });

  test.each([
    [['a', 'b'], 'a,b'],
    [[null, 'None', ''], 'None,"None",'],
    [['a,"b"', 'c\nd'], '"a,""b""","c\nd"'],
    [[''], ''],
  ])('the values %j are the line %s', (values, line) => {
    expect(toLine(values)).toBe(line);
    expect(fromLine(line)).toEqual(values);
  });

  test('quotes that other programs wrote stay', () => expect(fromLine('a"b,"c" d,"')).toEqual(['a"b', '"c" d', '"']));

  test('brokers have ports', () => {
    expect(brokersOf(['a', 'b:1', '[::1]:2'])).toEqual(['a:9092', 'b:1', '[::1]:2']);
    expect(() => brokersOf(['a b'])).toThrow(/kafka_host/);
    expect(() => brokersOf([])).toThrow(/names no broker/);
  });
});
