import { request as plain } from 'node:http';
import { request as secure } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { ServerTarget } from '../target.js';

/** A request to a database that speaks HTTP. */
export interface HttpAsked {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** How long the server may be silent, in milliseconds. */
  readonly silentMs: number;
}

/** Sends a request; the answer's body is read by whoever asked. Node's fetch takes no certificate that nobody vouches for. */
export function send(
  { tls }: Pick<ServerTarget, 'tls'>,
  { method, url, headers, body, silentMs }: HttpAsked,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { method, headers, signal, agent: false as const };
    const sent =
      url.protocol === 'https:'
        ? secure(url, { ...options, rejectUnauthorized: tls === 'verify' }, resolve)
        : plain(url, options, resolve);
    sent.setTimeout(silentMs, () => {
      sent.destroy(Object.assign(new Error(`no answer within ${silentMs} ms`), { code: 'ETIMEDOUT' }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** The origin of a server. */
export function originOf({ host, port, tls }: ServerTarget): string {
  const scheme = tls === 'require' || tls === 'verify' ? 'https' : 'http';
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The whole text of a small answer. */
export async function textOf(answer: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of answer) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8');
}

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** An answer of a server that is no success. */
export class AnswerError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly word = '',
  ) {
    super(message);
  }
}
