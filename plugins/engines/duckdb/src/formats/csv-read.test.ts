import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { FormatOptions, Value } from '@sluice/plugin-sdk';
import { openTestSession, toTable, type TestSession } from '@sluice/plugin-sdk/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { duckdb } from '../engine.js';

let opened: TestSession;
beforeEach(async () => {
  opened = await openTestSession({ engine: duckdb });
});
afterEach(() => opened.close());

function put(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(opened.root, path)), { recursive: true });
  writeFileSync(join(opened.root, path), content);
}

async function rows(
  location: string | readonly string[],
  options?: FormatOptions,
): Promise<readonly (readonly Value[])[]> {
  return (await toTable(await opened.session.forStop('read').read('csv', location, options))).rows;
}

async function schema(location: string, options?: FormatOptions): Promise<string[]> {
  const { columns } = await opened.session.read('csv', location, options);
  return columns.map(({ name, type }) => `${name} ${type}`);
}

describe('reading CSV', () => {
  test('gives strings named by position, and NULL for empty cells, when nothing is said', async () => {
    put('a.csv', '1,x\n2,\n');
    expect(await schema('a.csv')).toEqual(['_c0 string', '_c1 string']);
    expect(await rows('a.csv')).toEqual([
      ['1', 'x'],
      ['2', null],
    ]);
  });

  test('names columns as Spark does where header cells are empty or equal', async () => {
    put('a.csv', 'A,a,,b\n1,2,3,4\n');
    expect(await schema('a.csv', { header: true })).toEqual(['A0 string', 'a1 string', '_c2 string', 'b string']);
  });

  test('takes the first line that is no blank for the header, and its names without blanks where they are ignored', async () => {
    put('a.csv', '\n  \n a ,b\n1,2\n');
    expect(await schema('a.csv', { header: true, ignoreLeadingWhiteSpace: true })).toEqual(['a  string', 'b string']);
    expect(await rows('a.csv', { header: true })).toEqual([['1', '2']]);
  });

  test('takes lines of blanks for no rows, unless records may span lines', async () => {
    put('a.csv', 'x\n   \ny\n');
    expect(await rows('a.csv')).toEqual([['x'], ['y']]);
    expect(await rows('a.csv', { multiLine: true })).toEqual([['x'], ['   '], ['y']]);
  });

  test('reads dates by the letters of the pattern, and no words', async () => {
    put('a.csv', '2020-01-05\n2020-1-5\n2020-02-30\n');
    expect(await rows('a.csv', { schema: 'd DATE', dateFormat: 'yyyy-MM-dd' })).toEqual([[18266], [null], [null]]);
    put('b.csv', '-infinity\n2020-01-05\n');
    expect(await rows('b.csv', { schema: 'd DATE' })).toEqual([[null], [18266]]);
  });

  test('leaves out rows of another length where malformed ones are dropped, whatever the types are', async () => {
    put('a.csv', 'a,b\n1\n1,x\n2,3,4\n');
    expect(await rows('a.csv', { header: true, mode: 'DROPMALFORMED', inferSchema: true })).toEqual([[1, 'x']]);
  });

  test('infers the narrowest type that all rows fit, not only the first', async () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `${i},${i},${i}`).join('\n');
    put('late.csv', `int,big,text\n${many}\n7,3000000000,x\n`);
    expect(await schema('late.csv', { header: true, inferSchema: true })).toEqual([
      'int int',
      'big bigint',
      'text string',
    ]);
    put(
      'kinds.csv',
      'i,f,b,d,t,w,year,n\n1,1.5,true,2020-01-02,2020-01-01 10:00:00,123456789012345678901,2020,\n' +
        '-2,1e5,FALSE,2020-01-03,2020-01-01T10:00:00.5Z,1,2021,\n',
    );
    expect(await schema('kinds.csv', { header: true, inferSchema: true })).toEqual([
      'i int',
      'f double',
      'b boolean',
      'd date',
      't timestamp',
      'w decimal(21,0)',
      'year int',
      'n string',
    ]);
    expect((await rows('kinds.csv', { header: true, inferSchema: true }))[1]).toEqual([
      -2,
      100_000,
      false,
      18_264,
      1_577_872_800_500_000n,
      '1',
      2021,
      null,
    ]);
  });

  test('puts NULL where cells are missing or do not fit, in mode PERMISSIVE', async () => {
    put('a.csv', 'a,b,c\n1,2,3\n4,5\n6,7,8,9\nx,"multi\nline",5\n1.5,,2\n');
    expect(await rows('a.csv', { header: true, schema: 'a int, b string, c int', multiLine: true })).toEqual([
      [1, '2', 3],
      [4, '5', null],
      [6, '7', 8],
      [null, 'multi\nline', 5],
      [null, null, 2],
    ]);
    expect(opened.events.rejected.size).toBe(0);
  });

  test('takes whole numbers that are spelled as such alone, whatever other rows hold', async () => {
    put('good.csv', 'a,b\n+1,9007199254740993\n007,-1\n');
    expect(await rows('good.csv', { header: true, schema: 'a int, b bigint' })).toEqual([
      [1, 9007199254740993n],
      [7, -1n],
    ]);
    put('mixed.csv', 'a,b\n1,1\n1.0,x\n1e3,5\n3000000000,9223372036854775808\n');
    expect(await rows('mixed.csv', { header: true, schema: 'a int, b bigint' })).toEqual([
      [1, 1n],
      [null, null],
      [null, 5n],
      [null, null],
    ]);
  });

  test('takes commas out of decimals, where a schema says that they are', async () => {
    put('a.csv', '1,5;2\n1.25;x\n');
    expect(await rows('a.csv', { sep: ';', schema: 'a decimal(6,2), b int' })).toEqual([
      ['15.00', 2],
      ['1.25', null],
    ]);
    expect(await rows('a.csv', { sep: ';', inferSchema: true })).toEqual([
      ['1,5', '2'],
      ['1.25', 'x'],
    ]);
  });

  test('tells a blank line from an empty text in the only column', async () => {
    put('a.csv', 'a\n"x"\n\n""\n  \ny\n');
    expect(await rows('a.csv', { header: true })).toEqual([['x'], [null], ['y']]);
    expect(await rows('a.csv', { header: true, nullValue: 'NA' })).toEqual([['x'], [''], ['y']]);
  });

  test('reads dates and times in every spelling that a cast reads', async () => {
    put('a.csv', '2020-05,2020\n2020-01-02T03:04:05.5Z,2020-1-2\nnow,x\n');
    expect(await rows('a.csv', { schema: 'a timestamp, b date' })).toEqual([
      [1_588_291_200_000_000n, 18_262],
      [1_577_934_245_500_000n, 18_263],
      [null, null],
    ]);
  });

  test('reads broken quotes as Spark does, and not past the line of one that is not closed', async () => {
    put('a.csv', 'a,b\n"x ""y"" z",1\n"a\\"b"c\\"d,2\nab"c"d,"e\\"f"\n"",3\n"open,4\nnext,5\n');
    expect(await rows('a.csv', { header: true })).toEqual([
      ['"x ""y"" z"', '1'],
      ['"a"b"c\\"d', '2'],
      ['ab"c"d', 'e"f'],
      [null, '3'],
      ['open,4', null],
      ['next', '5'],
    ]);
  });

  test('takes every line for a row without multiLine, whatever quotes say, also the header', async () => {
    put('a.csv', 'a,b\n1,"x, y"\n2,"two\nlines"\n3,z\n');
    expect(await rows('a.csv', { header: true })).toEqual([
      ['1', 'x, y'],
      ['2', 'two'],
      ['lines"', null],
      ['3', 'z'],
    ]);
    expect(await rows('a.csv', { header: true, inferSchema: true, multiLine: true })).toEqual([
      [1, 'x, y'],
      [2, 'two\nlines'],
      [3, 'z'],
    ]);
    put('head.csv', '"a\nb",c\n1,2\n');
    expect(await schema('head.csv', { header: true })).toEqual(['a string']);
    expect(await schema('head.csv', { header: true, multiLine: true })).toEqual(['a\nb string', 'c string']);
  });

  test('leaves blanks to cells or takes them away, but for those inside quotes, and no decimal has any', async () => {
    put('a.csv', ' x , "y" , 4 \n   \n"  ", z\t,5.25\n');
    const schema = 'a string, b string, c decimal(4,2)';
    expect(await rows('a.csv', { schema })).toEqual([
      [' x ', ' "y" ', null],
      ['  ', ' z\t', '5.25'],
    ]);
    const trimming = { schema, ignoreLeadingWhiteSpace: true, ignoreTrailingWhiteSpace: true, multiLine: true };
    expect(await rows('a.csv', trimming)).toEqual([
      ['x', 'y', '4.00'],
      ['  ', 'z', '5.25'],
    ]);
  });

  test('takes a quote that is never closed to the end of its line, or with multiLine of the file', async () => {
    put('a.csv', 'x,"open\r\ny,z\r\n');
    expect(await rows('a.csv', { schema: 'a string, b string' })).toEqual([
      ['x', 'open'],
      ['y', 'z'],
    ]);
    expect(await rows('a.csv', { schema: 'a string, b string', multiLine: true })).toEqual([['x', 'open\ny,z\n']]);
  });

  test('counts an empty cell behind the last column where rows must fit', async () => {
    put('a.csv', 'a,b,\nc,d\n');
    expect(await rows('a.csv', { schema: 'x string, y string', mode: 'DROPMALFORMED' })).toEqual([['c', 'd']]);
    put('wide.csv', 'n\n1,x\n1.5\n');
    const options = { header: true, inferSchema: true, mode: 'DROPMALFORMED', ignoreLeadingWhiteSpace: true };
    expect(await schema('wide.csv', options)).toEqual(['n double']);
  });

  test('refuses rows that do not fit in mode DROPMALFORMED and says where they are', async () => {
    put('a.csv', 'a,b,c\n1,2,3\n4,5\n6,7,8,9\nx,"multi\nline",5\n1.5,,2\n8,"y",9\n');
    const { session, events } = opened;
    const options = { header: true, schema: 'a int, b string, c int', mode: 'DROPMALFORMED', multiLine: true };
    expect(await rows('a.csv', options)).toEqual([
      [1, '2', 3],
      [8, 'y', 9],
    ]);
    expect(events.rejected).toEqual(new Map([['read', 4]]));
    const refused = await session.rejects();
    expect(refused && (await toTable(refused)).rows).toEqual([
      ['read', '/a.csv', 3n, null, 'the row has 2 cells where 3 are expected', '4,5'],
      ['read', '/a.csv', 4n, null, 'the row has 4 cells where 3 are expected', '6,7,8,9'],
      ['read', '/a.csv', 5n, 'a', "'x' is not an int", 'x,"multi\nline",5'],
      ['read', '/a.csv', 7n, 'a', "'1.5' is not an int", '1.5,,2'],
    ]);
  });

  test('fails at the first row that does not fit in mode FAILFAST, with file, line and column', async () => {
    put('a.csv', 'a,b\n1,2\nx,3\n');
    await expect(rows('a.csv', { header: true, schema: 'a int, b int', mode: 'FAILFAST' })).rejects.toMatchObject({
      reason: 'DATA_INVALID',
      details: { file: '/a.csv', line: '3', column: 'a' },
    });
  });

  test('takes delimiters of any length, also inside quotes', async () => {
    put('short.csv', 'a☔b\n1☔"x☔y"\n');
    expect(await rows('short.csv', { header: true, delimiter: '☔' })).toEqual([['1', 'x☔y']]);
    put('long.csv', 'a<sep>b\n1<sep>"x<sep>y"\n2<sep>\n');
    expect(await rows('long.csv', { header: true, delimiter: '<sep>' })).toEqual([
      ['1', 'x<sep>y'],
      ['2', null],
    ]);
    put('tab.tsv', 'a\tb\n1\t2\n');
    expect(await rows('tab.tsv', { header: true, delimiter: '\\t' })).toEqual([['1', '2']]);
  });

  test('tells an empty text in quotes from nothing, and takes other words for NULL', async () => {
    put('a.csv', 'a,b\n"",x\n,NA\n');
    expect(await rows('a.csv', { header: true, nullValue: 'NA' })).toEqual([
      ['', 'x'],
      [null, null],
    ]);
  });

  test('reads the escape character \\ and, where asked, doubled quotes', async () => {
    put('a.csv', 'a,b\n"x\\"y",1\n');
    expect(await rows('a.csv', { header: true })).toEqual([['x"y', '1']]);
    put('b.csv', 'a,b\n"x""y",1\n');
    expect(await rows('b.csv', { header: true, escape: '"' })).toEqual([['x"y', '1']]);
  });

  test('reads GBK, UTF-16, Latin-1, a byte order mark and gzip', async () => {
    put('gbk.csv', Buffer.from([0xc4, 0xe3, 0x2c, 0xba, 0xc3, 0x0a, 0x31, 0x2c, 0x32, 0x0a]));
    expect(await schema('gbk.csv', { header: true, encoding: 'GBK' })).toEqual(['你 string', '好 string']);
    expect(await rows('gbk.csv', { header: true, encoding: 'GBK' })).toEqual([['1', '2']]);
    put('utf16.csv', Buffer.from('\ufeffa,b\n1,é\n', 'utf16le'));
    expect(await rows('utf16.csv', { header: true, encoding: 'UTF-16' })).toEqual([['1', 'é']]);
    put('latin.csv', Buffer.from('a\né\n', 'latin1'));
    expect(await rows('latin.csv', { header: true, encoding: 'ISO-8859-1' })).toEqual([['é']]);
    put('bom.csv', '\ufeffa,b\n1,2\n');
    expect(await schema('bom.csv', { header: true })).toEqual(['a string', 'b string']);
    put('z.csv.gz', gzipSync('a,b\n1,2\n'));
    expect(await rows('z.csv.gz', { header: true })).toEqual([['1', '2']]);
  });

  test('says that a file is in another encoding, whether in the header or far behind it', async () => {
    put('head.csv', Buffer.from([0xc4, 0xe3, 0x0a]));
    await expect(schema('head.csv', { header: true })).rejects.toMatchObject({ reason: 'ENCODING_INVALID' });
    put('far.csv', Buffer.concat([Buffer.from(`a\n${'x\n'.repeat(200_000)}`), Buffer.from([0xc4, 0xe3, 0x0a])]));
    await expect(rows('far.csv', { header: true })).rejects.toMatchObject({ reason: 'ENCODING_INVALID' });
    await expect(schema('head.csv', { encoding: 'klingon' })).rejects.toMatchObject({ reason: 'PROPERTY_INVALID' });
  });

  test('reads folders of part files, partitions, lists and patterns', async () => {
    put('p/y=1/m=01/a.csv', 'a\n1\n');
    put('p/y=2/m=02/a.csv', 'a\n2\n');
    put('p/_SUCCESS', '');
    put('p/.hidden', 'zz');
    expect(await schema('p', { header: true })).toEqual(['a string', 'y int', 'm int']);
    expect(await rows('p', { header: true })).toEqual([
      ['1', 1, 1],
      ['2', 2, 2],
    ]);
    expect(await rows('p/y=*/*/a.csv', { header: true })).toEqual([
      ['1', 1, 1],
      ['2', 2, 2],
    ]);
    expect(await rows(['p/y=2/m=02', 'p/y=1/m=01'], { header: true })).toEqual([['2'], ['1']]);
  });

  test('says what is missing or empty, and what is near', async () => {
    put('people.csv', 'a\n1\n');
    await expect(schema('poeple.csv')).rejects.toMatchObject({ reason: 'FILE_NOT_FOUND', message: /people\.csv/ });
    put('empty.csv', '');
    await expect(schema('empty.csv')).rejects.toMatchObject({ reason: 'FILE_FORMAT' });
    expect(await rows('empty.csv', { schema: 'a int' })).toEqual([]);
    await expect(schema('people.csv', { headr: true })).rejects.toMatchObject({
      reason: 'PROPERTY_UNKNOWN',
      message: /did you mean 'header'/,
    });
  });

  test('reads dates and timestamps in a spelling of their own, and trims where asked', async () => {
    put('a.csv', 'd,t,n\n31/12/2020,01.02.2020 13:05, 7 \n');
    const options = { header: true, schema: 'd date, t timestamp, n int', ignoreLeadingWhiteSpace: true };
    const spelled = {
      ...options,
      dateFormat: 'dd/MM/yyyy',
      timestampFormat: 'dd.MM.yyyy HH:mm',
      ignoreTrailingWhiteSpace: true,
    };
    expect(await rows('a.csv', spelled)).toEqual([[18_627, 1_580_562_300_000_000n, 7]]);
  });

  test('reads quoted line ends in files that DuckDB splits among threads', async () => {
    const lines = Array.from({ length: 60_000 }, (_, i) => `${i},"line ${i}\nof two",${'x'.repeat(40)}`);
    put('big.csv', `id,text,pad\n${lines.join('\n')}\nshort\n`);
    const all = await rows('big.csv', { header: true, multiLine: true });
    expect(all).toHaveLength(60_001);
    expect(all[59_999]).toEqual(['59999', 'line 59999\nof two', 'x'.repeat(40)]);
    expect(all[60_000]).toEqual(['short', null, null]);
  });

  test('reads a word for NULL with the escape character in it, as other systems write \\N', async () => {
    put('n.csv', 'id;note\n1;\\N\n\\N;"a; \\"b\\""\n');
    const options = { header: true, delimiter: ';', nullValue: '\\N', inferSchema: true };
    expect(await rows('n.csv', options)).toEqual([
      [1, null],
      [null, 'a; "b"'],
    ]);
  });
});
