import type { Knex } from 'knex';
import type { Logger } from 'pino';

/** Knex's own remarks go to the log. What fails is thrown as well, so here it is no more than a remark. */
export function knexLog(log: Logger): Knex.Logger {
  const remark = (message: unknown): void => log.debug({ from: 'knex' }, String(message));
  return { debug: remark, warn: remark, error: remark, deprecate: (...parts: unknown[]) => remark(parts.join(' ')) };
}
