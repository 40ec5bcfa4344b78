import { SluiceError, type ConnectOptions, type Place } from '@sluice/plugin-sdk';
import { Server, type Access } from './server.js';

/** Where the servers are and who asks. */
export interface Target extends Access {
  /** `host` or `host:port`, in the order by which keys are told apart. */
  readonly servers: readonly string[];
  /** How often each server counts; empty: once. */
  readonly weights: readonly string[];
  /** Milliseconds that a server may be silent while it owes an answer. */
  readonly answerMs: number;
}

/** Open connections to all servers; a key belongs to one of them. */
export interface Store {
  /** The server of a key; DATA_INVALID where the key is none. */
  of(key: string): Server;
  readonly servers: readonly Server[];
  close(): void;
}

const DEFAULT_PORT = 11_211;
/** Bytes of a key, at most. */
const LONGEST_KEY = 250;

/** Connects to all servers; one that cannot be reached fails it, since keys of it would be lost. */
export async function openStore(target: Target, options: ConnectOptions): Promise<Store> {
  const places = target.servers.map(placeOf);
  if (places.length === 0) throw new SluiceError('PROPERTY_INVALID', "property 'servers' names no server");
  const weights = weightsOf(target.weights, places.length);
  const opening = places.map((place) => Server.open(place, target, { ...options, answerMs: target.answerMs }));
  const opened = await Promise.allSettled(opening);
  const servers = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = opened.find((each) => each.status === 'rejected');
  const close = (): void => servers.forEach((server) => server.close());
  if (failed !== undefined) {
    close();
    throw failed.reason;
  }
  const buckets = servers.flatMap((server, i) => Array.from({ length: weights[i] ?? 1 }, () => server));
  return { servers, close, of: (key) => buckets[hashOf(checked(key)) % buckets.length] as Server };
}

function placeOf(server: string): Place {
  const [, host = '', port] = /^\[?([^\s\]]+?)\]?(?::(\d{1,5}))?$/.exec(server) ?? [];
  const place = { host, port: Number(port ?? DEFAULT_PORT) };
  if (host !== '' && place.port > 0 && place.port <= 65_535) return place;
  throw new SluiceError('PROPERTY_INVALID', `property 'servers': '${server}' is not of the form host:port`);
}

function weightsOf(weights: readonly string[], servers: number): readonly number[] {
  if (weights.length === 0) return [];
  const numbers = weights.map(Number);
  if (numbers.length === servers && numbers.every((each) => Number.isInteger(each) && each > 0 && each <= 1000)) {
    return numbers;
  }
  throw new SluiceError(
    'PROPERTY_INVALID',
    `property 'weights' needs a whole number from 1 for each of ${servers} servers`,
  );
}

function checked(key: string): string {
  if (key !== '' && Buffer.byteLength(key) <= LONGEST_KEY && !/[\s\p{Cc}]/u.test(key)) return key;
  const shown = key.length > 60 ? `${key.slice(0, 60)}...` : key;
  const message = `'${shown}' is no key: memcached takes 1 to ${LONGEST_KEY} bytes without white space`;
  throw new SluiceError('DATA_INVALID', message);
}

/** Java's hash of a text, by which PiFlow's client chooses a server. */
function hashOf(key: string): number {
  let hash = 0;
  for (let i = 0; i < key.length; i++) hash = (Math.imul(31, hash) + key.charCodeAt(i)) | 0;
  return Math.abs(hash);
}
