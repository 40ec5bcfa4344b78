import type { Random } from '../random.js';

/** A file as a user may bring it, with the options that it is read with. */
export interface NastyFile {
  readonly format: 'csv' | 'json';
  readonly text: string;
  readonly options: Readonly<Record<string, string>>;
  /** The columns as DDL, where they are given. */
  readonly schema: string | undefined;
}

/** Cells of CSV files, by what they are meant to be. */
const CELLS: Readonly<Record<string, readonly string[]>> = {
  number: [
    '1',
    '-7',
    '+3',
    '007',
    '2147483648',
    '9223372036854775808',
    '1.5',
    '1e3',
    '.5',
    '5.',
    '1,5',
    ' 4 ',
    '0x1F',
    'NaN',
    'Infinity',
    '-Infinity',
    '1_000',
    '1.0',
    '-0',
    '12345678901234567890123',
  ],
  date: [
    '2020-02-29',
    '2020-2-9',
    '31/12/2021',
    '1/2/2021',
    '2020-02-30',
    '2020',
    '2020-05',
    '20210704',
    '2020-01-01 10:00:00',
    '2020-01-01T10:00:00.123Z',
    '2020-01-01T10:00:00+08:00',
    '2020/01/01',
    '10:00:00',
    '9999-12-31',
    '0001-01-01',
    '01/13/2020 05:06',
    '31/12/2021 23:59',
  ],
  boolean: ['true', 'FALSE', 'True', 't', '1', 'yes', ' false '],
  text: [
    'a',
    'b c',
    ' padded ',
    'ünï',
    '漢字',
    '😀',
    'NULL',
    'null',
    'NA',
    '-',
    '\\N',
    '""',
    "it's",
    'a"b',
    'back\\slash',
    'tab\there',
    '#no',
    'a\\"b',
    '0',
    '\\',
  ],
};
const ODD_CELLS = [
  '"quoted"',
  '"a,b;c|d"',
  '"say ""hi"""',
  '"say \\"hi\\""',
  '"two\nlines"',
  '"open',
  'mid"quote',
  '"a"b',
  '""',
  "'single'",
  "'a,b'",
  '"end\\"',
  '" spaced "',
  '"a\\\\"',
  '"x" ',
  ' "y"',
  "'it''s'",
];
const FORMATS_OF_DATES = [undefined, undefined, 'dd/MM/yyyy', 'yyyy-MM-dd', 'd/M/yyyy', 'yyyyMMdd'];
const FORMATS_OF_TIMES = [undefined, undefined, 'yyyy-MM-dd HH:mm:ss', 'dd/MM/yyyy HH:mm', "yyyy-MM-dd'T'HH:mm:ssXXX"];

const TYPES = [
  'INT',
  'BIGINT',
  'DOUBLE',
  'STRING',
  'DATE',
  'TIMESTAMP',
  'BOOLEAN',
  'DECIMAL(6,2)',
  'SMALLINT',
  'FLOAT',
];

function set(options: Record<string, string>, name: string, value: string | undefined): void {
  if (value !== undefined) options[name] = value;
}

