import { cast, javaText } from '../casts.js';
import { decimalFor, implicit } from '../coercion.js';
import { type Typed } from '../typed.js';
import { isFraction, STRING, typeText } from '../types.js';
import { scalar, type Call, type FunctionRow } from './row.js';

/** The call with the arguments that were given, without those that were filled in. */
const asGiven = ({ args, node }: Call): string =>
  `${node.name.toLowerCase()}(${args
    .slice(0, node.args.length)
    .map((arg) => arg.label)
    .join(', ')})`;

/** What Spark keeps of a date, a time or an interval of days, as text. */
function inner({ sql, type }: Typed): string | undefined {
  if (type.kind === 'date') return `CAST(${sql} - CAST('1970-01-01' AS DATE) AS VARCHAR)`;
  if (type.kind === 'timestamp' || type.kind === 'timestamp_ntz' || type.kind === 'day-time')
    return `CAST(epoch_us(${sql}) AS VARCHAR)`;
  return undefined;
}

function formatString(call: Call): string {
  const [format, ...rest] = call.args;
  const parts = rest.map((value) => {
    const tag =
      value.type.kind === 'bigint'
        ? 'l'
        : ['tinyint', 'smallint', 'int'].includes(value.type.kind)
          ? 'i'
          : value.type.kind === 'double' || value.type.kind === 'float'
            ? 'f'
            : value.type.kind === 'decimal'
              ? 'd'
              : value.type.kind === 'boolean'
                ? 'b'
                : 's';
    // Spark hands over what it keeps inside: the number of a day, of microseconds.
    const kept = inner(value);
    if (kept !== undefined) return `CASE WHEN ${value.sql} IS NOT NULL THEN 'l' || ${kept} END`;
    const text = value.type.kind === 'binary' ? undefined : implicit(call.scope, value, STRING);
    if (!text)
      throw call.scope.unsupported(
        value.at,
        `format_string of a value of type ${typeText(value.type)}`,
        'cast it to string',
      );
    return `CASE WHEN ${text.sql} IS NOT NULL THEN '${tag}' || ${text.sql} END`;
  });
  return `spark_format_string(${format?.sql}, CAST([${parts.join(', ')}] AS VARCHAR[]))`;
}

function formatOf(call: Call, what: string): string | undefined {
  const format = call.args[1];
  if (!format || call.node.args.length < 2) return undefined;
  if (typeof format.literal !== 'string')
    throw call.scope.unsupported(
      call.at,
      `${what} with a format that is not a literal`,
      'write the format as a string literal',
    );
  return format.literal;
}

function toBinary(call: Call, quiet: boolean): string {
  if (call.node.args.length > 1 && call.args[1]?.literal === null) return 'CAST(NULL AS BLOB)';
  const format = (formatOf(call, 'to_binary') ?? 'hex').toLowerCase();
  if (format === 'utf-8' || format === 'utf8') return `encode(${call.sql(0)})`;
  if (quiet && format !== 'hex' && format !== 'base64') return 'CAST(NULL AS BLOB)';
  if (format !== 'hex' && format !== 'base64')
    throw call.scope.fail(
      call.at,
      'SQL_ANALYSIS',
      `to_binary knows the formats hex, base64 and utf-8, not '${format}'`,
    );
  // Unlike unbase64, this minds how many characters there are.
  const whole = `regexp_full_match(regexp_replace(${call.sql(0)}, '\\s', '', 'g'), '(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,3}|[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?')`;
  const read =
    format === 'hex' ? `spark_unhex(${call.sql(0)})` : `CASE WHEN ${whole} THEN spark_unbase64(${call.sql(0)}) END`;
  if (quiet) return read;
  return `CASE WHEN ${call.sql(0)} IS NOT NULL THEN coalesce(${read}, CAST(error('[CONVERSION_INVALID_INPUT] the text is no ${format}') AS BLOB)) END`;
}

