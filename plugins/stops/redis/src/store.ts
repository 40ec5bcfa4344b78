import { connect } from 'node:net';
import { createClient, createCluster, RESP_TYPES } from '@redis/client';
import { connectionError, type ConnectOptions, type Place, type Tls } from '@sluice/plugin-sdk';
import { clientError } from './failures.js';

/** Where a server is and who asks. */
export interface Target extends Place {
  /** A user of the server's access list; empty: the default user. */
  readonly user: string;
  readonly password: string;
  readonly database: number;
  readonly tls: Tls;
}

/** An open connection to a server or a cluster. */
export interface Store {
  /** Sends a command about a key; texts come back as bytes. Commands that are sent together travel together. */
  send(key: string, args: readonly (string | Buffer)[]): Promise<unknown>;
  /** Ends it at once; what still goes on fails. */
  close(): void;
}

const BYTES = { [RESP_TYPES.BLOB_STRING]: Buffer, [RESP_TYPES.SIMPLE_STRING]: Buffer } as const;

/**
 * Opens a connection; where the server belongs to a cluster, to all of it. A lost connection is not made again: what was
 * under way then is not known.
 *
 * @throws CONNECTION_FAILED and ACCESS_REFUSED with their step
 */
export async function openStore(target: Target, { timeoutMs, signal }: ConnectOptions): Promise<Store> {
  signal.throwIfAborted();
  const { user, password, database } = target;
  const node = {
    ...(user === '' ? {} : { username: user }),
    ...(password === '' ? {} : { password }),
    socket: { ...addressOf(target), connectTimeout: timeoutMs, reconnectStrategy: false as const },
    disableClientInfo: true,
    maintNotifications: 'disabled' as const,
    // Before any reply of RESP3 the server is asked in it, and old servers do not know it.
    RESP: 2 as const,
  };
  const client = createClient({ ...node, database });
  const late = connectionError(target, 'connect', `no answer within ${timeoutMs} ms`);
  // Failures are told by the commands that they end.
  client.on('error', () => undefined);
  try {
    const info = await within(timeoutMs, late, async () => {
      await client.connect();
      return String(await client.sendCommand(['INFO', 'cluster']));
    });
    if (!info.includes('cluster_enabled:1')) {
      const store: Store = {
        send: (_key, args) => client.sendCommand([...args], { typeMapping: BYTES }),
        close: () => (client.isOpen ? client.destroy() : undefined),
      };
      return closedBy(signal, store);
    }
    client.destroy();
    const { socket, ...defaults } = node;
    const cluster = createCluster({
      RESP: 2,
      rootNodes: [{ socket }],
      defaults: { ...defaults, socket: { reconnectStrategy: false } },
    });
    cluster.on('error', () => undefined);
    await within(timeoutMs, late, () => cluster.connect());
    return closedBy(signal, {
      send: (key, args) => cluster.sendCommand(key, false, [...args], { typeMapping: BYTES }),
      close: () => cluster.destroy(),
    });
  } catch (error) {
    if (client.isOpen) client.destroy();
    const failed = clientError(target, error, 'connecting');
    // A server that speaks no TLS waits for more and never answers.
    const isMute = target.tls !== 'off' && failed.details['step'] === 'connect' && (await isReachable(target));
    throw isMute ? connectionError(target, 'tls', error) : failed;
  }
}

/** Whether something listens there at all. */
function isReachable({ host, port }: Place): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1000 });
    const end = (reachable: boolean): void => {
      socket.destroy();
      resolve(reachable);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}

function addressOf({ host, port, tls }: Target) {
  return tls === 'off' ? { host, port } : { host, port, tls: true as const, rejectUnauthorized: tls === 'verify' };
}

async function within<T>(timeoutMs: number, late: Error, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  try {
    const timeout = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(late), timeoutMs)));
    return await Promise.race([work(), timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function closedBy(signal: AbortSignal, store: Store): Store {
  const close = (): void => store.close();
  signal.addEventListener('abort', close, { once: true });
  return {
    send: (key, args) => store.send(key, args),
    close() {
      signal.removeEventListener('abort', close);
      store.close();
    },
  };
}
