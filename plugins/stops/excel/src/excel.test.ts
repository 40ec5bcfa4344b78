import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { read, utils, write, type WorkBook } from '@e965/xlsx';
import { describe, expect, test } from 'vitest';
import { openTestSession, runStop } from '@sluice/plugin-sdk/testing';
import { ZipFile } from 'yazl';
import { excelRead } from './excel-read.js';
import { excelWrite } from './excel-write.js';
import { excelWriteMultipleSheets } from './excel-write-multiple-sheets.js';

/** A workbook that another program wrote. */
function workbook(sheets: Record<string, unknown[][]>, options: object = {}): Uint8Array {
  const book = utils.book_new();
  for (const [name, rows] of Object.entries(sheets)) utils.book_append_sheet(book, utils.aoa_to_sheet(rows), name);
  return new Uint8Array(write(book, { type: 'buffer', bookType: 'xlsx', ...options }) as Buffer);
}

/** What another program reads. */
async function readBack(root: string, path: string): Promise<WorkBook> {
  return read(await readFile(join(root, path)), { cellDates: true, UTC: true });
}

function valuesOf(book: WorkBook, sheet: string): unknown[][] {
  return utils.sheet_to_json(book.Sheets[sheet] ?? {}, { header: 1, raw: true, UTC: true });
}

const readFrom = (content: Uint8Array, properties: object = {}) =>
  runStop(excelRead, { files: { 'in.xlsx': content }, properties: { filePath: '/in.xlsx', ...properties } });

/** A zip of parts, for workbooks that no program would write today. */
async function zipOf(parts: Record<string, string>): Promise<Uint8Array> {
  const zip = new ZipFile();
  for (const [name, text] of Object.entries(parts)) zip.addBuffer(Buffer.from(text), name);
  zip.end();
  const pieces: Buffer[] = [];
  for await (const piece of zip.outputStream) pieces.push(piece as Buffer);
  return new Uint8Array(Buffer.concat(pieces));
}

const RELS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const partsWith = (sheet: string, more: Record<string, string> = {}): Record<string, string> => ({
  '[Content_Types].xml': '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
  '_rels/.rels': `<Relationships><Relationship Id="a" Type="${RELS}/officeDocument" Target="/xl/workbook.xml"/></Relationships>`,
  'xl/workbook.xml': `<x:workbook xmlns:x="m" xmlns:r="${RELS}"><x:workbookPr date1904="1"/><x:sheets><x:sheet name="Sheet1" sheetId="1" r:id="b"/></x:sheets></x:workbook>`,
  'xl/_rels/workbook.xml.rels': `<Relationships><Relationship Id="b" Type="${RELS}/worksheet" Target="worksheets/s.xml"/><Relationship Id="c" Type="${RELS}/sharedStrings" Target="strings.xml"/><Relationship Id="d" Type="${RELS}/styles" Target="styles.xml"/></Relationships>`,
  'xl/worksheets/s.xml': sheet,
  ...more,
});

const day = (year: number, month: number, date: number, ...time: number[]): Date =>
  new Date(Date.UTC(year, month - 1, date, ...time));
const strings = (...names: string[]) => names.map((name) => [name, 'string'] as const);

