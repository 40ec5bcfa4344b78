import { join, relative } from 'node:path';
import {
  checkManifest,
  type Capabilities,
  type MountedBundle,
  type MountedPlugin,
  type MountedSet,
  type PluginPackage,
} from '@sluice/kernel';
import { SluiceError } from '@sluice/plugin-sdk';
import { PluginKind, type GenerationMember } from '@sluice/proto/catalog/v1/plugin';
import type {
  FetchPackageResponse,
  GetNodeGenerationRequest,
  GetNodeGenerationResponse,
  PackageDescription,
} from '@sluice/proto/catalog/v1/plugin_node_service';
import { chooseBundles } from '../bundles.js';
import type { PackageStore } from '../package-store.js';

const KEPT_DESCRIPTIONS = 100;

/** The kinds of bundles. */
const BUNDLES: Readonly<Partial<Record<PluginKind, string>>> = {
  [PluginKind.PLUGIN_KIND_SPARK_JAR]: 'spark-jar',
  [PluginKind.PLUGIN_KIND_DUCKDB_EXTENSION]: 'duckdb-extension',
  [PluginKind.PLUGIN_KIND_NODE_PACKAGE]: 'node-package',
  [PluginKind.PLUGIN_KIND_PYTHON_WHEEL]: 'python-wheel',
};

/** What the catalog tells of generations and packages. */
export interface PackageCatalog {
  getNodeGeneration(request: GetNodeGenerationRequest): Promise<GetNodeGenerationResponse>;
  fetchPackage(request: { readonly digest: string }): AsyncIterable<FetchPackageResponse>;
}

/** The catalog's generations, and their packages unpacked in a folder of this machine. */
export class CatalogGenerations {
  readonly #descriptions = new Map<string, PackageDescription>();
  readonly #packages: PackageStore;
  readonly #catalog: PackageCatalog;

  constructor(packages: PackageStore, catalog: PackageCatalog) {
    this.#packages = packages;
    this.#catalog = catalog;
  }

  /** The set of a generation, with every package fetched and unpacked; without a number, of the present one. */
  async load(number?: number): Promise<MountedSet> {
    const set = await this.outline(number);
    const bundles = await Promise.all(set.bundles.map((each) => this.placeBundle(each)));
    const place = (each: MountedPlugin) =>
      this.place(each.plugin, bundles).then((plugin): MountedPlugin => ({ ...each, plugin }));
    return { ...set, bundles, plugins: await Promise.all(set.plugins.map(place)) };
  }

  /** The same with nothing fetched: nothing in it can be loaded before it has got its {@link place}. */
  async outline(number?: number): Promise<MountedSet> {
    const knownDigests = [...this.#descriptions.keys()];
    const request = { number: number === undefined ? undefined : BigInt(number), knownDigests };
    const { generation, packages, missing } = await this.#catalog.getNodeGeneration(request);
    for (const each of packages) this.#descriptions.set(each.digest, each);
    const members = generation?.members ?? [];
    const described = members.map((member) => ({ member, about: this.#describe(member.digest) }));
    this.#forget(new Set(members.map(({ digest }) => digest)));
    return {
      number: Number(generation?.number ?? 0n),
      plugins: described.flatMap(({ member, about }) => this.#toPlugin(member, about)),
      missing,
      bundles: described.flatMap(({ member, about }) => toBundle(member, about)),
    };
  }

  /** A plugin of a set where it can be loaded: unpacked, with the npm packages that it names. */
  async place(plugin: PluginPackage, bundles: readonly MountedBundle[]): Promise<PluginPackage> {
    const { digest } = plugin;
    await this.#packages.ensure(digest, () => this.#fetch(digest));
    const modules = chooseBundles(plugin.bundles, bundles).chosen.filter(({ kind }) => kind === 'node-package');
    if (modules.length === 0) return plugin;
    for (const each of modules) await this.placeBundle(each);
    const folder = await this.#packages.link(digest, modules);
    return { ...plugin, folder, entry: join(folder, relative(plugin.folder, plugin.entry)) };
  }

  /** A bundle of a set where it lies unpacked. A jar stays where it is: no engine here loads it. */
  async placeBundle(bundle: MountedBundle): Promise<MountedBundle> {
    const { digest, kind } = bundle;
    if (kind === 'spark-jar') return bundle;
    const { fileName } = this.#describe(digest);
    const folder = await this.#packages.ensure(digest, () => this.#fetch(digest), fileName);
    return { ...bundle, path: kind === 'duckdb-extension' ? join(folder, fileName) : folder };
  }

  #toPlugin({ digest, isDefault, wins }: GenerationMember, about: PackageDescription): MountedPlugin[] {
    const { name, version, kind, entry, manifest, capabilities, bundles } = about;
    const isStops = kind === PluginKind.PLUGIN_KIND_STOPS;
    if (!isStops && kind !== PluginKind.PLUGIN_KIND_ENGINES) return [];
    const folder = this.#packages.folderOf(digest);
    const plugin: PluginPackage = {
      ...{ name, version, digest, folder, bundles },
      entry: join(folder, entry),
      kind: isStops ? 'stops' : 'engines',
      sdk: '',
      uploaded: true,
      capabilities: fromWire(capabilities),
    };
    return [{ plugin, manifest: checkManifest(JSON.parse(manifest)), isDefault, wins }];
  }

  #describe(digest: string): PackageDescription {
    const description = this.#descriptions.get(digest);
    if (description === undefined) throw new SluiceError('INTERNAL', `the catalog did not describe ${digest}`);
    return description;
  }

  #forget(members: ReadonlySet<string>): void {
    for (const digest of this.#descriptions.keys()) {
      if (this.#descriptions.size <= KEPT_DESCRIPTIONS) return;
      if (!members.has(digest)) this.#descriptions.delete(digest);
    }
  }

  async *#fetch(digest: string): AsyncGenerator<Uint8Array> {
    for await (const { chunk } of this.#catalog.fetchPackage({ digest })) yield chunk;
  }
}

function toBundle({ digest, declaredOnly }: GenerationMember, about: PackageDescription): MountedBundle[] {
  const kind = BUNDLES[about.kind];
  const { name, version } = about;
  return kind === undefined ? [] : [{ name, version, digest, kind, path: '', declaredOnly }];
}

function fromWire(given: PackageDescription['capabilities']): Capabilities {
  return {
    network: given?.network ?? [],
    read: given?.readPaths ?? [],
    write: given?.writePaths ?? [],
    processes: given?.processes ?? false,
    native: given?.native ?? false,
    environment: given?.environment ?? [],
  };
}
