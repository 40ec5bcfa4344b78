import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';

/** A request as it arrived. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface TestServer {
  readonly url: string;
  readonly seen: Seen[];
  close(): Promise<void>;
}

type Answer = (request: Seen, response: ServerResponse, count: number) => void;

/** A real server with an answer for each path; anything else is 404. */
export async function serve(answers: Readonly<Record<string, Answer>>): Promise<TestServer> {
  const seen: Seen[] = [];
  const counts = new Map<string, number>();
  const server = createServer((request: IncomingMessage, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (piece: string) => (body += piece));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const path = url.split('?')[0] ?? '';
      const each = { method, url, headers, body };
      seen.push(each);
      counts.set(path, (counts.get(path) ?? 0) + 1);
      const answer = answers[path];
      if (answer === undefined) response.writeHead(404).end('nothing here');
      else answer(each, response, counts.get(path) ?? 0);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    seen,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** An answer of JSON. */
export function json(text: string): Answer {
  return (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(text);
}

test('what has no answer is 404', async () => {
  const server = await serve({});
  expect((await fetch(`${server.url}/x`, { headers: { connection: 'close' } })).status).toBe(404);
  await server.close();
});
