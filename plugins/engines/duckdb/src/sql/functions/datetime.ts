import { once } from '../bind.js';
import { cast, wrap } from '../casts.js';
import { storedType } from '../duckdb-types.js';
import { instantOf, isUtc, movedInstant, wallClock } from '../instants.js';
import { plusInterval } from '../intervals.js';
import { formatTime, readTime } from '../java-time.js';
import { isZone } from '../natives/zones.js';
import { quoteLiteral } from '../quote.js';
import type { Scope } from '../scope.js';
import { typed, type Typed } from '../typed.js';
import { DATE, decimal, TIMESTAMP, TIMESTAMP_NTZ, typeText, type SparkType, isNumeric } from '../types.js';
import { scalar, type Call, type FunctionRow } from './row.js';
import { extract, extractType, part, time, wall, zoneOf } from './date-parts.js';
import { made } from './make-timestamp.js';

/** A date or timestamp where the argument may be a string. */
function asTime(call: { scope: Call['scope'] }, value: Typed): Typed {
  return value.type.kind === 'string' || value.type.kind === 'void' ? cast(call.scope, value, TIMESTAMP) : value;
}

function patternOf(call: Call, index: number): string {
  const pattern = call.args[index]?.literal;
  if (typeof pattern !== 'string')
    throw call.scope.unsupported(
      call.at,
      'a date pattern that is not a literal',
      'write the pattern as a string literal',
    );
  return pattern;
}

/** A text read by a pattern, in microseconds. */
const read = (call: Call, what: Parameters<typeof readTime>[4]): string =>
  readTime(call.scope, call.sql(0), patternOf(call, 1), call.at, what);

/** With a pattern Spark takes the microseconds of a timestamp for those of its own kind, whatever the zone. */
function misread(scope: Scope, value: Typed, type: SparkType): Typed {
  const from = value.type.kind;
  if (type.kind === 'timestamp_ntz' && from !== 'timestamp_ntz') {
    const instant = cast(scope, value, TIMESTAMP);
    return { ...instant, sql: `make_timestamp(epoch_us(${instant.sql}))`, type };
  }
  if (type.kind === 'timestamp_ntz' || from !== 'timestamp_ntz') return value;
  return { ...value, sql: `make_timestamptz(epoch_us(${value.sql}))`, type: TIMESTAMP };
}

/** to_date, to_timestamp and their kin: a cast, or a text read by a pattern. */
function parsed(type: SparkType, quiet: boolean) {
  return (call: Call): string => {
    const [value] = call.args;
    if (!value) return 'NULL';
    if (call.node.args.length < 2) return cast(call.scope, value, type, quiet).sql;
    if (call.args[1]?.literal === null) return `CAST(NULL AS ${storedType(type)})`;
    if (isNumeric(value.type))
      throw call.scope.fail(call.at, 'SQL_ANALYSIS', 'a number is no text to be read by a pattern; cast it to string');
    if (value.type.kind !== 'string') return cast(call.scope, misread(call.scope, value, type), type, quiet).sql;
    const result =
      type.kind === 'date'
        ? `CAST(make_timestamp(${read(call, { wallIn: zoneOf(call) })}) AS DATE)`
        : type.kind === 'timestamp'
          ? `make_timestamptz(${read(call, 'instant')})`
          : `make_timestamp(${read(call, { wallIn: '' })})`;
    if (quiet || !call.scope.session.options.ansi) return result;
    return `CASE WHEN ${value.sql} IS NOT NULL THEN coalesce(${result}, CAST(error('[CANNOT_PARSE_TIMESTAMP] the text does not match the pattern') AS ${type.kind === 'date' ? 'DATE' : type.kind === 'timestamp' ? 'TIMESTAMPTZ' : 'TIMESTAMP'})) END`;
  };
}

const parser = (name: string, type: SparkType, quiet: boolean): FunctionRow =>
  scalar(
    `${name}(expr string|date|timestamp|timestamp_ntz${type.kind === 'timestamp' ? '|numeric' : ''}, format? string) -> ${typeText(type)}`,
    parsed(type, quiet),
    {
      label: (call) =>
        `${name}(${call.args
          .slice(0, call.node.args.length)
          .map((a) => a.label)
          .join(', ')})`,
    },
  );

