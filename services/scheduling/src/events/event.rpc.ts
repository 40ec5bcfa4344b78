import type { Handlers, RpcServer } from '@sluice/chassis';
import { EventServiceService } from '@sluice/proto/scheduling/v1/event_service';
import { toTick } from '../schedules/schedule.wire.js';
import type { Events } from './events.js';

/** Mounts EventService. */
export function mountEvents(server: RpcServer, events: Events): void {
  const handlers: Handlers<typeof EventServiceService> = {
    async publishEvent({ subject, eventId, payload }) {
      const receipts = await events.publish(subject, eventId, payload ?? {});
      return {
        receipts: receipts.map((receipt) => ({
          scheduleId: receipt.scheduleId,
          accepted: receipt.kind === 'taken',
          dropped: receipt.kind === 'dropped',
          tick: receipt.kind === 'taken' ? toTick(receipt.tick) : undefined,
        })),
      };
    },
  };
  server.add(EventServiceService, handlers);
}
