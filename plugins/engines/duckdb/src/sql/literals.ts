import { storedType } from './duckdb-types.js';
import { farDate } from './natives/calendar.js';
import { javaDouble } from './natives/java-numbers.js';
import { parseDate, parseInstant, parseWall } from './natives/read-times.js';
import { offsetOf } from './natives/zones.js';
import { quoteLiteral } from './quote.js';
import type { Scope } from './scope.js';
import type { LiteralNode, TypedLiteralNode } from './tree.js';
import { typed, type Typed } from './typed.js';
import { BINARY, DATE, TIME, TIMESTAMP, TIMESTAMP_NTZ, type SparkType } from './types.js';

/** A literal of the text. */
export function literal(node: LiteralNode): Typed {
  const { type, value, at } = node;
  return constant(type, value, at);
}

/** A value written into the query. */
export function constant(type: SparkType, value: string | boolean | null, at: number): Typed {
  return typed([], { sql: literalSql(type, value), type, label: literalLabel(type, value), at, literal: value });
}

/** DuckDB's text of a literal. */
export function literalSql(type: SparkType, value: string | boolean | null): string {
  if (value === null) return type.kind === 'void' ? 'NULL' : `CAST(NULL AS ${storedType(type)})`;
  if (typeof value === 'boolean') return String(value);
  switch (type.kind) {
    case 'string':
      return quoteLiteral(value);
    case 'int':
      return value.startsWith('-') ? `CAST(${value} AS INTEGER)` : value;
    case 'double':
    case 'float':
      // As a decimal a zero would lose its sign, and a long fraction its last digit.
      return `CAST(${/^\d{1,9}$/.test(value) ? value : `'${value}'`} AS ${storedType(type)})`;
    default:
      return `CAST(${quoteLiteral(value)} AS ${storedType(type)})`;
  }
}

function literalLabel(type: SparkType, value: string | boolean | null): string {
  if (value === null) return 'NULL';
  if (typeof value === 'boolean') return String(value);
  if (type.kind === 'double') return javaDouble(Number(value));
  if (type.kind === 'float') return javaDouble(Number(value), true);
  return /^-?\d/.test(value) && type.kind !== 'string' ? value.replace(/^(-?)0+(?=\d)/, '$1') : value;
}

/** `DATE '...'`, `TIMESTAMP '...'`, `X'...'`: the text must be a value of the type. */
export function typedLiteral(scope: Scope, node: TypedLiteralNode): Typed {
  const { word, text, at } = node;
  const zone = scope.session.options.zone;
  const fail = (): Error =>
    scope.fail(
      at,
      'SQL_SYNTAX',
      `'${text}' is no ${word === 'X' ? 'binary value' : word.toLowerCase()} (INVALID_TYPED_LITERAL)`,
    );
  if (word === 'X') {
    if (!/^[0-9a-fA-F]*$/.test(text)) throw fail();
    const hex = (text.length % 2 === 1 ? `0${text}` : text).toUpperCase();
    return typed([], { sql: `unhex('${hex}')`, type: BINARY, label: `X'${hex}'`, at, literal: hex });
  }
  if (word === 'DATE') {
    const days = parseDate(text.trim());
    if (days === undefined) throw fail();
    const shown = farDate(days);
    // DuckDB writes years beyond these in another way.
    const isNear = /^\d{4}-/.test(shown) && !shown.startsWith('0000');
    const sql = isNear ? `CAST('${shown}' AS DATE)` : `(CAST('1970-01-01' AS DATE) + CAST(${days} AS INTEGER))`;
    return typed([], { sql, type: DATE, label: `DATE '${shown}'`, at, literal: shown });
  }
  if (word === 'TIME') {
    const match = /^(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,6}))?)?$/.exec(text.trim());
    if (!match || Number(match[1]) > 23 || Number(match[2]) > 59 || Number(match[3] ?? 0) > 59) throw fail();
    const pad = (part: string | undefined): string => (part ?? '0').padStart(2, '0');
    const fraction = (match[4] ?? '').replace(/0+$/, '');
    const shown = `${pad(match[1])}:${pad(match[2])}:${pad(match[3])}${fraction === '' ? '' : `.${fraction}`}`;
    return typed([], { sql: `CAST('${shown}' AS TIME)`, type: TIME, label: `TIME '${shown}'`, at, literal: shown });
  }
  const zoned = word !== 'TIMESTAMP_NTZ';
  const micros = zoned ? parseInstant(text.trim(), zone) : parseWall(text.trim());
  if (micros === undefined) throw fail();
  const type = zoned ? TIMESTAMP : TIMESTAMP_NTZ;
  const wall = wallText(micros, zone, zoned);
  const sql = zoned ? `make_timestamptz(${micros})` : `make_timestamp(${micros})`;
  return typed([], {
    sql,
    type,
    label: `${word === 'TIMESTAMP_LTZ' ? 'TIMESTAMP' : word} '${wall}'`,
    at,
    literal: String(micros),
  });
}

/** The text of a timestamp in the session's zone, its fraction without trailing zeros. */
function wallText(micros: bigint, zone: string, zoned: boolean): string {
  const seconds = micros >= 0n ? micros / 1_000_000n : -((-micros + 999_999n) / 1_000_000n);
  const fraction = String(micros - seconds * 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '');
  const date = new Date(Number(seconds) * 1000 + (zoned ? offsetOf(zone, Number(seconds) * 1000) : 0));
  const pad = (n: number): string => String(n).padStart(2, '0');
  const time = `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())}`;
  return `${farDate(Math.floor(date.getTime() / 86_400_000))} ${time}${fraction === '' ? '' : `.${fraction}`}`;
}
