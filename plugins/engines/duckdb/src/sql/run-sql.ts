import { isSluiceError, SluiceError } from '@sluice/plugin-sdk/errors';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { ShownValue } from './format-value.js';
import { parseType } from './parse-type.js';
import type { SqlOptions } from './scope.js';
import { translateQuery, type View } from './translate.js';
import type { SparkType } from './types.js';

/** The answer to a query: `[name, type]` of every column in Spark's words, and the rows in JSON. */
export interface SqlAnswer {
  readonly schema: readonly (readonly [string, string])[];
  readonly rows: readonly (readonly ShownValue[])[];
}

/**
 * Runs one Spark SQL query on a connection of an instance that {@link prepareInstance} prepared. Throws what
 * translateQuery throws. Timestamps are shown in the zone `shownIn`; DATA_INVALID for values that Spark refuses too (`details.class` is Spark's error class).
 */
export async function runSql(
  connection: DuckDBConnection,
  text: string,
  views: readonly View[],
  options: SqlOptions,
  shownIn = 'UTC',
): Promise<SqlAnswer> {
  const query = translateQuery(text, views, options);
  const types = query.columns.map((column) => parseType(column.type));
  for (const [i, type] of types.entries()) refuseHidden(type, query.columns[i]?.name ?? '');
  const reader = await connection.runAndReadAll(query.sql).catch((error: unknown): never => {
    throw queryError(error);
  });
  // Who only translates needs no values.
  const { showValue } = await import('./format-value.js');
  const rows = reader
    .getRows()
    .map((row) => row.map((value, i) => showValue(value, types[i] ?? { kind: 'string' }, shownIn)));
  return { schema: query.columns.map((column) => [column.name, column.type]), rows };
}

/** Types that Spark computes with but hands to no client, so that there is no way to show them. */
function refuseHidden(type: SparkType, name: string): void {
  if (type.kind === 'year-month' || type.kind === 'interval') {
    throw new SluiceError(
      'SQL_UNSUPPORTED',
      `the column '${name}' is an interval of months, which cannot be shown; cast it to string`,
      {
        details: { construct: 'an interval of months as a result' },
      },
    );
  }
  if (type.kind === 'time') {
    throw new SluiceError(
      'SQL_UNSUPPORTED',
      `the column '${name}' is of type TIME, which is not supported; use a timestamp`,
      {
        details: { construct: 'TIME' },
      },
    );
  }
  if (type.kind === 'array') refuseHidden(type.element, name);
  if (type.kind === 'map') [type.key, type.value].forEach((part) => refuseHidden(part, name));
  if (type.kind === 'struct') type.fields.forEach((field) => refuseHidden(field.type, name));
}

/** DuckDB's error of a running query in Sluice's words. Errors that Spark raises too carry its class in brackets. */
export function queryError(error: unknown): SluiceError {
  if (isSluiceError(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  const raised = /\[([A-Z_]+(?:\.[A-Z_]+)*)\] (.*)/s.exec(message);
  // What can only be refused while it runs.
  if (raised?.[1] === 'SQL_UNSUPPORTED')
    return new SluiceError('SQL_UNSUPPORTED', raised[2] ?? message, { cause: error });
  if (raised)
    return new SluiceError('DATA_INVALID', raised[2] ?? message, { details: { class: raised[1] ?? '' }, cause: error });
  const missing = /Not implemented Error: (.*)/.exec(message)?.[1];
  if (missing !== undefined)
    return new SluiceError('SQL_UNSUPPORTED', `the engine cannot run this query: ${missing}`, { cause: error });
  if (/Overflow in HUGEINT/.test(message))
    return new SluiceError('SQL_UNSUPPORTED', 'a sum of more than 38 digits is not supported', { cause: error });
  if (message.includes('Failure in decode: could not convert blob to UTF8'))
    return new SluiceError('SQL_UNSUPPORTED', 'a string of bytes that are no UTF-8 is not supported', { cause: error });
  if (/^(?:Conversion|Out of Range|Invalid Input) Error/.test(message)) {
    return new SluiceError('DATA_INVALID', message.split('\n')[0] ?? message, { cause: error });
  }
  return new SluiceError('SQL_ANALYSIS', `the query cannot run: ${message.split('\n')[0]}`, { cause: error });
}

interface LineRequest {
  readonly sql: string;
  readonly zone?: string;
  readonly ansi?: boolean;
}

/**
 * The line mode of `sluice sql --stdin`: a line `{"sql": "...", "zone": "UTC", "ansi": false}` is answered with a line
 * `{"schema": [[name, type]], "rows": [[...]]}` or `{"error": {...}}`. Never throws for what stands in a line.
 */
export async function answerLine(connection: DuckDBConnection, line: string, views: readonly View[]): Promise<string> {
  try {
    const request = JSON.parse(line) as LineRequest;
    const options = { zone: request.zone ?? 'UTC', ansi: request.ansi ?? false };
    return JSON.stringify(await runSql(connection, request.sql, views, options));
  } catch (error) {
    if (!isSluiceError(error)) return JSON.stringify({ error: { reason: 'REQUEST_INVALID', message: String(error) } });
    const { reason, message, details, problems } = error;
    return JSON.stringify({ error: { reason, message, details, problems } });
  }
}
