import type { Clients } from '@sluice/chassis';
import { ReceiveHookResponse, ScheduleServiceService } from '@sluice/proto/scheduling/v1/schedule_service';
import { hangUpSignal } from '../http/hang-up.js';
import type { HttpRequest, HttpServer } from '../http/server.js';

/** What identifies a delivery: it is sent again with the same one. */
const ID_HEADERS = ['idempotency-key', 'x-github-delivery', 'x-gitlab-event-uuid', 'webhook-id'];

/**
 * Adds the route by which programs call the hook of a schedule as they call those of others: `POST /api/v1/hooks/{id}`
 * with any body, and the secret in `Authorization: Bearer` or `X-Gitlab-Token`, or a signature in `X-Hub-Signature-256`.
 */
export function mountHooks(server: HttpServer, clients: Clients, closing: AbortSignal): void {
  const schedules = clients.get(ScheduleServiceService);
  server.route({
    method: 'POST',
    url: '/api/v1/hooks/:id',
    handler: async (request, reply) => {
      const { body } = request;
      const header = (name: string): string => headerOf(request, name);
      const eventId = ID_HEADERS.map(header).find((id) => id !== '') ?? '';
      const wish = {
        id: (request.params as { readonly id: string }).id,
        secret: /^Bearer (.+)$/i.exec(header('authorization'))?.[1] ?? header('x-gitlab-token'),
        signature: header('x-hub-signature-256'),
        eventId,
        contentType: header('content-type'),
        body: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
      };
      const signal = hangUpSignal(reply.raw, closing);
      const response = await schedules.receiveHook(wish, { signal, idempotent: eventId !== '' });
      return reply
        .type('application/json; charset=utf-8')
        .header('cache-control', 'no-store')
        .send(JSON.stringify({ accepted: response.accepted, ...(ReceiveHookResponse.toJSON(response) as object) }));
    },
  });
}

function headerOf({ headers }: HttpRequest, name: string): string {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? '';
}