describe('ExcelRead', () => {
  const PEOPLE = workbook({
    Sheet1: [
      ['id', '姓名', 'price', 'born', 'ok'],
      [1, '张伟', 0.1 + 0.2, day(1999, 12, 31), true],
      [],
      [9007199254740991, ' a "b"\n', -1e21, day(2024, 2, 29, 13, 5, 6), false],
      [null, null, null, null, null, 'note'],
    ],
    "It's <2>": [['x']],
  });

  test('gives strings with the names of the header, and tells of values beside the columns', async () => {
    const { outputs, log } = await readFrom(PEOPLE);
    expect(outputs['']).toEqual({
      columns: strings('id', '姓名', 'price', 'born', 'ok'),
      rows: [
        ['1', '张伟', '0.3', '1999-12-31', 'true'],
        ['9007199254740991', ' a "b"\n', '-1e+21', '2024-02-29 13:05:06', 'false'],
        [null, null, null, null, null],
      ],
    });
    expect(log).toEqual(['the cell F5 lies to the right of the columns; it is not read']);
  });

  test('infers types that fit all values where asked', async () => {
    const { outputs } = await readFrom(PEOPLE, { inferSchema: true, dataAddress: 'A1:E4' });
    expect(outputs['']).toEqual({
      columns: [
        ['id', 'bigint'],
        ['姓名', 'string'],
        ['price', 'double'],
        ['born', 'timestamp_ntz'],
        ['ok', 'boolean'],
      ],
      rows: [
        [1n, '张伟', 0.1 + 0.2, BigInt(Date.UTC(1999, 11, 31)) * 1000n, true],
        [9007199254740991n, ' a "b"\n', -1e21, BigInt(Date.UTC(2024, 1, 29, 13, 5, 6)) * 1000n, false],
      ],
    });
  });

  test.each([
    ["'Sheet1'!B1:C2", 'true', ['姓名', 'price'], [['张伟', '0.3']]],
    ['Sheet1!$B$2:C2', 'false', ['_c0', '_c1'], [['张伟', '0.3']]],
    ["'It''s <2>'!", 'false', ['_c0'], [['x']]],
    ["'sheet1'!F5", 'false', ['_c0'], [['note']]],
  ])('reads what %s says, with header %s', async (dataAddress, header, names, rows) => {
    const { outputs } = await readFrom(PEOPLE, { dataAddress, header });
    expect(outputs['']).toEqual({ columns: strings(...names), rows });
  });

  test('gives names to columns whose header is empty or taken', async () => {
    const { outputs } = await readFrom(
      workbook({
        Sheet1: [
          ['a', null, 'A', '  ', 'x'],
          [1, 2, 3, 4, 5],
        ],
      }),
    );
    expect(outputs['']).toEqual({ columns: strings('a', '_c1', 'A2', '_c3', 'x'), rows: [['1', '2', '3', '4', '5']] });
  });

  test('understands prefixes, 1904, places left out, rich texts, pronunciations, errors and formulas', async () => {
    const sheet = `\uFEFF<?xml version="1.0"?><x:worksheet xmlns:x="m"><x:sheetData>
      <x:row><x:c t="s"><x:v>0</x:v></x:c><x:c t="inlineStr"><x:is><x:r><x:t>in</x:t></x:r><x:r><x:t>line</x:t></x:r></x:is></x:c></x:row>
      <x:row r="3"><x:c r="B3" t="str"><x:f>A1&amp;1</x:f><x:v>f_x000D_&amp;</x:v></x:c><x:c t="e"><x:v>#N/A</x:v></x:c>
      <x:c t="d"><x:v>2024-02-29T01:02:03Z</x:v></x:c><x:c s="1"><x:v>1.5</x:v></x:c><x:c s="2"><x:v>0.25</x:v></x:c><x:c s="3"><x:v>2.5</x:v></x:c></x:row>
      </x:sheetData></x:worksheet>`;
    const more = {
      'xl/strings.xml': '<sst><si><r><t>ri</t></r><r><t>ch</t></r><rPh sb="0" eb="1"><t>PHON</t></rPh></si></sst>',
      'xl/styles.xml':
        '<styleSheet><numFmts><numFmt numFmtId="165" formatCode="[h]:mm"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>' +
        '<cellXfs><xf/><xf numFmtId="22"/><xf numFmtId="20"/><xf numFmtId="165"/></cellXfs></styleSheet>',
    };
    const { outputs } = await readFrom(await zipOf(partsWith(sheet, more)), { header: 'false' });
    expect(outputs['']?.rows).toEqual([
      ['rich', 'inline', null, null, null, null, null],
      [null, 'f\r&', null, '2024-02-29 01:02:03', '1904-01-02 12:00:00', '06:00:00', '2.5'],
    ]);
  });

  test.each<[string, Uint8Array, string, RegExp]>([
    ['text', Buffer.from('a,b\n'), 'FILE_FORMAT', /no workbook of Excel/],
    ['an old workbook', workbook({ Sheet1: [['x']] }, { bookType: 'biff8' }), 'FILE_FORMAT', /Excel 97/],
    ['a cut workbook', PEOPLE.subarray(0, PEOPLE.length - 100), 'FILE_FORMAT', /no workbook of Excel/],
    ['an empty sheet', workbook({ Sheet1: [[]] }), 'DATA_INVALID', /has no value/],
    ['another sheet', workbook({ Sheet2: [['x']] }), 'TABLE_NOT_FOUND', /did you mean 'Sheet2'/],
  ])('refuses %s', async (_, content, reason, message) => {
    await expect(readFrom(content)).rejects.toMatchObject({ reason, message: expect.stringMatching(message) });
  });

  test('refuses damaged parts and wrong addresses', async () => {
    const refused = async (sheet: string, reason: string): Promise<void> => {
      await expect(readFrom(await zipOf(partsWith(sheet)))).rejects.toMatchObject({ reason });
    };
    await refused('<worksheet><sheetData><row><c', 'FILE_FORMAT');
    await refused('<worksheet><sheetData><row><c t="s"><v>7</v></c></row></sheetData></worksheet>', 'FILE_FORMAT');
    await refused('<worksheet><sheetData><row><c><v>x</v></c></row></sheetData></worksheet>', 'FILE_FORMAT');
    for (const dataAddress of ['Sheet1!B', 'MyTable[#All]', 'B3:A1', "'Sheet1'!A0", 'A1048577']) {
      await expect(readFrom(PEOPLE, { dataAddress })).rejects.toMatchObject({ reason: 'PROPERTY_INVALID' });
    }
    await expect(runStop(excelRead, { properties: { filePath: '/none.xlsx' } })).rejects.toMatchObject({
      reason: 'FILE_NOT_FOUND',
    });
  });
});

