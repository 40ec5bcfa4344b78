import { quoteName, SluiceError, type Column, type Dataset, type Engine, type Value } from '@sluice/plugin-sdk';
import { columnLetters, MOST_COLUMNS, MOST_ROWS } from './address.js';
import { serialOf } from './values.js';
import { xmlText } from './xml.js';

/** The numbers of the styles for dates and for moments. */
export interface DateStyles {
  readonly date: number;
  readonly moment: number;
}

/** Where rows go in a sheet; row and column count from 0. */
export interface Place {
  readonly row: number;
  readonly column: number;
  readonly header: boolean;
  readonly styles: DateStyles;
  /** What stands before the names of the sheet's elements, such as `x:`. */
  readonly prefix: string;
  readonly is1904: boolean;
}

/** Characters that a cell takes, and digits that its numbers keep. */
const LONGEST = 32_767;
const DIGITS = 15;

type Kind = 'number' | 'numberText' | 'boolean' | 'date' | 'moment' | 'text';

/** Rows as the XML of a sheet's rows, a batch at a time. */
export async function* rowsXml(engine: Engine, input: Dataset, place: Place): AsyncGenerator<string> {
  const { columns } = input;
  if (place.column + columns.length > MOST_COLUMNS) {
    throw new SluiceError('SCHEMA_MISMATCH', `a sheet has ${MOST_COLUMNS} columns; ${columns.length} do not fit`);
  }
  const letters = columns.map((_, c) => columnLetters(place.column + c));
  const kinds = columns.map(kindOf);
  const items = columns.map((column, c) => sqlOf(column, kinds[c] ?? 'text'));
  const rows = await engine.sql(`SELECT ${items.join(', ')} FROM input`, { input });
  const { prefix } = place;
  let number = place.row;
  const rowXml = (values: readonly Value[], as: readonly Kind[]): string => {
    if (number >= MOST_ROWS) {
      throw new SluiceError('DATA_INVALID', `a sheet has ${MOST_ROWS} rows; there are more to write`);
    }
    number++;
    const cells = values.map((value, c) => {
      const where = { at: `${letters[c] ?? ''}${number}`, name: columns[c]?.name ?? '' };
      return value === null ? '' : cellXml(value, as[c] ?? 'text', where, place);
    });
    return `<${prefix}row r="${number}">${cells.join('')}</${prefix}row>`;
  };
  if (place.header) {
    yield rowXml(
      columns.map(({ name }) => name),
      columns.map(() => 'text'),
    );
  }
  for await (const { length, columns: vectors } of rows.batches()) {
    let xml = '';
    for (let r = 0; r < length; r++) {
      xml += rowXml(
        vectors.map((vector) => vector[r] ?? null),
        kinds,
      );
    }
    yield xml;
  }
}

function kindOf({ type }: Column): Kind {
  if (/^(tinyint|smallint|int|double)$/.test(type)) return 'number';
  if (/^(bigint|float|decimal)\b/.test(type)) return 'numberText';
  if (type === 'boolean' || type === 'date') return type;
  return /^timestamp/.test(type) ? 'moment' : 'text';
}

/** What the engine makes of a column before it is written; moments are shown in the time zone of the run. */
function sqlOf({ name, type }: Column, kind: Kind): string {
  const quoted = quoteName(name);
  const as = (sql: string): string => `${sql} AS ${quoted}`;
  if (kind === 'moment') return as(`CAST(${quoted} AS TIMESTAMP_NTZ)`);
  if (kind === 'numberText') return as(`CAST(${quoted} AS STRING)`);
  if (kind !== 'text' || type === 'string') return quoted;
  if (type === 'binary') return as(`base64(${quoted})`);
  return as(/^(array|map|struct)\b/.test(type) ? `to_json(${quoted})` : `CAST(${quoted} AS STRING)`);
}

interface Where {
  readonly at: string;
  /** The column's name, for messages. */
  readonly name: string;
}

function cellXml(value: Value, kind: Kind, where: Where, place: Place): string {
  const { prefix, styles, is1904 } = place;
  const plain = (text: string, more = ''): string =>
    `<${prefix}c r="${where.at}"${more}><${prefix}v>${text}</${prefix}v></${prefix}c>`;
  const text = (given: string): string => {
    if (given.length > LONGEST) {
      const message = `column '${where.name}', cell ${where.at}: a cell takes ${LONGEST} characters, the text has ${given.length}`;
      throw new SluiceError('DATA_INVALID', message);
    }
    const inner = `<${prefix}is><${prefix}t xml:space="preserve">${xmlText(given)}</${prefix}t></${prefix}is>`;
    return `<${prefix}c r="${where.at}" t="inlineStr">${inner}</${prefix}c>`;
  };
  switch (kind) {
    case 'number':
      return Number.isFinite(value) ? plain(String(value)) : text(String(value));
    case 'numberText':
      // A number with more digits would lose some: it is written as text.
      return isExact(String(value)) ? plain(String(value)) : text(String(value));
    case 'boolean':
      return plain(value === true ? '1' : '0', ' t="b"');
    case 'date': {
      const serial = serialOf(Number(value) * 86_400_000, is1904);
      return serial === undefined ? text(dayText(Number(value))) : plain(String(serial), ` s="${styles.date}"`);
    }
    case 'moment': {
      const micros = value as bigint;
      const serial = serialOf(Number(micros) / 1000, is1904);
      return serial === undefined ? text(momentText(micros)) : plain(String(serial), ` s="${styles.moment}"`);
    }
    case 'text':
      return text(value as string);
  }
}

function isExact(text: string): boolean {
  if (!/^-?\d/.test(text)) return false;
  return text.replace(/E.*$/, '').replace(/\D/g, '').replace(/^0+/, '').length <= DIGITS;
}

function dayText(days: number): string {
  return new Date(days * 86_400_000).toISOString().split('T')[0] ?? '';
}

function momentText(micros: bigint): string {
  const iso = new Date(Number(micros / 1000n)).toISOString();
  return iso.replace('T', ' ').replace(/(\.000)?Z$/, '');
}
