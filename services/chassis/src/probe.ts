import { certificateRemedy } from './certificate.js';
import type { Config } from './config/settings.js';
import { SluiceError } from './errors.js';

/**
 * Logs in to the configured database and leaves.
 *
 * @throws DATABASE_UNAVAILABLE with what to do, CONFIG_INVALID for an address that is none
 */
export async function probeDatabase(config: Config): Promise<void> {
  const [{ openDatabase }, { pino }] = await Promise.all([import('./database/database.js'), import('pino')]);
  const database = await openDatabase(
    { ...config, database: { ...config.database, waitMs: 0 } },
    pino({ level: 'silent' }),
  );
  await database.close();
}

/**
 * Logs in to the configured NATS server, looks for JetStream, and leaves.
 *
 * @throws SERVICE_UNAVAILABLE with what to do
 */
export async function probeNats(config: Config): Promise<void> {
  const [{ connect }, { connectionOptions }] = await Promise.all([
    import('nats'),
    import('./events/nats-connection.js'),
  ]);
  try {
    const connection = await connect({ ...connectionOptions(config.nats.url), reconnect: false });
    try {
      await connection.jetstreamManager();
    } finally {
      await connection.close();
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const remedy =
      certificateRemedy(why) ??
      'see that the server runs with JetStream and that nats.url names its host, port and credentials';
    throw new SluiceError('SERVICE_UNAVAILABLE', `NATS cannot be used: ${why}; ${remedy}`, { cause });
  }
}