describe('ExcelWrite', () => {
  const TABLE = {
    columns: [
      ['n', 'int'],
      ['big', 'bigint'],
      ['price', 'decimal(20,2)'],
      ['f', 'float'],
      ['text', 'string'],
      ['day', 'date'],
      ['at', 'timestamp'],
      ['is', 'boolean'],
      ['list', 'array<int>'],
      ['bytes', 'binary'],
    ],
    rows: [
      [
        1,
        12n,
        '1.50',
        0.5,
        '张"伟" <&>_x0041_\r\n\u0001 ',
        19782,
        1709211906500000n,
        true,
        [1, null],
        new Uint8Array([1, 255]),
      ],
      [-2, 9007199254740993n, '123456789012345678.90', NaN, '', -30000, -1n, false, [], new Uint8Array()],
      [null, null, null, null, null, null, null, null, null, null],
    ],
  } as const;
  const saved = (properties: object, table: Parameters<typeof runStop>[1] = {}, zone = 'UTC') =>
    runStop(excelWrite, {
      inputs: { '': TABLE },
      zone,
      ...table,
      properties: { filePath: '/out/o.xlsx', ...properties },
    });

  test('another program reads what was written', async () => {
    const { root, outputs } = await saved({ dataAddress: "'My Sheet'!B2" }, {}, 'Asia/Shanghai');
    expect(outputs).toEqual({});
    const book = await readBack(root, 'out/o.xlsx');
    expect(book.SheetNames).toEqual(['My Sheet']);
    expect(book.Sheets['My Sheet']?.['!ref']).toMatch(/^B2:K[45]$/);
    const [header, first, second] = valuesOf(book, 'My Sheet');
    expect(header).toEqual(TABLE.columns.map(([name]) => name));
    expect(first).toEqual([
      ...[
        1,
        12,
        1.5,
        0.5,
        expect.stringMatching(/^张"伟" <&>_x/),
        day(2024, 2, 29),
        day(2024, 2, 29, 21, 5, 6, 500),
        true,
      ],
      ...['[1,null]', 'Af8='],
    ]);
    // Digits that Excel would drop, and dates that it counts wrongly, are texts.
    const text = ['9007199254740993', '123456789012345678.90', 'NaN', '', '1887-11-12'];
    expect(second).toEqual([-2, ...text, day(1970, 1, 1, 7, 59, 59, 999.999), false, '[]', '']);
    expect(await readdir(join(root, 'out'))).toEqual(['o.xlsx']);
  });

  test('what was written comes back', async () => {
    const { root } = await saved({});
    const { outputs } = await readFrom(new Uint8Array(await readFile(join(root, 'out/o.xlsx'))), { inferSchema: true });
    expect(outputs['']?.rows[0]?.slice(0, 8)).toEqual(
      [1n, '12', '1.5', '0.5', TABLE.rows[0][4], '2024-02-29', '2024-02-29 13:05:06.500', true].map((value, i) =>
        i === 6 ? 1709211906500000n : value,
      ),
    );
  });

  test('append adds rows below those of the sheet, and keeps all else of the workbook', async () => {
    const old = utils.book_new();
    utils.book_append_sheet(
      old,
      utils.aoa_to_sheet([
        ['name', 'day'],
        ['old', day(2000, 1, 1)],
      ]),
      'People',
    );
    utils.book_append_sheet(old, utils.aoa_to_sheet([['kept'], [{ t: 'n', v: 3, f: '1+2' }]]), 'Other');
    const files = {
      'out/o.xlsx': new Uint8Array(write(old, { type: 'buffer', bookType: 'xlsx', bookSST: true }) as Buffer),
    };
    const inputs = {
      '': {
        columns: [
          ['NAME', 'string'],
          ['day', 'date'],
        ],
        rows: [['new', 19782]],
      },
    } as const;
    const properties = { saveMode: 'append', dataAddress: "'people'!A1" };
    const { root } = await saved(properties, { files, inputs });
    const book = await readBack(root, 'out/o.xlsx');
    expect(book.SheetNames).toEqual(['People', 'Other']);
    expect(valuesOf(book, 'People')).toEqual([
      ['name', 'day'],
      ['old', day(2000, 1, 1)],
      ['new', day(2024, 2, 29)],
    ]);
    expect(book.Sheets['Other']?.['A2']).toMatchObject({ v: 3, f: '1+2' });

    const again = { 'out/o.xlsx': new Uint8Array(await readFile(join(root, 'out/o.xlsx'))) };
    const second = await saved({ ...properties, dataAddress: "'People'!" }, { files: again, inputs });
    expect(valuesOf(await readBack(second.root, 'out/o.xlsx'), 'People')).toHaveLength(4);
    const third = await saved({ ...properties, dataAddress: "'Third'!" }, { files: again, inputs });
    expect((await readBack(third.root, 'out/o.xlsx')).SheetNames).toEqual(['People', 'Other', 'Third']);
    await expect(saved({ ...properties, dataAddress: "'Other'!" }, { files: again, inputs })).rejects.toMatchObject({
      reason: 'SCHEMA_MISMATCH',
      message: "the sheet 'Other' of '/out/o.xlsx' has the columns kept, the rows have NAME, day",
    });
  });

  test('append makes a workbook where there is none, and overwrite replaces one, damaged or not', async () => {
    expect((await readBack((await saved({ saveMode: 'append' })).root, 'out/o.xlsx')).SheetNames).toEqual(['Sheet1']);
    const files = { 'out/o.xlsx': 'x' };
    expect((await readBack((await saved({}, { files })).root, 'out/o.xlsx')).SheetNames).toEqual(['Sheet1']);
    await expect(saved({ saveMode: 'append' }, { files })).rejects.toMatchObject({ reason: 'FILE_FORMAT' });
  });

  test('a sheet of an empty element and with prefixes takes rows', async () => {
    const content = await zipOf(partsWith('<x:worksheet xmlns:x="m"><x:sheetData/></x:worksheet>'));
    const inputs = { '': { columns: [['d', 'date']], rows: [[19782]] } } as const;
    const { root } = await saved({ saveMode: 'append' }, { files: { 'out/o.xlsx': content }, inputs });
    const file = new Uint8Array(await readFile(join(root, 'out/o.xlsx')));
    expect((await readFrom(file)).outputs['']).toEqual({ columns: strings('d'), rows: [['2024-02-29']] });
  });

  test('a failure leaves the workbook that was there, and no part', async () => {
    const files = { 'out/o.xlsx': workbook({ Sheet1: [['kept']] }), 'out/folder.xlsx/x': '' };
    const inputs = { '': { columns: [['t', 'string']], rows: [['x'.repeat(32_768)]] } } as const;
    const session = await openTestSession();
    const { root } = session;
    await expect(saved({}, { files, inputs, session })).rejects.toMatchObject({
      reason: 'DATA_INVALID',
      message: expect.stringContaining("column 't', cell A2"),
    });
    expect((await readdir(join(root, 'out'))).sort()).toEqual(['folder.xlsx', 'o.xlsx']);
    expect(valuesOf(await readBack(root, 'out/o.xlsx'), 'Sheet1')).toEqual([['kept']]);
    await expect(saved({ filePath: '/out/folder.xlsx' }, { session })).rejects.toMatchObject({ reason: 'FILE_EXISTS' });
    await expect(saved({ filePath: '/out/o.xls' }, { session })).rejects.toMatchObject({ reason: 'PROPERTY_INVALID' });
    await expect(saved({ dataAddress: "'a/b'!" }, { session })).rejects.toMatchObject({ reason: 'PROPERTY_INVALID' });
    await session.close();
  });
});

