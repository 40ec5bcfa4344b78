import { openForeignSubjects, type Platform } from '@sluice/chassis';
import type { Events } from './events.js';

/** How often the subjects that schedules listen to are looked up, should a hint have been lost. */
const LOOK_EVERY_MS = 2_000;
const GROUP = 'sluice-scheduling';

/** Listens on NATS to the subjects of other programs that schedules name; does nothing where there is no NATS. */
export async function startForeignEvents({ config, log, lifecycle }: Platform, events: Events): Promise<() => void> {
  if (config.nats.url === '') return () => undefined;
  const subjects = await openForeignSubjects({
    url: config.nats.url,
    group: GROUP,
    log,
    handle: (message) => events.heardForeign(message),
    overflow: (pattern) => {
      events
        .overflowed(pattern)
        .catch((err: unknown) => log.warn({ err, subject: pattern }, 'events were not counted'));
    },
  });
  let looking: Promise<void> | undefined;
  const look = (): void => {
    looking ??= events
      .foreignSubjects()
      .then((found) => subjects.listen(found))
      .catch((err: unknown) => log.warn({ err }, 'which subjects to listen to is not known yet'))
      .finally(() => (looking = undefined));
  };
  lifecycle.onListening('foreign events', () => {
    look();
    const timer = setInterval(look, LOOK_EVERY_MS);
    lifecycle.onClose('foreign events', async () => {
      clearInterval(timer);
      await looking;
      await subjects.close();
    });
  });
  return look;
}
