import { Cursor } from './cursor.js';
import {
  array,
  DAY_TIME_FIELDS,
  decimal,
  map,
  struct,
  YEAR_MONTH_FIELDS,
  type IntervalField,
  type SimpleKind,
  type SparkType,
  type StructField,
} from './types.js';

const NAMES: Readonly<Record<string, SimpleKind>> = {
  VOID: 'void',
  BOOLEAN: 'boolean',
  TINYINT: 'tinyint',
  BYTE: 'tinyint',
  SMALLINT: 'smallint',
  SHORT: 'smallint',
  INT: 'int',
  INTEGER: 'int',
  BIGINT: 'bigint',
  LONG: 'bigint',
  FLOAT: 'float',
  REAL: 'float',
  DOUBLE: 'double',
  STRING: 'string',
  BINARY: 'binary',
  DATE: 'date',
  TIMESTAMP: 'timestamp',
  TIMESTAMP_LTZ: 'timestamp',
  TIMESTAMP_NTZ: 'timestamp_ntz',
  TIME: 'time',
};

/** A type in Spark's words, such as `decimal(10,2)` or `array<string>`; SQL_SYNTAX when they name none. */
export function parseType(text: string): SparkType {
  const known = cache.get(text);
  if (known) return known;
  const cursor = new TypeCursor(text);
  const type = readType(cursor);
  if (cursor.token.kind !== 'end') throw cursor.unexpected('the end of the type');
  cache.set(text, type);
  return type;
}
const cache = new Map<string, SparkType>();

/** Columns as DDL writes them: `a INT, b STRUCT<c: STRING>`, for schemas of JSON and CSV functions. */
export function parseSchema(text: string): StructField[] {
  const cursor = new TypeCursor(text);
  const fields = cursor.list(() => readField(cursor));
  if (cursor.token.kind !== 'end') throw cursor.unexpected("',' or the end of the schema");
  return fields;
}

const schemas = new Map<string, SparkType>();

/** A schema as DDL writes it: a type, or columns. */
export function schemaOf(text: string): SparkType {
  let type = schemas.get(text);
  if (!type) {
    type = isType(text) ? parseType(text) : { kind: 'struct', fields: parseSchema(text) };
    schemas.set(text, type);
  }
  return type;
}

const isType = (text: string): boolean => /^\s*(?:(?:array|map|struct)\s*<|\w+\s*$)/i.test(text);

class TypeCursor extends Cursor {
  constructor(text: string) {
    super(text, (cursor) => {
      throw cursor.unexpected('a type');
    });
  }
}

/** Reads a type at the cursor. */
export function readType(cursor: Cursor): SparkType {
  return cursor.nested(() => {
    const token = cursor.token;
    const key = token.kind === 'word' ? token.key : '';
    if (key === 'ARRAY' || key === 'MAP' || key === 'STRUCT') {
      cursor.next();
      return readNested(cursor, key);
    }
    if (key === 'INTERVAL') {
      cursor.next();
      return readInterval(cursor);
    }
    if (key === 'DECIMAL' || key === 'DEC' || key === 'NUMERIC') {
      cursor.next();
      return readDecimal(cursor);
    }
    if (key === 'TIMESTAMP' && cursor.peek(1).key === 'WITHOUT') {
      cursor.next();
      cursor.expect('WITHOUT', 'TIME', 'ZONE');
      return { kind: 'timestamp_ntz' };
    }
    if (key === 'CHAR' || key === 'CHARACTER' || key === 'VARCHAR') {
      cursor.next();
      cursor.inParentheses(() => cursor.integer('a length'));
      return { kind: 'string' };
    }
    const kind = NAMES[key];
    if (!kind) throw cursor.unexpected('a type such as INT, STRING or DECIMAL(10,2)');
    cursor.next();
    if (kind === 'time' && cursor.is('(')) cursor.inParentheses(() => cursor.integer('a precision'));
    return { kind };
  });
}

function readNested(cursor: Cursor, key: 'ARRAY' | 'MAP' | 'STRUCT'): SparkType {
  if (key === 'STRUCT' && cursor.accept('<>')) return struct([]);
  cursor.expect('<');
  if (key === 'STRUCT') {
    const fields = cursor.is('>') ? [] : cursor.list(() => readField(cursor));
    closeAngle(cursor);
    return struct(fields);
  }
  const first = readType(cursor);
  if (key === 'ARRAY') {
    closeAngle(cursor);
    return array(first);
  }
  cursor.expect(',');
  const value = readType(cursor);
  closeAngle(cursor);
  return map(first, value);
}

/** The cursors in which the first half of a `>>` was taken, with the number of closing brackets still owed to it. */
const owed = new WeakMap<Cursor, { position: number; taken: number }>();

/** Closes one `<`. `array<array<int>>` ends with one token, `>>`, that closes two. */
function closeAngle(cursor: Cursor): void {
  const key = cursor.token.key;
  if (key === '>') {
    cursor.next();
    return;
  }
  if (key !== '>>' && key !== '>>>') throw cursor.unexpected("'>'");
  const state = owed.get(cursor);
  const taken = state?.position === cursor.position ? state.taken + 1 : 1;
  if (taken === key.length) {
    owed.delete(cursor);
    cursor.next();
  } else owed.set(cursor, { position: cursor.position, taken });
}

function readField(cursor: Cursor): StructField {
  // Fields of arrays_zip have numbers for names.
  const name = cursor.token.kind === 'number' ? cursor.next().value : cursor.name('a field name');
  cursor.accept(':');
  const type = readType(cursor);
  if (cursor.accept('NOT')) cursor.expect('NULL');
  if (cursor.accept('COMMENT')) cursor.string();
  return { name, type };
}

function readDecimal(cursor: Cursor): SparkType {
  if (!cursor.accept('(')) return decimal(10, 0);
  const precision = cursor.integer('a precision');
  const scale = cursor.accept(',') ? cursor.integer('a scale') : 0;
  cursor.expect(')');
  if (precision < 1 || precision > 38 || scale > precision) {
    throw cursor.error(
      'SQL_ANALYSIS',
      `DECIMAL(${precision},${scale}) is no type: 1 <= precision <= 38, scale <= precision`,
    );
  }
  return decimal(precision, scale);
}

function readInterval(cursor: Cursor): SparkType {
  const start = cursor.token.key.toLowerCase();
  const yearMonth = (YEAR_MONTH_FIELDS as readonly string[]).indexOf(start);
  const dayTime = (DAY_TIME_FIELDS as readonly string[]).indexOf(start);
  if (yearMonth < 0 && dayTime < 0) return { kind: 'interval' };
  cursor.next();
  const fields: readonly string[] = yearMonth >= 0 ? YEAR_MONTH_FIELDS : DAY_TIME_FIELDS;
  const from = Math.max(yearMonth, dayTime);
  let to = from;
  if (cursor.accept('TO')) {
    to = fields.indexOf(cursor.token.key.toLowerCase());
    if (to <= from) throw cursor.unexpected(`a field after ${start.toUpperCase()}`);
    cursor.next();
  }
  return { kind: yearMonth >= 0 ? 'year-month' : 'day-time', from: from as IntervalField, to: to as IntervalField };
}
