import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CheckedFlow } from '@sluice/flow';
import { chooseBundles } from '@sluice/packages';
import { isPython } from '@sluice/python';
import {
  modulesAbove,
  type Capabilities,
  type Generation,
  type MountedBundle,
  type PluginPackage,
  type Sandbox,
} from '@sluice/kernel';

/** What the code of uploaded packages in a run may do, and which packages they are. */
export interface Confinement {
  /** The digests of the uploaded packages, sorted. */
  readonly packages: readonly string[];
  readonly capabilities: Capabilities;
}

/** What a run needs of its node besides an engine. */
export interface RunNeeds {
  /** The digests of all uploaded packages that it uses, bundles included. */
  readonly packages: readonly string[];
  /** Absent when it runs no uploaded code in JavaScript or Python. */
  readonly confinement?: Confinement | undefined;
  /** The files of extensions that its engine loads. */
  readonly extensions: readonly string[];
}

/** What a flow needs in a generation. */
export function needsOf({ stops }: CheckedFlow, { bundles }: Pick<Generation, 'bundles'>): RunNeeds {
  const plugins = [...new Map(stops.map(({ type }) => [type.plugin.digest, type.plugin])).values()];
  const uploaded = plugins.filter((plugin) => plugin.uploaded);
  const hasPython = plugins.some(({ entry }) => isPython(entry));
  const used = bundlesFor(plugins, bundles).filter(({ kind }) => USED[kind]?.(hasPython) ?? false);
  const packages = [...uploaded, ...used].map(({ digest }) => digest).sort();
  const extensions = used.flatMap(({ kind, path }) => (kind === 'duckdb-extension' ? [path] : [])).sort();
  if (uploaded.length === 0) return { packages, extensions };
  const held = uploaded.map(({ digest }) => digest).sort();
  // The platform's own stops in the same run need what they need.
  return {
    packages,
    extensions,
    confinement: { packages: held, capabilities: unite(plugins.map((each) => each.capabilities)) },
  };
}

/** What several packages ask for together. */
function unite(all: readonly Capabilities[]): Capabilities {
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

/** The kinds of bundles that a run uses; jars are for Spark. */
const USED: Readonly<Record<string, (hasPython: boolean) => boolean>> = {
  'duckdb-extension': () => true,
  'node-package': () => true,
  'python-wheel': (hasPython) => hasPython,
};

/** The bundles that plugins have in a run: those for every run, and those that they name. */
export function bundlesFor(plugins: readonly PluginPackage[], bundles: readonly MountedBundle[]): MountedBundle[] {
  const named = plugins.flatMap((each) => chooseBundles(each.bundles, bundles).chosen);
  return [...new Set([...bundles.filter(({ declaredOnly }) => !declaredOnly), ...named])];
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
