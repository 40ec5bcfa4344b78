import { wallClock } from '../instants.js';
import { type Typed } from '../typed.js';
import { decimal, INT, isInterval, TINYINT, typeText, type SparkType } from '../types.js';
import { scalar, type Call, type FunctionRow } from './row.js';

export const zoneOf = (call: Call): string => call.scope.session.options.zone;

/** The wall clock of a date, a timestamp in the session's zone, or a timestamp without one. */
export function wall(call: Call, index = 0): string {
  const type = call.args[index]?.type.kind;
  return type === 'timestamp' ? wallClock(call.sql(index), zoneOf(call)) : call.sql(index);
}

/** A part of a date: strings and timestamps are read as dates. */
export const part = (name: string, form: string, aliases: readonly string[] = []): FunctionRow =>
  scalar(`${name}(date date) -> int`, `CAST(${form} AS INTEGER)`, { aliases });

/** A part of a time of day. */
export const time = (name: string, form: (wall: string) => string): FunctionRow =>
  scalar(`${name}(time timestamp|timestamp_ntz) -> int`, (call) => `CAST(${form(wall(call))} AS INTEGER)`);

const FIELDS: Readonly<Record<string, string>> = {};

const alias = (field: string, names: string): void => {
  for (const name of names.split(' ')) (FIELDS as Record<string, string>)[name] = field;
};

alias('YEAR', 'YEAR Y YEARS YR YRS');

alias('YEAROFWEEK', 'YEAROFWEEK');

alias('QUARTER', 'QUARTER QTR');

alias('MONTH', 'MONTH MON MONS MONTHS');

alias('WEEK', 'WEEK W WEEKS');

alias('DAY', 'DAY D DAYS');

alias('DAYOFWEEK', 'DAYOFWEEK DOW');

alias('DAYOFWEEK_ISO', 'DAYOFWEEK_ISO DOW_ISO');

alias('DOY', 'DOY');

alias('HOUR', 'HOUR H HOURS HR HRS');

alias('MINUTE', 'MINUTE M MIN MINS MINUTES');

alias('SECOND', 'SECOND S SEC SECONDS SECS');

const DATE_FORMS: Readonly<Record<string, string>> = {
  YEAR: 'year($)',
  YEAROFWEEK: 'isoyear($)',
  QUARTER: 'quarter($)',
  MONTH: 'month($)',
  WEEK: 'week($)',
  DAY: 'day($)',
  DAYOFWEEK: '(dayofweek($) + 1)',
  DAYOFWEEK_ISO: 'isodow($)',
  DOY: 'dayofyear($)',
  HOUR: 'hour($)',
  MINUTE: 'minute($)',
};

const SECONDS = (text: string): string =>
  `CAST((epoch_us(${text}) % 60000000 + 60000000) % 60000000 AS DECIMAL(18,0)) * CAST('0.000001' AS DECIMAL(6,6))`;

/** extract(FIELD FROM source), date_part('field', source). */
export function extract(call: Call): string {
  const field = fieldOf(call);
  const [, source] = call.args;
  if (!source) return 'NULL';
  if (isInterval(source.type)) return intervalPart(call, source, field);
  const text = wall(call, 1);
  const timed = source.type.kind === 'date' ? `CAST(${text} AS TIMESTAMP)` : text;
  if (field === 'SECOND') return `CAST(${SECONDS(timed)} AS DECIMAL(8,6))`;
  return `CAST(${(DATE_FORMS[field] ?? 'year($)').replace('$', timed)} AS INTEGER)`;
}

function fieldOf(call: Call): string {
  const name = call.args[0]?.literal;
  const field = typeof name === 'string' ? FIELDS[name.toUpperCase()] : undefined;
  if (field === undefined)
    throw call.scope.fail(call.at, 'SQL_ANALYSIS', `'${String(name)}' is no field of a date (INVALID_EXTRACT_FIELD)`);
  return field;
}

function intervalPart(call: Call, source: Typed, field: string): string {
  const total = `epoch_us(${source.sql})`;
  const months = `(datepart('year', ${source.sql}) * 12 + datepart('month', ${source.sql}))`;
  const forms: Readonly<Record<string, string>> =
    source.type.kind === 'year-month'
      ? { YEAR: `CAST(${months} // 12 AS INTEGER)`, MONTH: `CAST(${months} - (${months} // 12) * 12 AS TINYINT)` }
      : {
          DAY: `CAST(trunc(${total} / 86400000000) AS INTEGER)`,
          HOUR: `CAST((${total} // 3600000000) % 24 AS TINYINT)`,
          MINUTE: `CAST((${total} // 60000000) % 60 AS TINYINT)`,
          SECOND: `CAST(CAST(${total} % 60000000 AS DECIMAL(18,0)) * CAST('0.000001' AS DECIMAL(6,6)) AS DECIMAL(8,6))`,
        };
  const form = forms[field];
  if (form === undefined)
    throw call.scope.fail(
      call.at,
      'SQL_ANALYSIS',
      `'${field}' is no field of ${typeText(source.type)} (INVALID_EXTRACT_FIELD)`,
    );
  return form;
}

export function extractType(args: readonly Typed[]): SparkType {
  const name = String(args[0]?.literal ?? '').toUpperCase();
  const field = FIELDS[name];
  const source = args[1]?.type;
  if (field === 'SECOND') return decimal(8, 6);
  if (source?.kind === 'year-month') return field === 'MONTH' ? TINYINT : INT;
  if (source?.kind === 'day-time') return field === 'DAY' ? INT : TINYINT;
  return INT;
}