function toChar(call: Call): string {
  const format = formatOf(call, 'to_char') ?? '';
  const [value] = call.args;
  if (value?.type.kind === 'binary') {
    const how = format.toLowerCase();
    if (how === 'hex') return `hex(${value.sql})`;
    if (how === 'base64') return `base64(${value.sql})`;
    return `decode(${value.sql})`;
  }
  if (value && ['date', 'timestamp', 'timestamp_ntz'].includes(value.type.kind)) {
    throw call.scope.unsupported(call.at, 'to_char of a date', 'use date_format');
  }
  // Fractions are read as decimals, with all the places of the decimal that Spark makes of them.
  const number = value ? cast(call.scope, value, decimalFor(value.type)).sql : 'NULL';
  return `spark_number_format(CAST(${number} AS VARCHAR), ${call.sql(1)})`;
}

function toCharLabel({ args, node }: Call): string {
  const [value, format] = args;
  const how = String(format?.literal).toLowerCase();
  if (value?.type.kind === 'binary' && how === 'hex')
    return node.name.toLowerCase() === 'to_char' ? `hex(${value.label})` : `${node.name.toLowerCase()}(${value.label})`;
  if (value?.type.kind === 'binary')
    return `${how === 'base64' ? 'base64' : 'decode'}(${value.label}${how === 'base64' ? '' : `, ${format?.label}`})`;
  return `to_char(${value?.label}, ${format?.label})`;
}

function numberType(args: readonly Typed[]): Typed['type'] {
  const format = String(args[1]?.literal ?? '');
  const [whole = '', fraction = ''] = format.toUpperCase().split(/[.D]/);
  const digits = (text: string): number => (text.match(/[09]/g) ?? []).length;
  return { kind: 'decimal', precision: Math.max(digits(whole) + digits(fraction), 1), scale: digits(fraction) };
}

function toNumberText(call: Call, quiet: boolean): string {
  formatOf(call, 'to_number');
  const type = call.type as { precision: number; scale: number };
  const read = `CAST(spark_read_number(${call.sql(0)}, ${call.sql(1)}) AS DECIMAL(${type.precision},${type.scale}))`;
  if (quiet) return read;
  return `CASE WHEN ${call.sql(0)} IS NOT NULL THEN coalesce(${read}, CAST(error('[INVALID_FORMAT.MISMATCH_INPUT] the text does not match the format') AS DECIMAL(${type.precision},${type.scale}))) END`;
}

/** Numbers, dates and bytes written and read by a format. */
export const TEXT_FORMATS: readonly FunctionRow[] = [
  scalar(
    'format_number(expr numeric, d int|string) -> string',
    ({ args, sql }) => {
      // A float is shown with all the digits of the double that it is.
      const isDouble = args[0] !== undefined && isFraction(args[0].type);
      const number = isDouble ? javaText(`CAST(${sql(0)} AS DOUBLE)`) : `CAST(${sql(0)} AS VARCHAR)`;
      return `spark_format_number(${number}, CAST(${sql(1)} AS VARCHAR))`;
    },
    { label: (call) => `format_number(${call.args.map((a) => a.label).join(', ')})` },
  ),
  scalar('format_string(format string, more any...) -> string', (call) => formatString(call), { aliases: ['printf'] }),
  scalar('to_binary(str string, format? string) -> binary', (call) => toBinary(call, false), { label: asGiven }),
  scalar('try_to_binary(str string, format? string) -> binary', (call) => toBinary(call, true), { label: asGiven }),
  scalar('to_char(expr numeric|binary|date|timestamp|timestamp_ntz, format string) -> string', (call) => toChar(call), {
    aliases: ['to_varchar'],
    label: toCharLabel,
  }),
  scalar('to_number(expr string, format string) -> decimal(38,0)', (call) => toNumberText(call, false), {
    untried: true,
    result: numberType,
  }),
  scalar('try_to_number(expr string, format string) -> decimal(38,0)', (call) => toNumberText(call, true), {
    result: numberType,
  }),
];
