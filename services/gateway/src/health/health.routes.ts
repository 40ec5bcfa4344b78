import type { Registry } from '@sluice/chassis';
import type { HttpReply, HttpServer } from '../http/server.js';
import type { Health } from './health.js';

/** Load balancers ask with HEAD. */
const HEAD_TOO = { exposeHeadRoute: true };

/**
 * `/health/live` (the process serves), `/health/ready` and `/health` (every service answers, else 503), `/metrics`
 * (Prometheus).
 */
export function mountHealth(server: HttpServer, health: Health, metrics: Registry): void {
  server.get('/health/live', HEAD_TOO, (_request, reply) => sendJson(reply, 200, { status: 'SERVING' }));
  for (const path of ['/health', '/health/ready']) {
    server.get(path, HEAD_TOO, async (_request, reply) => {
      const found = await health.check();
      const ready = found.every(({ ok }) => ok);
      const services = Object.fromEntries(
        found.map(({ service, ok, ms, message }) => [
          service,
          { status: statusWord(ok), ms, ...(ok ? {} : { message }) },
        ]),
      );
      return sendJson(reply, ready ? 200 : 503, { status: statusWord(ready), services });
    });
  }
  server.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()));
}

function statusWord(ok: boolean): string {
  return ok ? 'SERVING' : 'NOT_SERVING';
}

function sendJson(reply: HttpReply, status: number, body: object): HttpReply {
  const text = `${JSON.stringify(body, undefined, 2)}\n`;
  return reply.status(status).type('application/json; charset=utf-8').header('cache-control', 'no-store').send(text);
}
