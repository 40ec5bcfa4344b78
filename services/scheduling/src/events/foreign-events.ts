import { setTimeout as delay } from 'node:timers/promises';
import type { Platform } from '@sluice/chassis';
import type { Events } from './events.js';

/** How often the subjects that schedules listen to are looked up: another scheduler may have stored one. */
const LOOK_EVERY_MS = 2_000;
/** How long a NATS that does not answer keeps those waiting who have stored a schedule. */
const LONGEST_WAIT_MS = 2_000;
const GROUP = 'sluice-scheduling';

/**
 * Listens to the subjects of other programs that schedules name. What it gives waits until all are listened to that
 * schedules name now, so that nothing is missed from then on.
 */
export function startForeignEvents({ bus, log, lifecycle }: Platform, events: Events): () => Promise<void> {
  const subjects = bus.foreign({
    group: GROUP,
    handle: (message) => events.heardForeign(message),
    overflow: (pattern) => {
      events
        .overflowed(pattern)
        .catch((err: unknown) => log.warn({ err, subject: pattern }, 'events were not counted'));
    },
  });
  let looking = Promise.resolve();
  const look = (): Promise<void> => {
    looking = events
      .foreignSubjects()
      .then((found) => subjects.listen(found))
      .catch((err: unknown) => log.warn({ err }, 'which subjects to listen to is not known yet'));
    return Promise.race([looking, delay(LONGEST_WAIT_MS, undefined, { ref: false })]);
  };
  lifecycle.onListening('foreign events', async () => {
    await look();
    const timer = setInterval(() => void look(), LOOK_EVERY_MS);
    lifecycle.onClose('foreign events', async () => {
      clearInterval(timer);
      await looking;
      await subjects.close();
    });
  });
  return look;
}