const UNITS: Readonly<Record<string, string>> = {
  YEAR: 'year',
  YYYY: 'year',
  YY: 'year',
  QUARTER: 'quarter',
  MONTH: 'month',
  MM: 'month',
  MON: 'month',
  WEEK: 'week',
  DAY: 'day',
  DD: 'day',
  HOUR: 'hour',
  MINUTE: 'minute',
  SECOND: 'second',
  MILLISECOND: 'millisecond',
  MICROSECOND: 'microsecond',
};
const DATE_UNITS = new Set(['year', 'quarter', 'month', 'week']);

function unitOf(call: Call, index: number): string | undefined {
  const unit = call.args[index]?.literal;
  if (unit === null) return undefined;
  if (typeof unit !== 'string')
    throw call.scope.unsupported(
      call.at,
      'a unit that is not a literal',
      "write the unit as a literal such as 'MONTH'",
    );
  return UNITS[unit.toUpperCase()];
}

function dateTrunc(call: Call): string {
  const unit = unitOf(call, 0);
  if (unit === undefined) return 'CAST(NULL AS TIMESTAMPTZ)';
  const zone = zoneOf(call);
  const truncated = (wall: string): string => `date_trunc('${unit}', ${wall})`;
  if (!DATE_UNITS.has(unit)) return movedInstant(call.scope, call.sql(1), zone, truncated);
  return once(call.scope, call.sql(1), (x) => instantOf(truncated(wallClock(x, zone)), zone));
}

function monthsBetween(call: Call): string {
  const zone = zoneOf(call);
  // The time of day is what has passed since midnight, an hour that the clocks skip left out.
  const shown = (index: number): string => {
    if (isUtc(zone)) return `epoch_us(${call.sql(index)})`;
    return once(call.scope, call.sql(index), (x) => {
      const day = `date_trunc('day', ${wallClock(x, zone)})`;
      return `(epoch_us(${day}) + epoch_us(${x}) - epoch_us(${instantOf(day, zone)}))`;
    });
  };
  return `spark_months_between(${shown(0)}, ${shown(1)}, ${call.sql(2)})`;
}

/** A timestamp moved between zones, for from_utc_timestamp and to_utc_timestamp; the session's zone plays no part. */
function shifted(toUtc: boolean) {
  return (call: Call): string => {
    const zone = call.args[1]?.literal;
    const shown = `make_timestamp(epoch_us(${call.sql(0)}))`;
    if (typeof zone === 'string') {
      if (/^[A-Z][a-zA-Z]+\/[A-Za-z_]+$/.test(zone) && isZone(zone)) {
        const moved = toUtc ? instantOf(shown, zone) : wallClock(call.sql(0), zone);
        return `make_timestamptz(epoch_us(${moved}))`;
      }
    }
    const name = toUtc ? 'spark_instant_in' : 'spark_wall_in';
    return `make_timestamptz(${name}(epoch_us(${shown}), ${call.sql(1)}))`;
  };
}

function sequenceUnit(call: Call): { months: number } | { micros: string } | undefined {
  const units: Readonly<Record<string, number>> = { YEAR: 12, QUARTER: 3, MONTH: 1 };
  const micros: Readonly<Record<string, string>> = {
    WEEK: '604800000000',
    DAY: '86400000000',
    DAYOFYEAR: '86400000000',
    HOUR: '3600000000',
    MINUTE: '60000000',
    SECOND: '1000000',
    MILLISECOND: '1000',
    MICROSECOND: '1',
  };
  const unit = String(call.args[0]?.literal ?? '').toUpperCase();
  if (unit in units) return { months: units[unit] ?? 1 };
  return unit in micros ? { micros: micros[unit] ?? '1' } : undefined;
}

