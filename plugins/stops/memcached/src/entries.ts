import { SluiceError } from '@sluice/plugin-sdk';
import type { Store } from './store.js';

/** The fields of an entry: texts by name. */
export type Entry = ReadonlyMap<string, string>;

/** The entry of a key; undefined where there is none. */
export async function readEntry(store: Store, key: string): Promise<Entry | undefined> {
  const bytes = await store.of(key).get(key);
  return bytes === undefined ? undefined : entryOf(key, bytes);
}

/** Fields as bytes: one JSON object, which any client can read. NULL is left out. */
export function bytesOf(fields: readonly (readonly [name: string, value: string | null])[]): Buffer {
  // Not an object: a column may have the name __proto__.
  const members = fields.filter(([, value]) => value !== null).map((each) => each.map((text) => JSON.stringify(text)));
  return Buffer.from(`{${members.map((each) => each.join(':')).join(',')}}`);
}

function entryOf(key: string, bytes: Buffer): Entry {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw notAnEntry(key, error);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw notAnEntry(key, undefined);
  const fields = Object.entries(value).filter(([, each]) => each !== null);
  return new Map(fields.map(([name, each]) => [name, typeof each === 'string' ? each : JSON.stringify(each)]));
}

function notAnEntry(key: string, cause: unknown): SluiceError {
  const message = `the key '${key}' holds no JSON object, as 'PutMemcache' writes it`;
  return new SluiceError('DATA_INVALID', message, { details: { key }, cause });
}
