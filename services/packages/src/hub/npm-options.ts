import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SluiceError } from '@sluice/plugin-sdk';
import Config from '@npmcli/config';
import settings from '@npmcli/config/lib/definitions/index.js';

/** What npm would use to reach registries: addresses, tokens, proxies, certificates. */
export type NpmOptions = Readonly<Record<string, unknown>> & { readonly registry: string };

/** What goes before npm's configuration. */
export interface RegistryChoice {
  /** The registry's address; empty for npm's own, in which scopes may have others. */
  readonly registry: string;
  /** The token for it; empty for npm's own. */
  readonly token: string;
}

/**
 * npm's effective configuration as it would be in a folder: `.npmrc` of the project, the user and the machine, and
 * `npm_config_*` variables.
 *
 * @throws CONFIG_INVALID when the registry's address is none, or npm's files cannot be read
 */
export async function npmOptions(choice: RegistryChoice, folder = process.cwd()): Promise<NpmOptions> {
  const config = new Config({
    // npm writes the configuration back into the variables: into a copy.
    env: { ...process.env },
    argv: [process.execPath, 'npm'],
    cwd: folder,
    npmPath: dirname(fileURLToPath(import.meta.url)),
    ...settings,
    warn: false,
  });
  try {
    await config.load();
  } catch (cause) {
    throw new SluiceError('CONFIG_INVALID', `npm's configuration cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
  const flat: NpmOptions = { ...(config.flat as NpmOptions), retry: retryOf(config) };
  if (choice.registry === '') return withToken(flat, flat.registry, choice.token);
  const registry = `${readAddress(choice.registry).replace(/\/+$/, '')}/`;
  // The one that was chosen holds for every scope.
  const others = Object.entries(flat).filter(([key]) => !/^@[^:]+:registry$/.test(key));
  return withToken({ ...Object.fromEntries(others), registry }, registry, choice.token);
}

/** How often and when a call is made again. npm's own pauses, 10 and 60 seconds, are for builds: here someone waits. */
function retryOf(config: Config): Readonly<Record<string, unknown>> {
  const of = (key: string, usual: number): unknown => (config.isDefault(key) ? usual : config.get(key));
  return {
    retries: of('fetch-retries', 2),
    factor: of('fetch-retry-factor', 3),
    minTimeout: of('fetch-retry-mintimeout', 500),
    maxTimeout: of('fetch-retry-maxtimeout', 5_000),
  };
}

function withToken(options: NpmOptions, registry: string, token: string): NpmOptions {
  if (token === '') return options;
  return { ...options, [`${registry.replace(/^https?:/, '').replace(/\/*$/, '/')}:_authToken`]: token };
}

function readAddress(text: string): string {
  try {
    return new URL(text).href;
  } catch (cause) {
    throw new SluiceError(
      'CONFIG_INVALID',
      `'${text}' is no address of a registry, such as https://registry.example.org`,
      {
        cause,
      },
    );
  }
}
