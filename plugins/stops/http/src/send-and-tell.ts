import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError, type StopContext } from '@sluice/plugin-sdk';
import { encodingOf } from './body-text.js';
import { sendRequest, type HttpRequest, type RequestLimits } from './request.js';

/** What stops that send give for each request. */
export const ANSWER_COLUMNS = [
  { name: 'status', type: 'int' },
  { name: 'body', type: 'string' },
];
export type AnswerRow = readonly [status: number, body: string];

type Context = Pick<StopContext, 'scratch' | 'signal' | 'beforeCommit' | 'run' | 'stop'>;

/**
 * Sends a request that may change something, if the run still may, and gives the answer as a text. Its header
 * `Idempotency-Key` is the same where this run sends it again, so that a server can know it.
 *
 * @param number which of the stop's requests it is
 */
export async function sendAndTell(
  context: Context,
  request: HttpRequest,
  number: number,
  limits: Omit<RequestLimits, 'signal'>,
): Promise<AnswerRow> {
  const { run, stop, signal } = context;
  const path = join(await context.scratch(), 'answer');
  const key = createHash('sha256')
    .update(JSON.stringify([run.id, stop, number]))
    .digest('hex')
    .slice(0, 32);
  const headers = { 'idempotency-key': key, ...request.headers };
  await context.beforeCommit();
  const { status, contentType } = await sendRequest({ ...request, headers }, path, { ...limits, signal });
  const encoding = await encodingOf(path, contentType);
  const bytes = await readFile(path);
  await rm(path);
  try {
    return [status, new TextDecoder(encoding, { fatal: true }).decode(bytes)];
  } catch (error) {
    throw new SluiceError('ENCODING_INVALID', `the answer is no text in ${encoding}`, { cause: error });
  }
}

/** Rows that are there already, for the engine. */
export async function* iterate<T>(rows: readonly T[]): AsyncGenerator<T> {
  yield* rows;
}
