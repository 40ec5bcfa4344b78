import { join } from 'node:path';
import { SluiceError, type Dataset, type StopContext } from '@sluice/plugin-sdk';
import { bodyText, encodingOf } from './body-text.js';
import { shownUrl } from './failures.js';
import { jsonRows, type Rows } from './json-rows.js';
import { sendRequest, type HttpRequest, type RequestLimits } from './request.js';
import { xmlRows } from './xml-rows.js';

/** How rows are found in an answer. */
export interface Parsing {
  /** `auto` goes by the Content-Type. */
  readonly format: 'auto' | 'json' | 'xml';
  /** The names that lead to the rows; of XML from the root on. */
  readonly at: readonly string[];
  /** The columns; empty: all of JSON. */
  readonly columns: readonly string[];
  /** The columns of JSON that has no row. */
  readonly spare?: readonly string[];
}

type Context = Pick<StopContext, 'engine' | 'scratch' | 'signal' | 'log'>;

/** Sends a request and gives the rows of its answer. It is sent once, now; the rows are read when a sink asks. */
export async function readAnswer(
  context: Context,
  request: HttpRequest,
  limits: Omit<RequestLimits, 'signal'>,
  parsing: Parsing,
): Promise<Dataset> {
  const path = join(await context.scratch(), 'answer');
  const answer = await sendRequest(request, path, { ...limits, signal: context.signal });
  const what = `the answer of ${shownUrl(request.url)}`;
  context.log.info(`${request.method} ${shownUrl(request.url)} answered ${answer.status} with ${answer.bytes} bytes`);
  const encoding = await encodingOf(path, answer.contentType);
  const body = { what, text: () => bodyText(path, encoding, what) };
  const { at, columns, spare = columns } = parsing;
  const format = parsing.format === 'auto' ? formatOf(answer.contentType, what) : parsing.format;
  const rows: Rows = format === 'json' ? await jsonRows(body, at, columns, spare) : xmlRows(body, at, columns);
  return context.engine.fromRows(rows.columns, rows.rows());
}

function formatOf(contentType: string, what: string): 'json' | 'xml' {
  if (/json/i.test(contentType)) return 'json';
  if (/xml/i.test(contentType)) return 'xml';
  throw new SluiceError('DATA_INVALID', `${what} has the type '${contentType}'; say whether it is json or xml`);
}
