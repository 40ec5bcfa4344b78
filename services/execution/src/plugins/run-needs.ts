import type { Capabilities, Generation, MountedBundle, PluginPackage } from '@sluice/kernel';
import { chooseBundles } from '@sluice/packages';
import { uniteCapabilities } from '@sluice/packages/node';
import { isPython } from '@sluice/python';
import type { ReadyFlow } from '../runs/flow-preparation.js';

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
export function needsOf(
  { checked, datasources }: Pick<ReadyFlow, 'checked' | 'datasources'>,
  { bundles, datasource }: Pick<Generation, 'bundles' | 'datasource'>,
): RunNeeds {
  const plugins = distinct(checked.stops.map(({ type }) => type.plugin));
  // The code of a datasource's type runs in the same process.
  const types = distinct(Object.values(datasources).flatMap(({ type }) => datasource(type)?.plugin ?? []));
  const uploaded = distinct([...plugins, ...types]).filter((plugin) => plugin.uploaded);
  const hasPython = plugins.some(({ entry }) => isPython(entry));
  const used = bundlesFor(distinct([...plugins, ...types]), bundles).filter(
    ({ kind }) => USED[kind]?.(hasPython) ?? false,
  );
  const packages = [...uploaded, ...used].map(({ digest }) => digest).sort();
  const extensions = used.flatMap(({ kind, path }) => (kind === 'duckdb-extension' ? [path] : [])).sort();
  if (uploaded.length === 0) return { packages, extensions };
  const asked = distinct([...plugins, ...uploaded]).map(({ capabilities }) => capabilities);
  const held = uploaded.map(({ digest }) => digest).sort();
  // The platform's own stops in the same run need what they need; its own types have what the stops that connect have.
  return {
    packages,
    extensions,
    confinement: { packages: held, capabilities: uniteCapabilities(asked) },
  };
}

function distinct(plugins: readonly PluginPackage[]): PluginPackage[] {
  return [...new Map(plugins.map((plugin) => [plugin.digest, plugin])).values()];
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