/** A CSV file with cells of one kind a column, some of them at odds with it. */
export function nastyCsv(r: Random): NastyFile {
  const options: Record<string, string> = {};
  const delimiter = r.pick([',', ',', ',', ';', '\t', '|', '::']);
  if (delimiter !== ',') options['sep'] = delimiter;
  set(options, 'header', r.pick(['true', 'true', 'false', undefined]));
  set(options, 'quote', r.pick([undefined, undefined, undefined, "'"]));
  set(options, 'escape', r.pick([undefined, undefined, '"']));
  set(options, 'nullValue', r.pick([undefined, undefined, 'NA', '-', 'null', '\\N']));
  set(options, 'mode', r.pick([undefined, 'PERMISSIVE', 'DROPMALFORMED', 'FAILFAST']));
  set(options, 'multiLine', r.pick([undefined, 'true']));
  set(options, 'dateFormat', r.pick(FORMATS_OF_DATES));
  set(options, 'timestampFormat', r.pick(FORMATS_OF_TIMES));
  set(options, 'ignoreLeadingWhiteSpace', r.pick([undefined, undefined, 'true']));
  set(options, 'ignoreTrailingWhiteSpace', r.pick([undefined, undefined, 'true']));
  set(options, 'comment', r.pick([undefined, undefined, undefined, '#']));
  const width = 1 + r.below(4);
  const kinds = Array.from({ length: width }, () => r.pick(Object.keys(CELLS)));
  const cell = (kind: string): string =>
    r.chance(0.1) ? '' : r.chance(0.12) ? r.pick(ODD_CELLS) : r.pick(CELLS[r.chance(0.9) ? kind : 'text'] ?? []);
  const plain = r.chance(0.4);
  // One kind of cell a column, as in most files, so that types are found.
  const steady = kinds.map((kind) => r.pick(CELLS[kind] ?? []));
  const lines = Array.from({ length: r.below(6) }, () => {
    const count = r.chance(0.08) ? Math.max(1, width + r.below(3) - 1) : width;
    return Array.from({ length: count }, (_, i) => (plain ? (steady[i] ?? '') : cell(kinds[i] ?? 'text'))).join(
      delimiter,
    );
  });
  if (r.chance(0.1)) lines.splice(r.below(lines.length + 1), 0, r.pick(['', '   ', '#comment', delimiter]));
  const head = r
    .pick([
      ['a', 'b', 'c', 'd'],
      ['id', 'Name', 'the day', 'x'],
      ['a', 'a', '', 'B'],
      ['', 'b', ' c ', 'd'],
    ])
    .slice(0, width);
  const all = options['header'] === 'true' ? [head.join(delimiter), ...lines] : lines;
  const end = r.pick(['\n', '\n', '\r\n']);
  const text = `${r.chance(0.05) ? '\ufeff' : ''}${all.join(end)}${r.chance(0.8) ? end : ''}`;
  if (r.chance(0.5)) {
    const schema = Array.from(
      { length: r.chance(0.85) ? width : width + r.below(3) - 1 },
      (_, i) => `c${i} ${r.pick(TYPES)}`,
    ).join(', ');
    if (schema !== '') return { format: 'csv', text, options, schema };
  }
  set(options, 'inferSchema', r.pick(['true', 'true', undefined]));
  return { format: 'csv', text, options, schema: undefined };
}

const VALUES = [
  '1',
  '-2',
  '1.5',
  '1e3',
  '0.10',
  '9223372036854775808',
  '12345678901234567890123',
  '"text"',
  '""',
  '"12"',
  '"2020-02-29"',
  '"2020-01-01 10:00:00"',
  '"31/12/2021"',
  'true',
  'false',
  'null',
  '[1,2]',
  '[]',
  '["a",null]',
  '{"x":1}',
  '{"x":"y","z":[1]}',
  '{}',
  '"漢字"',
  '"a\\nb"',
  '"\\u00fc"',
  'NaN',
  '01',
  '[{"x":1},{"x":2.5}]',
  '-0.0',
  '1.0',
];
const LINES = [
  '{"a":1',
  'nothing',
  '[1,2]',
  '12',
  '"text"',
  '{"a":1} tail',
  "{'a':1}",
  '{a:1}',
  '',
  '   ',
  '[{"a":1},{"a":2}]',
  'null',
  '{"a":1}{"a":2}',
  '{"a":1,"a":2}',
];

/** A JSON file of objects, some of whose lines are none. */
export function nastyJson(r: Random): NastyFile {
  const options: Record<string, string> = {};
  set(options, 'mode', r.pick([undefined, 'PERMISSIVE', 'DROPMALFORMED', 'FAILFAST']));
  set(options, 'primitivesAsString', r.pick([undefined, undefined, undefined, 'true']));
  set(options, 'dateFormat', r.pick(FORMATS_OF_DATES));
  set(options, 'timestampFormat', r.pick(FORMATS_OF_TIMES));
  const multiLine = r.chance(0.3);
  options['multiLine'] = String(multiLine);
  const names = ['a', 'b', 'c'];
  const kinds = names.map(() => (r.chance(0.6) ? r.pick(VALUES) : undefined));
  const object = (): string =>
    `{${names
      .filter(() => r.chance(0.85))
      .map((name, i) => `"${name}":${(r.chance(0.75) ? kinds[i] : undefined) ?? r.pick(VALUES)}`)
      .join(',')}}`;
  const objects = Array.from({ length: 1 + r.below(5) }, object);
  if (!multiLine && r.chance(0.35)) objects.splice(r.below(objects.length + 1), 0, r.pick(LINES));
  const text = multiLine
    ? r.pick([`[${objects.join(',\n  ')}]`, (objects[0] ?? '{}').replaceAll(',', ',\n')])
    : `${objects.join('\n')}${r.pick(['\n', ''])}`;
  const nested = r.pick(['STRUCT<x: INT, z: ARRAY<INT>>', 'ARRAY<INT>', 'ARRAY<STRING>', 'MAP<STRING, STRING>']);
  const schema = r.chance(0.5)
    ? names
        .slice(0, 1 + r.below(3))
        .map((name) => `${name} ${r.chance(0.25) ? nested : r.pick(TYPES)}`)
        .join(', ')
    : undefined;
  return { format: 'json', text, options, schema };
}