function timestampAdd(call: Call): string {
  const unit = sequenceUnit(call);
  const [, amount, when] = call.args;
  if (!unit || !amount || !when)
    throw call.scope.fail(call.at, 'SQL_ANALYSIS', 'timestampadd(unit, quantity, timestamp): the unit is not known');
  const months = 'months' in unit;
  const days = !months && Number(unit.micros) % 86_400_000_000 === 0;
  const sql = months
    ? `to_months(CAST(${amount.sql} * ${unit.months} AS INTEGER))`
    : days
      ? `to_days(CAST(${amount.sql} * ${Number(unit.micros) / 86_400_000_000} AS INTEGER))`
      : `to_microseconds(CAST(${amount.sql} AS BIGINT) * ${unit.micros})`;
  // Days keep the time of day, as Spark's timestampadd does.
  const kind: SparkType = months
    ? { kind: 'year-month', from: 0, to: 1 }
    : days
      ? { kind: 'interval' }
      : { kind: 'day-time', from: 0, to: 3 };
  const interval = typed([amount], { sql, type: kind, label: '', at: call.at });
  return plusInterval(
    call.scope,
    cast(call.scope, when, when.type.kind === 'timestamp_ntz' ? TIMESTAMP_NTZ : TIMESTAMP),
    interval,
    '+',
    call.at,
  ).sql;
}

function timestampDiff(call: Call): string {
  const unit = sequenceUnit(call);
  if (!unit) throw call.scope.fail(call.at, 'SQL_ANALYSIS', 'timestampdiff(unit, start, end): the unit is not known');
  const [a, b] = [wall(call, 1), wall(call, 2)];
  if ('months' in unit) return `spark_whole_months(epoch_us(${a}), epoch_us(${b})) // ${unit.months}`;
  return `CAST((epoch_us(${b}) - epoch_us(${a})) // ${unit.micros} AS BIGINT)`;
}

const now = (name: string, form: (call: Call) => string, type: string, aliases: readonly string[] = []): FunctionRow =>
  scalar(`${name}() -> ${type}`, form, { untried: true, aliases });

const dtInterval = (call: Call): string => {
  const seconds = cast(call.scope, call.args[3] as Typed, decimal(18, 6)).sql;
  const micros = `CAST(trunc(${seconds} * 1000000) AS BIGINT)`;
  return `to_microseconds(((CAST(${call.sql(0)} AS BIGINT) * 24 + ${call.sql(1)}) * 60 + ${call.sql(2)}) * 60000000 + ${micros})`;
};

