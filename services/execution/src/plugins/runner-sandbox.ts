import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CheckedFlow } from '@sluice/flow';
import {
  modulesAbove,
  unite,
  type Capabilities,
  type Generation,
  type PluginPackage,
  type Sandbox,
} from '@sluice/kernel';

/** What the code of uploaded packages in a run may do, and which packages they are. */
export interface Confinement {
  /** The digests of the uploaded packages, sorted. */
  readonly packages: readonly string[];
  readonly capabilities: Capabilities;
}

/** The uploaded packages whose code a flow runs; undefined when there are none. */
export function confinementOf({ stops }: CheckedFlow): Confinement | undefined {
  const plugins = [...new Map(stops.map(({ type }) => [type.plugin.digest, type.plugin])).values()];
  const uploaded = plugins.filter((plugin) => plugin.uploaded);
  if (uploaded.length === 0) return undefined;
  // The platform's own stops in the same run need what they need.
  return {
    packages: uploaded.map(({ digest }) => digest).sort(),
    capabilities: unite(plugins.map((each) => each.capabilities)),
  };
}

/** Folders of a runner besides those of code. */
export interface RunnerFolders {
  /** What runs may read and write. */
  readonly data: readonly string[];
  /** Unpacked packages. */
  readonly packages: string;
}

/** The sandbox of a runner that runs uploaded code. Native code is allowed for the engine; the runner itself bars the rest. */
export function runnerSandbox(
  { network, read, write, processes }: Capabilities,
  generation: Generation,
  { data, packages }: RunnerFolders,
): Sandbox {
  const own = generation.plugins.flatMap(({ plugin }) => (plugin.uploaded ? [] : [plugin]));
  return {
    read: [...new Set([...codeFolders(own), packages, ...read])],
    write: [...data, ...write],
    processes,
    native: true,
    network: network.length > 0,
  };
}

/** The code of the runner, of the platform's packages that it imports, and of plugins that lie in folders. */
function codeFolders(plugins: readonly PluginPackage[]): string[] {
  const runner = realpathSync(fileURLToPath(new URL('../..', import.meta.url)));
  const folders = [runner, ...plugins.map(({ folder }) => folder)];
  const modules = [...new Set(folders.flatMap(modulesAbove))];
  const linked = modules.flatMap((folder) => {
    const scope = join(folder, '@sluice');
    return existsSync(scope) ? readdirSync(scope).map((name) => realpathSync(join(scope, name))) : [];
  });
  return [...folders, ...modules, ...linked];
}
