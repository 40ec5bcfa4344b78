import { createHash } from 'node:crypto';
import {
  nearest,
  SluiceError,
  type DatasourceManifest,
  type PluginManifest,
  type StopManifest,
} from '@sluice/plugin-sdk';
import compare from 'semver/functions/compare.js';
import satisfies from 'semver/functions/satisfies.js';
import validRange from 'semver/ranges/valid.js';
import type { PluginPackage, Refusal } from './discovery.js';

/** A plugin whose contributions runs can use. */
export interface MountedPlugin {
  readonly plugin: PluginPackage;
  readonly manifest: PluginManifest;
  /** Whether flows that pin no version get this one, among several of one plugin; default no. */
  readonly isDefault?: boolean;
  /** Whether it takes names that other plugins claim; default no: it is refused then. */
  readonly wins?: boolean;
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

/** A version of a plugin that is kept and that runs cannot use. */
export interface MissingPlugin {
  readonly name: string;
  readonly version: string;
  /** The names and aliases of its stop types. */
  readonly stops: readonly string[];
  /** Why it is missing, and the remedy. */
  readonly why: string;
  readonly quarantined: boolean;
  /** Whether flows that pin no version want this one: none of its other versions is taken in its place. */
  readonly isDefault?: boolean;
}

/** What the code of plugins uses, and no plugin: an npm package, a wheel, an extension of an engine. */
export interface MountedBundle {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly kind: string;
  /** Where it lies, absolute; empty where it is not unpacked. */
  readonly path: string;
  /** Whether only plugins that name it have it; else every run. */
  readonly declaredOnly: boolean;
}

/** What a generation has besides the plugins of folders. */
export interface MountedSet {
  /** Counts the sets: a later one has a larger number; 0 is the empty one. */
  readonly number: number;
  readonly plugins: readonly MountedPlugin[];
  readonly missing: readonly MissingPlugin[];
  readonly bundles: readonly MountedBundle[];
}

/** One version of the set of mounted contributions. It never changes; a run is pinned to one. */
export interface Generation {
  /** Made from the digests of its plugins, so equal on every node that has the same plugins. */
  readonly id: string;
  /** The number of the set of uploaded plugins in it; 0 when there are none. */
  readonly number: number;
  readonly plugins: readonly MountedPlugin[];
  /** The stop types that flows get when they pin no version, in the order of their names. */
  readonly stops: readonly MountedStop[];
  readonly engines: readonly MountedEngine[];
  readonly datasources: readonly MountedDatasource[];
  readonly bundles: readonly MountedBundle[];
  /** A type of datasource by its name or an alias, in any case. */
  datasource(name: string): MountedDatasource | undefined;
  /**
   * A stop type by its name or an alias; blanks and case count only where two names differ by nothing else. With
   * `@<version>` or `@<range>` behind the name, from the newest version of its plugin that fits.
   */
  stop(name: string): MountedStop | undefined;
  engine(name: string): MountedEngine | undefined;
  /** Why a stop type is not there, when it is known: its plugin was unmounted or quarantined. */
  missing(name: string): MissingPlugin | undefined;
  /** The versions in which a stop type can be pinned, the default first. */
  versions(name: string): readonly string[];
  /** The names of stop types nearest to a misspelt one, nearest first, at most three. */
  nearest(name: string): string[];
}

export const EMPTY_SET: MountedSet = { number: 0, plugins: [], missing: [], bundles: [] };

/**
 * Makes the generation of a set of plugins. A plugin that claims a name which another one before it in the list has is
 * refused as a whole, so that no flow gets another stop than it had. Versions of one plugin share its names.
 */
export function createGeneration(
  candidates: readonly MountedPlugin[],
  { number, missing, bundles }: Omit<MountedSet, 'plugins'> = EMPTY_SET,
): { readonly generation: Generation; readonly refusals: readonly Refusal[] } {
  const mounted: MountedPlugin[] = [];
  const refusals: Refusal[] = [];
  const claims = new Map<string, PluginPackage>();
  // Who wins is asked first; among the others, the order counts.
  for (const candidate of [...candidates].sort((a, b) => Number(b.wins ?? false) - Number(a.wins ?? false))) {
    const names = claimsOf(candidate);
    const taken = names.find((name) => isTaken(claims.get(name), candidate.plugin));
    const owner = taken === undefined ? undefined : claims.get(taken);
    if (taken !== undefined && owner !== undefined && !mounted.some((each) => each.wins && each.plugin === owner)) {
      refusals.push(conflict(candidate.plugin, owner, taken));
      continue;
    }
    for (const name of names) if (!isTaken(claims.get(name), candidate.plugin)) claims.set(name, candidate.plugin);
    mounted.push(candidate);
  }
  return { generation: generationOf(mounted, number, missing, bundles), refusals };
}

/** Whether a name is another plugin's, or one of a folder plugin's other version. */
function isTaken(owner: PluginPackage | undefined, plugin: PluginPackage): boolean {
  if (owner === undefined) return false;
  return owner.name !== plugin.name || !owner.uploaded || !plugin.uploaded;
}

function generationOf(
  plugins: readonly MountedPlugin[],
  number: number,
  missing: readonly MissingPlugin[],
  bundles: readonly MountedBundle[],
): Generation {
  const digests = [
    ...plugins.map(({ plugin, isDefault }) => `${plugin.name}\0${plugin.digest}\0${isDefault ?? false}\n`),
    ...bundles.map(({ name, digest, declaredOnly }) => `${name}\0${digest}\0${declaredOnly}\n`),
  ];
  const id = createHash('sha256').update(digests.sort().join('')).digest('hex').slice(0, 16);
  const exact = new Map<string, MountedStop[]>();
  const engines: MountedEngine[] = [];
  const datasources: MountedDatasource[] = [];
  for (const { plugin, manifest } of inOrder(plugins)) {
    for (const stop of manifest.stops) {
      for (const name of [stop.name, ...stop.aliases]) {
        exact.set(name, [...(exact.get(name) ?? []), { manifest: stop, plugin }]);
      }
    }
    engines.push(...manifest.engines.map((engine) => ({ manifest: engine, plugin })));
    datasources.push(...(manifest.datasources ?? []).map((type) => ({ manifest: type, plugin })));
  }
  const lenient = new Map([...exact].reverse().map(([name, found]) => [lenientName(name), found]));
  const find = (name: string): readonly MountedStop[] => exact.get(name) ?? lenient.get(lenientName(name)) ?? [];
  const blocked = new Set(
    missing.filter((each) => each.isDefault).flatMap((each) => each.stops.map((name) => lenientName(name))),
  );
  const stops = [...exact].flatMap(([name, [first]]) =>
    first?.manifest.name === name && !blocked.has(lenientName(name)) ? [first] : [],
  );
  stops.sort((a, b) => (a.manifest.name < b.manifest.name ? -1 : 1));
  const ghosts = new Map(missing.flatMap((each) => each.stops.map((name) => [lenientName(name), each] as const)));
  return Object.freeze({
    id,
    number,
    plugins: Object.freeze(plugins),
    stops: Object.freeze(stops),
    engines: Object.freeze(engines),
    datasources: Object.freeze(datasources),
    bundles,
    datasource: (name: string) =>
      datasources.find(({ manifest }) =>
        [manifest.name, ...manifest.aliases].some((each) => lenientName(each) === lenientName(name)),
      ),
    stop(name: string) {
      const plain = find(name);
      if (plain.length > 0) return blocked.has(lenientName(name)) ? undefined : plain[0];
      const { base, range } = splitPin(name);
      if (range === undefined) return undefined;
      const fitting = find(base).filter(({ plugin }) => satisfies(plugin.version, range));
      return fitting.sort((a, b) => compare(b.plugin.version, a.plugin.version))[0];
    },
    engine: (name: string) => engines.find(({ manifest }) => manifest.name === name),
    missing(name: string) {
      const { base, range } = splitPin(name);
      if (range === undefined) return ghosts.get(lenientName(name));
      const wanted = missing.filter((each) => satisfies(each.version, range));
      return wanted.find((each) => each.stops.some((stop) => lenientName(stop) === lenientName(base)));
    },
    versions: (name: string) => find(splitPin(name).base).map(({ plugin }) => plugin.version),
    nearest(name: string) {
      const near = nearest(name.replace(/\s+/g, ''), exact.keys());
      if (near.length > 0) return near;
      // A class that moved to another package: `cn.piflow.bundle.old.CsvParser`.
      const last = lenientName(name).split('.').at(-1);
      return [...exact.keys()].filter((each) => lenientName(each).split('.').at(-1) === last).slice(0, 3);
    },
  });
}

/** Winners first; of one plugin the default first, then the newest. */
function inOrder(plugins: readonly MountedPlugin[]): MountedPlugin[] {
  const places = new Map([...plugins].reverse().map(({ plugin }, index) => [plugin.name, -index]));
  const place = ({ plugin }: MountedPlugin): number => places.get(plugin.name) ?? 0;
  return [...plugins].sort(
    (a, b) =>
      Number(b.wins ?? false) - Number(a.wins ?? false) ||
      place(a) - place(b) ||
      Number(b.isDefault ?? false) - Number(a.isDefault ?? false) ||
      compare(b.plugin.version, a.plugin.version),
  );
}

/** `acme.Read@^1.2` is the stop type `acme.Read` in a version that `^1.2` allows. */
function splitPin(name: string): { readonly base: string; readonly range: string | undefined } {
  const at = name.lastIndexOf('@');
  const range = at > 0 ? validRange(name.slice(at + 1).trim()) : null;
  return range === null ? { base: name, range: undefined } : { base: name.slice(0, at), range };
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
  const place = ({ folder, uploaded }: PluginPackage): string => (uploaded ? '(uploaded)' : `in ${folder}`);
  const message =
    `plugin '${refused.name}' ${refused.version} ${place(refused)} claims ${claim}, which '${owner.name}' ` +
    `${owner.version} ${place(owner)} has; remove one of the two, or rename it`;
  const details = { plugin: refused.name, owner: owner.name, claim };
  return { folder: refused.folder, error: new SluiceError('PLUGIN_CONFLICT', message, { details }) };
}
