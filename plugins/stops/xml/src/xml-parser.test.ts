import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { xmlParser } from './xml-parser.js';

const DBLP = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE dblp SYSTEM "dblp.dtd">
<dblp>
<!-- <phdthesis key="x"/> -->
<phdthesis mdate="2002-01-03" key="phd/Turpin92">
<author>Russell Turpin</author>
<title>Programming <i>Data</i> &amp; more</title>
<year>1992</year>
<price currency="EUR">12.5</price>
</phdthesis>
<article key="a"><title>no row</title></article>
<phdthesis mdate="2002-01-04" key="phd/A">
<author>Ann</author><author>张伟</author>
<title>Plain</title><year/>
<price currency="USD">7</price>
<school><name>MIT</name><city></city></school>
</phdthesis>
</dblp>
`;

function read(content: string | Uint8Array, properties: Record<string, unknown> = {}, name = 'in.xml') {
  return runStop(xmlParser, {
    properties: { xmlpath: `/${name}`, rowTag: 'row', ...properties },
    files: { [name]: content },
  });
}

test('elements become rows by the rules of spark-xml', async () => {
  const { outputs } = await read(DBLP, { rowTag: 'phdthesis', xmlpath: 'hdfs://127.0.0.1:9000/in.xml' });
  expect(outputs['']).toEqual({
    columns: [
      ['_key', 'string'],
      ['_mdate', 'string'],
      ['author', 'array<string>'],
      ['price', 'struct<_VALUE:double,_currency:string>'],
      ['school', 'struct<city:string,name:string>'],
      ['title', 'string'],
      ['year', 'bigint'],
    ],
    rows: [
      [
        'phd/Turpin92',
        '2002-01-03',
        ['Russell Turpin'],
        { _VALUE: 12.5, _currency: 'EUR' },
        null,
        'Programming <i>Data</i> &amp; more',
        1992n,
      ],
      [
        'phd/A',
        '2002-01-04',
        ['Ann', '张伟'],
        { _VALUE: 7, _currency: 'USD' },
        { city: null, name: 'MIT' },
        'Plain',
        null,
      ],
    ],
  });
});

test('types are those that hold every value', async () => {
  const rows = [
    '<row><a>1</a><b>1</b><c>true</c><d>9223372036854775807</d><e>x</e><f>2002-05-30 21:46:54</f><g>1</g></row>',
    '<row><a>+2</a><b>-1.5e2</b><c>FALSE</c><d>-1</d><e>1</e><f>2002-05-30 00:00:00.25</f><g>true</g></row>',
  ];
  const { outputs } = await read(`<rows>${rows.join('')}</rows>`);
  expect(outputs['']?.columns.map(([, type]) => type)).toEqual([
    'bigint',
    'double',
    'boolean',
    'bigint',
    'string',
    'timestamp',
    'string',
  ]);
  expect(outputs['']?.rows).toEqual([
    [1n, 1, true, 9223372036854775807n, 'x', BigInt(Date.UTC(2002, 4, 30, 21, 46, 54)) * 1000n, '1'],
    [2n, -150, false, -1n, '1', BigInt(Date.UTC(2002, 4, 30)) * 1000n + 250_000n, 'true'],
  ]);
});

test('wall clock times are read in the session zone', async () => {
  const { outputs } = await runStop(xmlParser, {
    properties: { xmlpath: '/a.xml', rowTag: 'r' },
    files: { 'a.xml': '<x><r t="2002-05-30 21:46:54"/></x>' },
    zone: 'Asia/Shanghai',
  });
  expect(outputs['']?.rows).toEqual([[BigInt(Date.UTC(2002, 4, 30, 13, 46, 54)) * 1000n]]);
});

test('rows of a folder share one schema, and hidden files are passed over', async () => {
  const { outputs } = await runStop(xmlParser, {
    properties: { xmlpath: '/in', rowTag: 'r' },
    files: {
      'in/a.xml': '<x><r><n>1</n></r></x>',
      'in/b.xml': gzipSync('<x><r><n>two</n><m>2</m></r></x>'),
      'in/_SUCCESS': '',
      'in/.c.xml': 'broken',
    },
  });
  expect(outputs['']?.columns).toEqual([
    ['m', 'bigint'],
    ['n', 'string'],
  ]);
  expect(outputs['']?.rows).toEqual([
    [null, '1'],
    [2n, 'two'],
  ]);
});

test('names that differ in case alone, and odd names, all become columns', async () => {
  const { outputs, log } = await read(
    '<x><row dc:t="1" xmlns:dc="u"><Name>a</Name><name>b</name><a-b.c>c</a-b.c></row></x>',
  );
  expect(outputs['']?.columns.map(([name]) => name)).toEqual(['Name', '_dc:t', '_xmlns:dc', 'a-b.c', 'name_2']);
  expect(outputs['']?.rows).toEqual([['a', 1n, 'u', 'c', 'b']]);
  expect(log.join()).toContain("'name' is called 'name_2'");
});

test('a row of nothing but text has it as _VALUE', async () => {
  const { outputs } = await read('<x><row>one</row><row id="2">two</row><row/></x>');
  expect(outputs['']?.columns.map(([name]) => name)).toEqual(['_VALUE', '_id']);
  expect(outputs['']?.rows).toEqual([
    ['one', null],
    ['two', 2n],
    [null, null],
  ]);
});

test('a row inside a row belongs to the outer one', async () => {
  const { outputs } = await read('<row><n>1</n><row><n>2</n></row></row>');
  expect(outputs['']?.rows).toEqual([[1n, { n: 2n }]]);
});

test('an encoding is taken from the declaration', async () => {
  const gbk = Buffer.concat([
    Buffer.from('<?xml version="1.0" encoding="GBK"?><x><row><n>'),
    Buffer.from([0xb1, 0xb1, 0xbe, 0xa9]),
    Buffer.from('</n></row></x>'),
  ]);
  expect((await read(gbk)).outputs['']?.rows).toEqual([['北京']]);
  await expect(read(Buffer.from([0x3c, 0x78, 0x3e, 0xff, 0x3c]))).rejects.toMatchObject({ reason: 'ENCODING_INVALID' });
});

test('XML that breaks in the middle says file, line, column and reason', async () => {
  await expect(read('<x>\n<row><n>1</n></row>\n<row><n>2</m></row>\n</x>')).rejects.toMatchObject({
    reason: 'FILE_FORMAT',
    message: "'/in.xml', line 3, column 13: unexpected close tag",
  });
  await expect(read('<x>\n<row><n>1')).rejects.toMatchObject({ reason: 'FILE_FORMAT', details: { line: '2' } });
  await expect(read('')).rejects.toMatchObject({ reason: 'FILE_FORMAT' });
});

test('a file without a byte is said to be empty', async () => {
  await expect(read('')).rejects.toMatchObject({
    reason: 'FILE_FORMAT',
    message: expect.stringMatching(/^'.*in\.xml', line 1, column 0: it is empty; XML has one root element$/),
  });
});

test('what takes the rest of a file for its own is told with the line where it stands', async () => {
  const rows = '<row><n>2</n></row>\n'.repeat(5);
  for (const wrong of ['Ebon & Ujelang', '<b c="1>']) {
    await expect(read(`<x>\n<row><n>${wrong}</n></row>\n${rows}</x>`)).rejects.toMatchObject({
      reason: 'FILE_FORMAT',
      message: expect.stringMatching(/after line 2: look there for a &|column \d+: disallowed character/) as string,
    });
  }
});

test('an attribute named value keeps its name beside elements without text', async () => {
  const { outputs } = await read('<x><row><m value="a"/><m value="b"/></row></x>');
  expect(outputs['']).toEqual({
    columns: [['m', 'array<struct<_value:string>>']],
    rows: [[[{ _value: 'a' }, { _value: 'b' }]]],
  });
});

test('entities of a document type are not expanded', async () => {
  const bomb = `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>`;
  for (const entity of ['b', 'f']) {
    await expect(read(`${bomb}<x><row><n>&${entity};</n></row></x>`)).rejects.toThrow(
      /entities of a DTD are not expanded/,
    );
  }
  const { outputs } = await read(`<x><row><n>M&uuml;ller &lt;</n></row></x>`, { entities: 'keep' });
  expect(outputs['']?.rows).toEqual([['M&uuml;ller <']]);
});

test('a row tag that is not there is told with the nearest names', async () => {
  await expect(read('<x><rows><a/></rows></x>', { rowTag: 'rovs' })).rejects.toThrow(/did you mean 'rows'/);
  await expect(read('<x/>', { rowTag: '<row>' })).rejects.toMatchObject({ reason: 'PROPERTY_INVALID' });
});

test('a row that does not fit the sample ends the run with its place', async () => {
  const rows = '<x><row><n>1</n></row>\n<row><n>two</n></row></x>';
  await expect(read(rows, { sampleRows: 1 })).rejects.toMatchObject({
    reason: 'DATA_INVALID',
    message: expect.stringContaining("line 2: 'n': 'two' is no bigint") as string,
  });
});