export const ROWS: readonly FunctionRow[] = [
  part('year', 'year($1)'),
  part('quarter', 'quarter($1)'),
  part('month', 'month($1)'),
  part('day', 'day($1)', ['dayofmonth']),
  part('dayofweek', 'dayofweek($1) + 1'),
  part('dayofyear', 'dayofyear($1)'),
  part('weekday', 'isodow($1) - 1'),
  part('weekofyear', 'week($1)'),
  time('hour', (text) => `hour(${text})`),
  time('minute', (text) => `minute(${text})`),
  time('second', (text) => `second(${text})`),
  scalar('dayname(date date) -> string', "strftime($1, '%a')"),
  scalar('monthname(date date) -> string', "strftime($1, '%b')"),
  scalar('extract(field string, source date|timestamp|timestamp_ntz|day-time|year-month) -> int', extract, {
    result: extractType,
    label: ({ args }) => `extract(${args[0]?.label} FROM ${args[1]?.label})`,
  }),
  scalar('date_part(field string, source timestamp|date|timestamp_ntz|day-time|year-month) -> int', extract, {
    result: extractType,
  }),
  scalar('datepart(field string, source timestamp|date|timestamp_ntz|day-time|year-month) -> int', extract, {
    result: extractType,
    label: ({ args }) => `datepart(${args[0]?.label} FROM ${args[1]?.label})`,
  }),
  scalar('add_months(start date, months int) -> date', 'CAST($1 + to_months($2) AS DATE)'),
  scalar('date_add(start date, days int) -> date', '($1 + $2)', {
    aliases: ['dateadd'],
    label: ({ args }) => `date_add(${args[0]?.label}, ${args[1]?.label})`,
  }),
  scalar('date_sub(start date, days int) -> date', '($1 - $2)'),
  scalar('datediff(end date, start date) -> int', 'CAST($1 - $2 AS INTEGER)', { aliases: ['date_diff'] }),
  scalar('timestampadd(unit string, quantity bigint, when timestamp|date|timestamp_ntz) -> timestamp', timestampAdd, {
    result: ([, , when]) => (when?.type.kind === 'timestamp_ntz' ? TIMESTAMP_NTZ : TIMESTAMP),
    label: ({ args }) => `timestampadd(${args[0]?.label}, ${args[1]?.label}, ${args[2]?.label})`,
  }),
  scalar('timestampdiff(unit string, start timestamp, end timestamp) -> bigint', timestampDiff),
  scalar('last_day(date date) -> date', 'last_day($1)'),
  scalar('next_day(start date, day string) -> date', (call) => `spark_next_day(${call.sql(0)}, ${call.sql(1)})`),
  scalar('months_between(a timestamp, b timestamp, round boolean = true) -> double', monthsBetween),
  scalar('trunc(date date, fmt string) -> date', (call) => {
    const unit = unitOf(call, 1);
    return unit !== undefined && DATE_UNITS.has(unit)
      ? `CAST(date_trunc('${unit}', ${call.sql(0)}) AS DATE)`
      : 'CAST(NULL AS DATE)';
  }),
  scalar('date_trunc(fmt string, ts timestamp) -> timestamp', dateTrunc),
  scalar('date_format(ts timestamp, fmt string) -> string', (call) => {
    const instant = call.sql(0);
    return once(call.scope, instant, (x) => {
      return formatTime(call.scope, x, wallClock(x, zoneOf(call)), patternOf(call, 1), call.at);
    });
  }),
  parser('to_date', DATE, false),
  parser('try_to_date', DATE, true),
  parser('to_timestamp', TIMESTAMP, false),
  parser('try_to_timestamp', TIMESTAMP, true),
  parser('to_timestamp_ltz', TIMESTAMP, false),
  parser('to_timestamp_ntz', TIMESTAMP_NTZ, false),
  scalar(
    "unix_timestamp(expr? string|date|timestamp|timestamp_ntz, format string = 'yyyy-MM-dd HH:mm:ss') -> bigint",
    (call) => unixTime(call),
    {
      label: (call) =>
        call.node.args.length === 0
          ? 'unix_timestamp(current_timestamp(), yyyy-MM-dd HH:mm:ss)'
          : `unix_timestamp(${call.args.map((a) => a.label).join(', ')})`,
    },
  ),
  scalar(
    "to_unix_timestamp(expr string|date|timestamp|timestamp_ntz, format string = 'yyyy-MM-dd HH:mm:ss') -> bigint",
    (call) => unixTime(call),
  ),
  scalar("from_unixtime(seconds bigint, format string = 'yyyy-MM-dd HH:mm:ss') -> string", (call) =>
    once(
      call.scope,
      `make_timestamptz(${wrap(`(CAST(${call.sql(0)} AS HUGEINT) * 1000000)`, { kind: 'bigint' }, undefined)})`,
      (x) => formatTime(call.scope, x, wallClock(x, zoneOf(call)), patternOf(call, 1), call.at),
    ),
  ),
  scalar('from_utc_timestamp(ts timestamp, timezone string) -> timestamp', shifted(false)),
  scalar('to_utc_timestamp(ts timestamp, timezone string) -> timestamp', shifted(true)),
  scalar(
    'convert_timezone(source string, target string, ts timestamp_ntz) -> timestamp_ntz',
    'make_timestamp(spark_wall_in(spark_instant_in(epoch_us($3), $1), $2))',
  ),
  scalar('make_date(year int, month int, day int) -> date', (call) =>
    call.scope.session.options.ansi
      ? 'make_date($1, $2, $3)'.replace(/\$(\d)/g, (_, i: string) => call.sql(Number(i) - 1))
      : `spark_make_date(${call.sql(0)}, ${call.sql(1)}, ${call.sql(2)})`,
  ),
  made('make_timestamp', TIMESTAMP, false),
  made('make_timestamp_ltz', TIMESTAMP, false),
  made('make_timestamp_ntz', TIMESTAMP_NTZ, false),
  made('try_make_timestamp', TIMESTAMP, true),
  made('try_make_timestamp_ltz', TIMESTAMP, true),
  made('try_make_timestamp_ntz', TIMESTAMP_NTZ, true),
  scalar(
    'make_dt_interval(days int = 0, hours int = 0, mins int = 0, secs decimal(18,6) = 0) -> interval day to second',
    dtInterval,
    {
      label: ({ args, node }) =>
        `make_dt_interval(${args.map((a, i) => (i === 3 && node.args.length < 4 ? '0.000000' : a.label)).join(', ')})`,
    },
  ),
  scalar('make_ym_interval(years int = 0, months int = 0) -> interval year to month', 'to_months($1 * 12 + $2)'),
  scalar(
    'make_interval(years int = 0, months int = 0, weeks int = 0, days int = 0, hours int = 0, mins int = 0, secs decimal(18,6) = 0) -> interval',
    '(to_months($1 * 12 + $2) + to_days($3 * 7 + $4) + to_microseconds(((CAST($5 AS BIGINT) * 60 + $6) * 60000000) + CAST(trunc($7 * 1000000) AS BIGINT)))',
    {
      aliases: ['try_make_interval'],
      label: ({ args, node }) =>
        `${node.name.toLowerCase()}(${args.map((a, i) => (i === 6 && node.args.length < 7 ? '0.000000' : a.label)).join(', ')})`,
    },
  ),
  scalar(
    'timestamp_seconds(expr numeric) -> timestamp',
    (call) => cast(call.scope, call.args[0] as Typed, TIMESTAMP).sql,
  ),
  scalar('timestamp_millis(expr integral) -> timestamp', 'make_timestamptz(CAST($1 AS BIGINT) * 1000)'),
  scalar('timestamp_micros(expr integral) -> timestamp', 'make_timestamptz(CAST($1 AS BIGINT))'),
  scalar('unix_seconds(ts timestamp!) -> bigint', 'CAST(floor(epoch_us($1) / 1000000) AS BIGINT)'),
  scalar('unix_millis(ts timestamp!) -> bigint', 'CAST(floor(epoch_us($1) / 1000) AS BIGINT)'),
  scalar('unix_micros(ts timestamp!) -> bigint', 'epoch_us($1)'),
  scalar('unix_date(date date!) -> int', "CAST($1 - CAST('1970-01-01' AS DATE) AS INTEGER)"),
  scalar('date_from_unix_date(days int) -> date', "(CAST('1970-01-01' AS DATE) + $1)"),
  now('current_date', (call) => `CAST(${wallClock('now()', zoneOf(call))} AS DATE)`, 'date', ['curdate']),
  now('current_timestamp', () => 'now()', 'timestamp', ['now']),
  now('localtimestamp', (call) => wallClock('now()', zoneOf(call)), 'timestamp_ntz'),
  now('current_timezone', (call) => quoteLiteral(zoneOf(call)), 'string'),
];

function unixTime(call: Call): string {
  const [value] = call.args;
  if (!value || call.node.args.length === 0) return 'CAST(floor(epoch_us(now()) / 1000000) AS BIGINT)';
  if (value.type.kind === 'string') {
    return `CAST(${read(call, 'instant')} // 1000000 AS BIGINT)`;
  }
  const instant =
    value.type.kind === 'timestamp'
      ? value
      : value.type.kind === 'timestamp_ntz'
        ? { ...value, sql: `make_timestamptz(epoch_us(${value.sql}))` }
        : asTime(call, cast(call.scope, value, TIMESTAMP));
  // Unlike a cast, which rounds down, this cuts the fraction off.
  return `CAST(epoch_us(${instant.sql}) // 1000000 AS BIGINT)`;
}
