import { createHash } from 'node:crypto';
import {
  nearest,
  SluiceError,
  type DatasourceManifest,
  type PluginManifest,
  type StopManifest,
} from '@sluice/plugin-sdk';
import type { PluginPackage, Refusal } from './discovery.js';

/** A plugin whose contributions runs can use. */
export interface MountedPlugin {
  readonly plugin: PluginPackage;
  readonly manifest: PluginManifest;
}

/** A stop type that flows can use. */
export interface MountedStop {
  readonly manifest: StopManifest;
  readonly plugin: PluginPackage;
}

/** An engine that runs can use. */
export interface MountedEngine {
  readonly manifest: PluginManifest['engines'][number];
  readonly plugin: PluginPackage;
}

/** A type of datasource that flows can use. */
export interface MountedDatasource {
  readonly manifest: DatasourceManifest;
  readonly plugin: PluginPackage;
}

/** One version of the set of mounted contributions. It never changes; a run is pinned to one. */
export interface Generation {
  /** Made from the digests of its plugins, so equal on every node that has the same plugins. */
  readonly id: string;
  readonly plugins: readonly MountedPlugin[];
  /** All stop types in the order of their names. */
  readonly stops: readonly MountedStop[];
  readonly engines: readonly MountedEngine[];
  readonly datasources: readonly MountedDatasource[];
  /** A type of datasource by its name or an alias, in any case. */
  datasource(name: string): MountedDatasource | undefined;
  /** A stop type by its name or an alias; blanks and case count only where two names differ by nothing else. */
  stop(name: string): MountedStop | undefined;
  engine(name: string): MountedEngine | undefined;
  /** The names of stop types nearest to a misspelt one, nearest first, at most three. */
  nearest(name: string): string[];
}

/**
 * Makes the generation of a set of plugins. A plugin that claims a name which one before it in the list has is refused
 * as a whole, so that no flow gets another stop than it had.
 */
export function createGeneration(candidates: readonly MountedPlugin[]): {
  readonly generation: Generation;
  readonly refusals: readonly Refusal[];
} {
  const mounted: MountedPlugin[] = [];
  const refusals: Refusal[] = [];
  const claims = new Map<string, PluginPackage>();
  for (const candidate of candidates) {
    const names = claimsOf(candidate);
    const taken = names.find((name) => claims.has(name));
    if (taken !== undefined) refusals.push(conflict(candidate.plugin, claims.get(taken) as PluginPackage, taken));
    else {
      for (const name of names) claims.set(name, candidate.plugin);
      mounted.push(candidate);
    }
  }
  return { generation: generationOf(mounted), refusals };
}

function generationOf(plugins: readonly MountedPlugin[]): Generation {
  const digests = plugins.map(({ plugin }) => `${plugin.name}\0${plugin.digest}\n`).sort();
  const id = createHash('sha256').update(digests.join('')).digest('hex').slice(0, 16);
  const stops = plugins.flatMap(({ plugin, manifest }) => manifest.stops.map((stop) => ({ manifest: stop, plugin })));
  stops.sort((a, b) => (a.manifest.name < b.manifest.name ? -1 : 1));
  const engines = plugins.flatMap(({ plugin, manifest }) =>
    manifest.engines.map((engine) => ({ manifest: engine, plugin })),
  );
  const datasources = plugins.flatMap(({ plugin, manifest }) =>
    (manifest.datasources ?? []).map((type) => ({ manifest: type, plugin })),
  );
  const exact = new Map(
    stops.flatMap((stop) => [stop.manifest.name, ...stop.manifest.aliases].map((name) => [name, stop])),
  );
  const lenient = new Map([...exact].reverse().map(([name, stop]) => [lenientName(name), stop]));
  return Object.freeze({
    id,
    plugins: Object.freeze(plugins),
    stops: Object.freeze(stops),
    engines: Object.freeze(engines),
    datasources: Object.freeze(datasources),
    datasource: (name: string) =>
      datasources.find(({ manifest }) =>
        [manifest.name, ...manifest.aliases].some((each) => lenientName(each) === lenientName(name)),
      ),
    stop: (name: string) => exact.get(name) ?? lenient.get(lenientName(name)),
    engine: (name: string) => engines.find(({ manifest }) => manifest.name === name),
    nearest(name: string) {
      const near = nearest(name.replace(/\s+/g, ''), exact.keys());
      if (near.length > 0) return near;
      // A class that moved to another package: `cn.piflow.bundle.old.CsvParser`.
      const last = lenientName(name).split('.').at(-1);
      return [...exact.keys()].filter((each) => lenientName(each).split('.').at(-1) === last).slice(0, 3);
    },
  });
}

/** The manual of PiFlow prints bundles as `cn.PiFlow .bundle.xml.XmlParser`. */
function lenientName(name: string): string {
  return name.replace(/\s+/g, '').toLowerCase();
}

/** All names that nobody else may have: of the package, of its stops with aliases, of its engines. */
function claimsOf({ plugin, manifest }: MountedPlugin): string[] {
  return [
    `plugin '${plugin.name}'`,
    ...manifest.stops.flatMap((stop) => [stop.name, ...stop.aliases].map((name) => `stop '${name}'`)),
    ...manifest.engines.map((engine) => `engine '${engine.name}'`),
    ...(manifest.datasources ?? []).map(({ name }) => `type of datasource '${name}'`),
  ];
}

function conflict(refused: PluginPackage, owner: PluginPackage, claim: string): Refusal {
  const message =
    `plugin '${refused.name}' ${refused.version} in ${refused.folder} claims ${claim}, which '${owner.name}' ` +
    `${owner.version} in ${owner.folder} has; remove one of the two, or rename it`;
  const details = { plugin: refused.name, owner: owner.name };
  return { folder: refused.folder, error: new SluiceError('PLUGIN_CONFLICT', message, { details }) };
}
