import { SluiceError, type Column, type Value } from '@sluice/plugin-sdk';
import { daysOf, dateText, microsOf, timeText } from '../times.js';
import { quote } from './connect.js';

/** How a column of a result is taken. */
export interface ColumnReader {
  readonly column: Column;
  /** The expression to select it by, so that nothing is lost on the way. */
  readonly expression: string;
  /** Makes the engine's value of the driver's; undefined for a value that is none of the type. */
  readonly read: (value: Exclude<Cell, null>) => Value | undefined;
}

/** What SQLite's cells hold, whatever their column says. */
export type Cell = null | bigint | number | string | Uint8Array;

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/**
 * How to take a column by the type it was declared with. SQLite keeps in a cell what was put there: a value that is none
 * of the type ends the read.
 *
 * @param found the kinds of values seen in a column without a declared type, such as that of an expression
 */
export function columnReader(name: string, declared: string | null, found: ReadonlySet<string>): ColumnReader {
  const make = (type: string, read: ColumnReader['read'], expression = quote(name)): ColumnReader => ({
    column: { name, type },
    expression,
    read,
  });
  const whole = make('bigint', (value) => (typeof value === 'bigint' ? value : undefined));
  const real = make('double', (value) => (typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined)); // prettier-ignore
  const bytes = make('binary', (value) => (value instanceof Uint8Array ? Uint8Array.from(value) : undefined));
  // The driver ends a text at a NUL; as bytes it comes whole.
  const text = make('string', textOf, `CAST(${quote(name)} AS BLOB)`);
  const word = (declared ?? '').toUpperCase();
  if (word === '') {
    if (found.has('blob')) return found.size === 1 ? bytes : text;
    if (found.has('text') || found.size === 0) return text;
    return found.has('real') ? real : whole;
  }
  const [, precision, scale = '0'] = /^(?:DECIMAL|NUMERIC)\w*\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)/.exec(word) ?? [];
  if (precision !== undefined && Number(precision) <= 38) {
    const type = `decimal(${precision},${scale})`;
    return make(type, (value) => decimalOf(value, Number(precision), Number(scale)));
  }
  if (word.startsWith('BOOL')) return make('boolean', booleanOf);
  if (word === 'DATE') return make('date', (value) => (typeof value === 'string' ? daysOf(value) : undefined));
  if (/^TIMESTAMPTZ|WITH TIME ZONE/.test(word)) return make('timestamp', instantOf);
  if (/^(DATETIME|TIMESTAMP)/.test(word)) {
    return make('timestamp_ntz', (value) => (typeof value === 'string' ? microsOf(value.replace('T', ' ')) : undefined)); // prettier-ignore
  }
  // SQLite's own rules of affinity.
  if (word.includes('INT')) return whole;
  if (/CHAR|CLOB|TEXT/.test(word)) return text;
  if (word.includes('BLOB')) return bytes;
  if (/REAL|FLOA|DOUB/.test(word)) return real;
  return text;
}

function textOf(value: Exclude<Cell, null>): Value | undefined {
  if (!(value instanceof Uint8Array)) return String(value);
  try {
    return UTF8.decode(value);
  } catch {
    return undefined;
  }
}

function booleanOf(value: Exclude<Cell, null>): Value | undefined {
  if (value === 1n || value === 0n) return value === 1n;
  if (typeof value === 'string' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
  return undefined;
}

function decimalOf(value: Exclude<Cell, null>, precision: number, scale: number): Value | undefined {
  if (value instanceof Uint8Array) return undefined;
  const [, sign = '', whole = '', fraction = ''] = /^(-?)0*(\d*)(?:\.(\d*?)0*)?$/.exec(String(value)) ?? [];
  if (whole + fraction === '' && !/\d/.test(String(value))) return undefined;
  if (!/^-?[\d.]+$/.test(String(value)) || whole.length > precision - scale || fraction.length > scale)
    return undefined;
  const digits = fraction.padEnd(scale, '0');
  return `${/[1-9]/.test(whole + digits) ? sign : ''}${whole === '' ? '0' : whole}${scale === 0 ? '' : `.${digits}`}`;
}

function instantOf(value: Exclude<Cell, null>): Value | undefined {
  if (typeof value !== 'string') return undefined;
  const [, text = '', zone = ''] = /^(.*?)\s*(Z|\+00(?::?00)?)?$/.exec(value.replace('T', ' ')) ?? [];
  return zone === '' ? undefined : microsOf(text);
}

/** The declared type of a new table's column; undefined for what SQLite has no place for. */
export function columnType(type: string): string | undefined {
  const word = /^[a-z_]+/.exec(type.toLowerCase())?.[0] ?? '';
  switch (word) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
      return 'BIGINT';
    case 'float':
    case 'double':
      return 'DOUBLE';
    // By SQLite's rules a DECIMAL would become a double; the word TEXT keeps its digits.
    case 'decimal':
      return type.toUpperCase().replace('DECIMAL', 'DECIMAL_TEXT');
    case 'boolean':
      return 'BOOLEAN';
    case 'date':
      return 'DATE';
    case 'timestamp':
      return 'TIMESTAMPTZ';
    case 'timestamp_ntz':
      return 'DATETIME';
    case 'binary':
      return 'BLOB';
    case 'string':
    case 'varchar':
    case 'char':
      return 'TEXT';
    default:
      return undefined;
  }
}

/** What is put into a cell for a value of a type; undefined where SQLite cannot keep it. */
export function cellOf(type: string, value: Exclude<Value, null>): Cell | undefined {
  if (type === 'boolean') return value === true ? 1n : 0n;
  if (type === 'date') return dateText(value as number);
  if (type === 'timestamp_ntz') return timeText(value as bigint);
  if (type === 'timestamp') {
    const text = timeText(value as bigint);
    return text === undefined ? undefined : `${text}+00:00`;
  }
  if (type === 'float' || type === 'double') return Number.isNaN(value) ? undefined : (value as number);
  if (typeof value === 'number') return BigInt(value);
  return value as Cell;
}

/** A value that is none of its column's type. */
export function noValue(column: Column, value: Cell): SluiceError {
  const shown = value instanceof Uint8Array ? 'bytes' : `'${String(value).slice(0, 60)}'`;
  const message = `column '${column.name}': ${shown} is no ${column.type}; cast the column in the query, or mend the row`;
  return new SluiceError('DATA_INVALID', message, { details: { column: column.name } });
}
