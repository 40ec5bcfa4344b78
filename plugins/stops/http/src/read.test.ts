import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { getUrl } from './get-url.js';
import { httpRead } from './http-read.js';
import { json, serve, type TestServer } from './test-server.test.js';

const GBK_XML = Buffer.concat([
  Buffer.from('<?xml version="1.0" encoding="GBK"?><sites><site><name>'),
  Buffer.from([0xd5, 0xc5]),
  Buffer.from('</name></site></sites>'),
]);
const XML = `<?xml version="1.0"?>
<!DOCTYPE r [<!ENTITY x "boom">]>
<result><head><row><id>0</id></row></head><list>
  <row n="1"><id> 1 </id><name>a, b</name><name>second</name></row>
  <row><name><![CDATA[<x>]]> &amp; <b>bold</b></name><other/></row>
</list></result>`;

let server: TestServer;
beforeAll(async () => {
  server = await serve({
    '/orders': json('[{"id": 9007199254740993, "b": {"z": 1, "a": "x"}, "t": [1, 2.5]}, {"id": 2, "n": null}]'),
    '/one': json('{"name": "张伟", "constructor": 1}'),
    '/lines': json('{"a": 1}\n{"a": "x"}\n'),
    '/deep': json('{"total": 2, "data": {"items": [{"id": 1}, {"id": 2}], "page": 1}}'),
    '/single': json('{"data": {"item": {"id": 7, "in": {"k": 1}}}}'),
    '/empty': json('[]'),
    '/scalars': json('[1, 2]'),
    '/broken': json('[{"a": 1}, {"a"'),
    '/latin': (_, response) =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end(Buffer.from([0x22, 0xe9, 0x22])),
    '/packed': (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(gzipSync('[{"a": true}]'));
    },
    '/xml': (_, response) => void response.writeHead(200, { 'content-type': 'text/xml; charset=utf-8' }).end(XML),
    '/gbk': (_, response) => void response.writeHead(200, { 'content-type': 'application/xml' }).end(GBK_XML),
  });
});
afterAll(() => server.close());

const get = async (path: string, properties: object = {}) =>
  (await runStop(getUrl, { properties: { url: server.url + path, ...properties } })).outputs[''];
const read = async (path: string, properties: object = {}) =>
  (await runStop(httpRead, { properties: { url: server.url + path, ...properties } })).outputs[''];

test('objects of JSON are rows with the types that fit all of them, and long numbers keep every digit', async () => {
  expect(await get('/orders')).toEqual({
    columns: [
      ['b', 'struct<a:string,z:bigint>'],
      ['id', 'bigint'],
      ['n', 'string'],
      ['t', 'array<double>'],
    ],
    rows: [
      [{ a: 'x', z: 1n }, 9007199254740993n, null, [1, 2.5]],
      [null, 2n, null, null],
    ],
  });
  expect(server.seen.at(-1)).toMatchObject({ method: 'GET', headers: { accept: 'application/json' } });
});

test('one object is a row, and so is each of several, packed or not', async () => {
  expect(await get('/one')).toEqual({
    columns: [
      ['constructor', 'bigint'],
      ['name', 'string'],
    ],
    rows: [[1n, '张伟']],
  });
  expect(await get('/lines')).toEqual({ columns: [['a', 'string']], rows: [['1'], ['x']] });
  expect(await get('/packed')).toEqual({ columns: [['a', 'boolean']], rows: [[true]] });
});

test('rows may lie deep in the answer, as an array or as one object', async () => {
  expect(await read('/deep', { rows: 'data.items' })).toEqual({ columns: [['id', 'bigint']], rows: [[1n], [2n]] });
  expect(await read('/single', { rows: 'data.item' })).toEqual({
    columns: [
      ['id', 'bigint'],
      ['in', 'struct<k:bigint>'],
    ],
    rows: [[7n, { k: 1n }]],
  });
  expect((await read('/orders', { columns: 'n,id' }))?.columns).toEqual([
    ['n', 'string'],
    ['id', 'bigint'],
  ]);
});

test('an answer without rows needs the names of columns', async () => {
  await expect(get('/empty')).rejects.toMatchObject({ reason: 'DATA_INVALID' });
  expect(await get('/empty', { schema: 'id,name' })).toEqual({
    columns: [
      ['id', 'string'],
      ['name', 'string'],
    ],
    rows: [],
  });
});

test('what is no rows of JSON is refused with the reason', async () => {
  await expect(get('/scalars')).rejects.toMatchObject({
    reason: 'DATA_INVALID',
    message: expect.stringContaining('value 1'),
  });
  await expect(get('/broken')).rejects.toMatchObject({ reason: 'FILE_FORMAT' });
  await expect(get('/latin')).rejects.toMatchObject({ reason: 'ENCODING_INVALID' });
  await expect(read('/deep', { rows: 'data.nothing' })).rejects.toMatchObject({ reason: 'DATA_INVALID' });
  await expect(read('/orders', { columns: 'idd' })).rejects.toMatchObject({ reason: 'COLUMN_UNKNOWN' });
});

test('elements of XML are rows with the texts of their children', async () => {
  const properties = { httpAcceptTypes: 'xml', label: 'result,list,row', schema: 'id,name' };
  expect(await get('/xml', properties)).toEqual({
    columns: [
      ['id', 'string'],
      ['name', 'string'],
    ],
    rows: [
      ['1', 'a, b'],
      [null, '<x> & bold'],
    ],
  });
  expect(await read('/xml', { rows: 'result.list.row', columns: 'name' })).toMatchObject({
    rows: [['a, b'], ['<x> & bold']],
  });
  expect(await get('/gbk', { httpAcceptTypes: 'xml', label: 'sites,site', schema: 'name' })).toMatchObject({
    rows: [['张']],
  });
});

test('a label that leads nowhere is refused with the nearest name', async () => {
  const properties = { httpAcceptTypes: 'xml', label: 'result,list,rows', schema: 'id' };
  await expect(get('/xml', properties)).rejects.toMatchObject({
    reason: 'DATA_INVALID',
    message: expect.stringContaining("did you mean 'row'"),
  });
});
