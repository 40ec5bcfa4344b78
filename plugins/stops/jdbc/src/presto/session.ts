import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'lossless-json';
import type { ConnectOptions } from '@sluice/plugin-sdk';
import { AnswerError, basic, originOf, send, textOf } from '../sql/http.js';
import type { Session } from '../sql/session.js';
import type { ServerTarget } from '../target.js';
import { resultColumn, type PrestoColumn } from './types.js';

/** How long a coordinator may be silent once it has answered, in milliseconds; it answers each second while it works. */
const SILENT_MS = 60_000;
/** Milliseconds before a coordinator that was too busy is asked again, and how often. */
const BUSY_MS = 200;
const MOST_BUSY = 20;

/** A page of an answer (https://prestodb.io/docs/current/develop/client-protocol.html). */
interface Page {
  readonly nextUri?: string;
  readonly columns?: readonly PrestoColumn[];
  readonly data?: readonly (readonly unknown[])[];
  readonly error?: { readonly message?: string; readonly errorName?: string };
}

/** A session: each statement is a request, and its rows are pages that are asked for one after another. */
export function openSession(target: ServerTarget, { timeoutMs, signal }: ConnectOptions): Session {
  const { user, password, database } = target;
  const [catalog = '', schema = ''] = database.split('/');
  const origin = originOf(target);
  const headers: Record<string, string> = {
    'x-presto-user': user,
    'x-presto-source': 'sluice',
    'x-presto-time-zone': 'UTC',
    ...(catalog === '' ? {} : { 'x-presto-catalog': catalog }),
    ...(schema === '' ? {} : { 'x-presto-schema': schema }),
    ...(password === '' ? {} : { authorization: basic(user, password) }),
  };
  let next: string | undefined;
  const ask = async (method: 'GET' | 'POST', url: URL, body?: string): Promise<Page> => {
    for (let tries = 0; ; tries++) {
      const silentMs = method === 'POST' ? timeoutMs : SILENT_MS;
      const answer = await send(target, { method, url, headers, body, silentMs }, signal);
      const text = await textOf(answer);
      const status = answer.statusCode ?? 0;
      if (status === 503 && tries < MOST_BUSY) {
        await sleep(BUSY_MS, undefined, { signal });
        continue;
      }
      if (status !== 200) throw new AnswerError(status, `status ${status}: ${text.replace(/\s+/g, ' ').slice(0, 500)}`);
      const page = parse(text) as Page;
      // Pages are at the coordinator itself, wherever it says: what is behind a proxy may not know its own name.
      next = page.nextUri === undefined ? undefined : new URL(new URL(page.nextUri).pathname, origin).href;
      if (page.error === undefined) return page;
      throw new AnswerError(200, page.error.message ?? 'the query failed', page.error.errorName);
    }
  };
  const end = async (): Promise<void> => {
    if (next === undefined) return;
    const url = new URL(next);
    next = undefined;
    const sent = send(target, { method: 'DELETE', url, headers, silentMs: timeoutMs }, AbortSignal.timeout(timeoutMs));
    await sent.then((answer) => answer.resume()).catch(() => undefined); // it forgets the query by itself
  };
  const query: Session['query'] = async (sql) => {
    let page = await ask('POST', new URL('/v1/statement', origin), sql);
    while (page.columns === undefined && next !== undefined) page = await ask('GET', new URL(next));
    return {
      columns: (page.columns ?? []).map(resultColumn),
      async *rows() {
        try {
          for (;;) {
            if (page.data !== undefined && page.data.length > 0) yield page.data;
            if (next === undefined) return;
            page = await ask('GET', new URL(next));
          }
        } finally {
          await end();
        }
      },
    };
  };
  return {
    query,
    async execute(sql) {
      for await (const rows of (await query(sql)).rows()) void rows;
    },
    close: end,
  };
}
