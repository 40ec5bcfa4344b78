import { existsSync, mkdirSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { modulesAbove, type Capabilities, type Generation, type PluginPackage, type Sandbox } from '@sluice/kernel';

/** What several packages ask for together. */
export function uniteCapabilities(all: readonly Capabilities[]): Capabilities {
  const list = (key: 'network' | 'read' | 'write' | 'environment'): string[] => [
    ...new Set(all.flatMap((each) => each[key])),
  ];
  return {
    network: list('network'),
    read: list('read'),
    write: list('write'),
    processes: all.some((each) => each.processes),
    native: all.some((each) => each.native),
    environment: list('environment'),
  };
}

/** Folders of a child process with code of packages. */
export interface SandboxFolders {
  /** The package of the platform's own code in it. */
  readonly code: string;
  /** What it may read and write. */
  readonly data: readonly string[];
  /** Unpacked packages. */
  readonly packages: string;
}

/**
 * The sandbox of a process that runs uploaded code. Native code is allowed, for the platform's own needs it: the process
 * itself bars the rest.
 */
export function packageSandbox(
  { network, read, write, processes }: Capabilities,
  generation: Generation,
  { code, data, packages }: SandboxFolders,
): Sandbox {
  const own = generation.plugins.flatMap(({ plugin }) => (plugin.uploaded ? [] : [plugin]));
  return {
    read: [...new Set([...codeFolders(code, own), packages, ...read])],
    write: [...data, ...write],
    processes,
    native: true,
    network: network.length > 0,
  };
}

/** The platform's code in the process, the packages that it imports, and plugins that lie in folders. */
function codeFolders(code: string, plugins: readonly PluginPackage[]): string[] {
  const folders = [realpathSync(code), ...plugins.map(({ folder }) => folder)];
  const modules = [...new Set(folders.flatMap(modulesAbove))];
  const linked = modules.flatMap((folder) => {
    const scope = join(folder, '@sluice');
    return existsSync(scope) ? readdirSync(scope).map((name) => realpathSync(join(scope, name))) : [];
  });
  return [...folders, ...modules, ...linked];
}

/** Folders with what they lead to, for a sandbox; those that are not there yet are made, or they could not be named. */
export function withReal(folders: readonly string[]): string[] {
  const real = folders.map((folder) => {
    mkdirSync(folder, { recursive: true });
    return realpathSync(folder);
  });
  return [...folders, ...real];
}

/** The hosts to which a process is held; undefined when it may reach any, or has no network at all. */
export function singleHosts({ network }: Capabilities): readonly string[] | undefined {
  return network.length === 0 || network.includes('*') ? undefined : network;
}

/** The variables of this process that were granted. */
export function grantedEnvironment({ environment }: Capabilities): Record<string, string> {
  return Object.fromEntries(environment.map((name) => [name, process.env[name] ?? '']));
}
