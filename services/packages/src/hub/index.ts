import { resolve } from 'node:path';
import { FolderHub } from './folder-hub.js';
import type { Hub } from './hub.js';
import { npmOptions } from './npm-options.js';
import { RegistryHub } from './registry-hub.js';

export { PLUGIN_KEYWORD } from './hub.js';
export type { FetchedPackage, FoundPackage, Hub, HubPackage, HubVersion, Publication } from './hub.js';

/** Which hub is meant. */
export interface HubChoice {
  /** The address of an npm registry, or a folder of archives; empty for the registry of npm's configuration. */
  readonly registry: string;
  /** A token for the registry; empty for that of npm's configuration. */
  readonly token: string;
  /** The folder whose `.npmrc` holds; default the present one. */
  readonly folder?: string;
}

/** Opens the hub that is meant; nothing is asked of it yet. */
export async function openHub({ registry, token, folder }: HubChoice): Promise<Hub> {
  if (registry !== '' && !/^https?:/i.test(registry))
    return new FolderHub(resolve(registry.replace(/^file:(\/\/)?/, '')));
  return new RegistryHub(await npmOptions({ registry, token }, folder));
}
