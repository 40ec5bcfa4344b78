import { expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { xmlParserColumns } from './xml-parser-columns.js';
import { xmlParserFolder } from './xml-parser-folder.js';
import { xmlStringParser } from './xml-string-parser.js';

test('a label of any depth leads to rows, and comments are no values', async () => {
  const XmlString = `<?xml version='1.0'?>
<a><b><c><y>2012<!-- note --></y><m>1,2</m></c></b><b><c><y/></c></b></a>`;
  const { outputs } = await runStop(xmlStringParser, { properties: { XmlString, label: 'a,b,c', schema: 'y,m' } });
  expect(outputs['']?.rows).toEqual([
    ['2012', '1,2'],
    ['', null],
  ]);
});

test('a label that leads nowhere is told with what is there', async () => {
  const run = runStop(xmlStringParser, { properties: { XmlString: '<a><site/></a>', label: 'a,sites', schema: 'y' } });
  await expect(run).rejects.toThrow("<a> has no element <sites>; did you mean 'site'?");
  const broken = runStop(xmlStringParser, { properties: { XmlString: '<a>\n<b></a>', label: 'a', schema: 'y' } });
  await expect(broken).rejects.toMatchObject({ reason: 'FILE_FORMAT', details: { line: '2' } });
});

test('SQL reaches into a column of XML, and the other columns stay as they are', async () => {
  const doc = (title: string): string =>
    `<product id="7"><pub_basic><en_title>${title}</en_title><pub_type_id>3</pub_type_id></pub_basic></product>`;
  const { outputs } = await runStop(xmlParserColumns, {
    properties: { xmlColumns: 'PRODUCT_XML' },
    inputs: {
      '': {
        columns: [
          ['id', 'bigint'],
          ['product_xml', 'string'],
          ['rnum', 'decimal(10,2)'],
        ],
        rows: [
          [1n, doc('quotes " and \\'), '1.50'],
          [2n, '  ', null],
        ],
      },
    },
  });
  expect(outputs['']).toEqual({
    columns: [
      ['id', 'bigint'],
      ['product_xml', 'struct<product:struct<id:bigint,pub_basic:struct<en_title:string,pub_type_id:bigint>>>'],
      ['rnum', 'decimal(10,2)'],
    ],
    rows: [
      [1n, { product: { id: 7n, pub_basic: { en_title: 'quotes " and \\', pub_type_id: 3n } } }, '1.50'],
      [2n, null, null],
    ],
  });
});

test('an attribute and an element of one name are an array, as PiFlow has it', async () => {
  const { outputs } = await runStop(xmlParserColumns, {
    properties: { xmlColumns: 'x' },
    inputs: { '': { columns: [['x', 'string']], rows: [['<r n="1"><n>2</n></r>'], ['<r n="3"/>']] } },
  });
  expect(outputs['']?.rows).toEqual([[{ r: { n: [1n, 2n] } }], [{ r: { n: [3n] } }]]);
});

test('a broken document names the row and the column', async () => {
  const rows = [['<a/>'], ['<a>\n<b></a>']];
  const run = runStop(xmlParserColumns, {
    properties: { xmlColumns: 'x' },
    inputs: { '': { columns: [['x', 'string']], rows } },
  });
  await expect(run).rejects.toMatchObject({
    reason: 'DATA_INVALID',
    message: expect.stringContaining("row 2: column 'x', line 2") as string,
  });
  const wrong = runStop(xmlParserColumns, {
    properties: { xmlColumns: 'xml' },
    inputs: { '': { columns: [['xmls', 'string']], rows: [] } },
  });
  await expect(wrong).rejects.toThrow("did you mean 'xmls'");
});

test('a column of NULLs stays a column of NULLs', async () => {
  const { outputs } = await runStop(xmlParserColumns, {
    properties: { xmlColumns: 'x' },
    inputs: { '': { columns: [['x', 'string']], rows: [[null]] } },
  });
  expect(outputs['']).toEqual({ columns: [['x', 'string']], rows: [[null]] });
});

test('a folder gives the rows of its .xml files, at any depth', async () => {
  const { outputs } = await runStop(xmlParserFolder, {
    properties: { xmlpath: '/in', rowTag: 'r' },
    files: {
      'in/a.xml': '<x><r><b>1</b></r></x>',
      'in/deep/b.xml': '<x><r><a>z</a></r></x>',
      'in/empty.xml': '<x/>',
      'in/readme.txt': 'no XML',
    },
  });
  expect(outputs['']?.columns).toEqual([
    ['a', 'string'],
    ['b', 'bigint'],
  ]);
  expect(outputs['']?.rows).toEqual([
    [null, 1n],
    ['z', null],
  ]);
  const none = runStop(xmlParserFolder, { properties: { xmlpath: '/in', rowTag: 'r' }, files: { 'in/a.txt': 'x' } });
  await expect(none).rejects.toMatchObject({ reason: 'FILE_NOT_FOUND' });
});
