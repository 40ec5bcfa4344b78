import { SluiceError, type ConnectOptions, type Tls } from '@sluice/plugin-sdk';
import { MongoClient } from 'mongodb';
import { clientError } from './failures.js';

/** Where the servers are and who asks. */
export interface Target {
  /** `host:port`, at least one. */
  readonly addresses: readonly string[];
  /** Empty: no login. */
  readonly user: string;
  readonly password: string;
  /** The database that knows the user. */
  readonly authDatabase: string;
  /** Empty: the servers are asked as they are, alone or as routers of a sharded cluster. */
  readonly replicaSet: string;
  readonly tls: Tls;
}

const DEFAULT_PORT = 27_017;

/**
 * Connects; a run that is cancelled closes the connection.
 *
 * @throws CONNECTION_FAILED and ACCESS_REFUSED with their step
 */
export async function openClient(target: Target, { timeoutMs, signal }: ConnectOptions): Promise<MongoClient> {
  signal.throwIfAborted();
  const { addresses, user, password, authDatabase, replicaSet, tls } = target;
  const place = addresses.join(',');
  const client = new MongoClient(`mongodb://${place}/`, {
    ...(user === '' ? {} : { auth: { username: user, password }, authSource: authDatabase }),
    ...(replicaSet === '' ? { directConnection: addresses.length === 1 } : { replicaSet }),
    ...(tls === 'off' ? {} : { tls: true, tlsInsecure: tls === 'require' }),
    serverSelectionTimeoutMS: timeoutMs,
    connectTimeoutMS: timeoutMs,
    appName: 'sluice',
    // Each value in its own type: a whole double is not an integer.
    promoteValues: false,
    monitorCommands: false,
  });
  const close = (): void => void client.close(true).catch(() => undefined);
  signal.addEventListener('abort', close, { once: true });
  client.once('close', () => signal.removeEventListener('abort', close));
  try {
    await client.connect();
    // A server alone is not asked who one is before the first command.
    await client.db(authDatabase).command({ ping: 1 }, { timeoutMS: timeoutMs });
    return client;
  } catch (error) {
    await client.close(true).catch(() => undefined);
    signal.throwIfAborted();
    throw clientError(place, error, 'connecting');
  }
}

/**
 * Addresses as PiFlow writes them, `host,port,host,port`, or as everyone else does, `host:port,host:port`.
 *
 * @param port of those that name none
 */
export function addressesOf(parts: readonly string[], port = DEFAULT_PORT): readonly string[] {
  const addresses: string[] = [];
  for (const part of parts) {
    const last = addresses.length - 1;
    if (/^\d+$/.test(part) && last >= 0 && !/:\d+$/.test(addresses[last] ?? '')) addresses[last] += `:${part}`;
    else if (/^(\[[0-9a-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i.test(part)) addresses.push(part);
    else throw new SluiceError('PROPERTY_INVALID', `'${part}' is no address of a server of the form host:port`);
  }
  if (addresses.length === 0) throw new SluiceError('PROPERTY_INVALID', 'no address of a server is given');
  return addresses.map((each) => (/:\d+$/.test(each) ? each : `${each}:${port}`));
}
