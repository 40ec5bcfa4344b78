import { isAbsolute, normalize } from 'node:path';
import { asRecord } from './loader.js';

/** What a package asks for beyond its own files and the folders of runs: the key `sluice.capabilities`. */
export interface Capabilities {
  /** Hosts that it talks to; `*` for any. Empty: no network. */
  readonly network: readonly string[];
  /** Folders that it reads, absolute. */
  readonly read: readonly string[];
  /** Folders that it writes, absolute. */
  readonly write: readonly string[];
  /** Whether it starts processes. */
  readonly processes: boolean;
  /** Whether it loads native code. */
  readonly native: boolean;
  /** Environment variables that it reads. */
  readonly environment: readonly string[];
}

export const NO_CAPABILITIES: Capabilities = {
  network: [],
  read: [],
  write: [],
  processes: false,
  native: false,
  environment: [],
};

/** Whether a package asks for anything. */
export function asksForAny({ network, read, write, processes, native, environment }: Capabilities): boolean {
  return processes || native || [network, read, write, environment].some((list) => list.length > 0);
}

/** Reads `sluice.capabilities`; `refuse` makes the error of what is wrong with it. */
export function readCapabilities(value: unknown, refuse: (what: string) => Error): Capabilities {
  if (value === undefined) return NO_CAPABILITIES;
  const given = asRecord(value);
  const known = Object.keys(NO_CAPABILITIES);
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown !== undefined) throw refuse(`sluice.capabilities.${unknown} is not one of ${known.join(', ')}`);
  const list = (key: string, is: (text: string) => boolean, wanted: string): string[] => {
    const values = given[key] ?? [];
    const isFine = Array.isArray(values) && values.every((each) => typeof each === 'string' && is(each));
    if (!isFine)
      throw refuse(`sluice.capabilities.${key} is ${JSON.stringify(values)}; it must be a list of ${wanted}`);
    return values as string[];
  };
  const flag = (key: string): boolean => {
    const value = given[key] ?? false;
    if (typeof value === 'boolean') return value;
    throw refuse(`sluice.capabilities.${key} is ${JSON.stringify(value)}; it must be true or false`);
  };
  const isFolder = (path: string): boolean => isAbsolute(path) && normalize(path) === path && !/[*,]/.test(path);
  return {
    network: list('network', (host) => /^(\*|[\w.-]+(:\d+)?)$/.test(host), 'hosts such as api.example.org:443, or *'),
    read: list('read', isFolder, 'absolute folders'),
    write: list('write', isFolder, 'absolute folders'),
    processes: flag('processes'),
    native: flag('native'),
    environment: list('environment', (name) => /^\w+$/.test(name), 'names of variables'),
  };
}