describe('ExcelWriteMultipleSheets', () => {
  const table = (name: string, ...values: string[]) =>
    ({ columns: [[name, 'string']], rows: values.map((value) => [value]) }) as const;
  const inputs = { 中文: table('a', 'x'), b: table('b', 'y', 'z') };
  const saved = (more: object) =>
    runStop(excelWriteMultipleSheets, { inputs, properties: { filePath: '/o.xlsx', inports: '中文, b' }, ...more });

  test('writes a sheet for each port, in the place of old ones, and keeps others', async () => {
    const files = { 'o.xlsx': workbook({ kept: [['k']], B: [['old'], ['o'], ['o'], ['o'], ['o']] }) };
    const book = await readBack((await saved({ files })).root, 'o.xlsx');
    expect(book.SheetNames).toEqual(['kept', 'B', '中文']);
    expect(valuesOf(book, 'B')).toEqual([['b'], ['y'], ['z']]);
    expect(valuesOf(book, '中文')).toEqual([['a'], ['x']]);
    const alone = await saved({ properties: { filePath: '/o.xlsx', inports: 'b,中文', header: 'false' } });
    expect((await readBack(alone.root, 'o.xlsx')).SheetNames).toEqual(['b', '中文']);
  });

  test('refuses ports and names that do not fit', async () => {
    const refused = (inports: string, reason: string) =>
      expect(saved({ properties: { filePath: '/o.xlsx', inports } })).rejects.toMatchObject({ reason });
    await refused('b', 'PORT_UNKNOWN');
    await refused('b,中文,c', 'INPUT_MISSING');
    await refused('b,中文,B', 'PROPERTY_INVALID');
    await refused('b,中文,a*', 'PROPERTY_INVALID');
  });
});
