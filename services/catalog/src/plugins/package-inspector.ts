import type { Config } from '@sluice/chassis';
import { SluiceError } from '@sluice/chassis';
import { inspectUploaded, NO_CAPABILITIES, readUploaded, type Generation, type Kernel } from '@sluice/kernel';
import { chooseBundles, readJar, SITE, type PackageStore } from '@sluice/packages';
import { findPython, isPython, readWheel, wheelFits } from '@sluice/python';
import { readdir, readFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import coerce from 'semver/functions/coerce.js';
import valid from 'semver/functions/valid.js';
import { inject, injectable, type InjectionToken } from 'tsyringe';
import { KERNEL } from '../stops/stops.service.js';
import { inspectExtension } from './inspect-extension.js';
import { inspectPython } from './inspect-python.js';
import { PACKAGE_BYTES, type PackageBytes } from './packages.store.js';
import { PLUGIN_SET, type PluginSet } from './plugin-set.js';
import type { PackageFacts, PackageKind, PluginRecord } from './plugin-record.js';
import { CONFIG, PACKAGES } from './tokens.js';

export const PACKAGE_INSPECTOR: InjectionToken<PackageInspector> = Symbol('PackageInspector');

/** How long one inspection may take, and how much memory. */
const INSPECTION = { timeoutMs: 10_000, memoryBytes: 2 ** 29 };

/** What inspection finds out about an archive. */
export type Found = Pick<PluginRecord, 'name' | 'version' | 'kind' | 'manifest'> & {
  readonly facts: Omit<PackageFacts, 'signature'>;
};

/** What is known of an archive before anybody has looked into it. */
export interface ArchiveClaims {
  readonly digest: string;
  readonly fileName: string;
  /** Whether it must be a plugin: a jar is refused then. */
  readonly mustBePlugin: boolean;
  /** What it is said to be; undefined when its file is to tell. */
  readonly kind: PackageKind | undefined;
}

const NO_MANIFEST = { stops: [], engines: [] };
const NO_FACTS = { sdk: '', entry: '', capabilities: NO_CAPABILITIES, examples: [], contents: [], bundles: {} };

/** Looks into archives: what they are, and what they contribute. Nothing of a bundle runs here but what is said. */
@injectable()
export class PackageInspector {
  readonly #bytes: PackageBytes;
  readonly #packages: PackageStore;
  readonly #kernel: Kernel;
  readonly #set: PluginSet;
  readonly #config: Config;

  constructor(
    @inject(PACKAGE_BYTES) bytes: PackageBytes,
    @inject(PACKAGES) packages: PackageStore,
    @inject(KERNEL) kernel: Kernel,
    @inject(PLUGIN_SET) set: PluginSet,
    @inject(CONFIG) config: Config,
  ) {
    this.#bytes = bytes;
    this.#packages = packages;
    this.#kernel = kernel;
    this.#set = set;
    this.#config = config;
  }

  /** What an archive is, by its kind; throws what is wrong with it. */
  async inspect(claims: ArchiveClaims): Promise<Found> {
    const { fileName, digest } = claims;
    if (/\.jar$/i.test(fileName)) return this.#readJar(claims);
    const folder = await this.#packages.ensure(digest, () => this.#bytes.read(digest), fileName);
    if (/\.whl$/i.test(fileName)) return this.#readWheel(folder, claims);
    if (/\.duckdb_extension$/i.test(fileName)) return this.#readExtension(folder, claims);
    if (claims.kind === 'node-package') return readNodePackage(folder);
    if (await isComponent(folder)) return this.#readComponent(folder, claims);
    return this.#readPlugin(folder, digest);
  }

  /** What the platform has without any upload. */
  get #own(): Generation {
    return this.#kernel.compose({ number: 0, plugins: [], missing: [], bundles: [] }).generation;
  }

  async #readPlugin(folder: string, digest: string): Promise<Found> {
    const declared = await readUploaded(folder, digest);
    const { name, version, kind, sdk, capabilities, bundles } = declared;
    if (this.#own.plugins.some(({ plugin }) => plugin.name === name)) {
      const message = `a plugin '${name}' comes with this platform; give the package a name of its own`;
      throw new SluiceError('PLUGIN_CONFLICT', message, { details: { plugin: name } });
    }
    const entry = relative(folder, declared.entry).split(sep).join('/');
    const { chosen, lacking } = chooseBundles(bundles, this.#set.generation.bundles);
    if (lacking.length > 0) throw bundlesMissing(name, version, lacking);
    const engine = this.#own.engine('duckdb');
    const { manifest, examples } = isPython(entry)
      ? await this.#inspectPython(folder, declared.entry, declared, chosen)
      : await inspectUploaded(
          { ...declared, ...(await this.#linked(declared.entry, folder, digest, chosen)) },
          INSPECTION,
          engine && { name: 'duckdb', entry: engine.plugin.entry },
        );
    const facts = { sdk, entry, capabilities, examples, contents: [], bundles };
    return { name, version, kind: kind satisfies PackageKind, manifest, facts };
  }

  /** Where a package lies with the npm packages that it imports. */
  async #linked(
    entry: string,
    folder: string,
    digest: string,
    bundles: readonly { readonly name: string; readonly digest: string; readonly kind: string }[],
  ): Promise<{ readonly folder: string; readonly entry: string }> {
    const modules = bundles.filter(({ kind }) => kind === 'node-package');
    if (modules.length === 0) return { folder, entry };
    for (const each of modules) await this.#packages.ensure(each.digest, () => this.#bytes.read(each.digest));
    const linked = await this.#packages.link(digest, modules);
    return { folder: linked, entry: join(linked, relative(folder, entry)) };
  }

  async #inspectPython(
    folder: string,
    entry: string,
    about: Parameters<typeof inspectPython>[2],
    bundles: readonly { readonly digest: string; readonly kind: string; readonly path: string }[] = [],
  ): ReturnType<typeof inspectPython> {
    const python = await findPython(this.#config.python.command);
    const { generation } = this.#set;
    const wheels = [...generation.bundles.filter(({ declaredOnly }) => !declaredOnly), ...bundles];
    const path = [folder, join(folder, SITE)];
    for (const each of wheels) {
      if (each.kind !== 'python-wheel') continue;
      path.push(await this.#packages.ensure(each.digest, () => this.#bytes.read(each.digest), '.whl'));
    }
    return inspectPython(python, entry, about, { ...INSPECTION, timeoutMs: 30_000 }, path);
  }

  /** Scripts that PiFlow runs in containers. */
  async #readComponent(folder: string, { fileName, digest }: ArchiveClaims): Promise<Found> {
    const { name, version } = nameOfFile(fileName, digest, /\.(zip|tgz|tar\.gz)$/i);
    // Whoever mounts it knows scripts that may do what a container may: they ask for it all.
    const capabilities = { ...NO_CAPABILITIES, native: true, network: ['*'] };
    const about = { name, version, capabilities };
    const { manifest, examples } = await this.#inspectPython(folder, folder + sep, about);
    return { name, version, kind: 'stops', manifest, facts: { ...NO_FACTS, entry: './', capabilities, examples } };
  }

  /** A jar is kept for Spark; nothing of it runs here. */
  async #readJar({ digest, fileName, mustBePlugin }: ArchiveClaims): Promise<Found> {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-jar-'));
    try {
      const file = join(folder, 'archive.jar');
      await pipeline(this.#bytes.read(digest), createWriteStream(file));
      const { manifest, classes, stops } = await readJar(file);
      if (mustBePlugin) throw this.#jarIsNoPlugin(fileName, stops);
      const { name, version } = nameOfFile(fileName, digest, /\.jar$/i, manifest['Implementation-Version']);
      return { name, version, kind: 'spark-jar', manifest: NO_MANIFEST, facts: { ...NO_FACTS, contents: classes } };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  #jarIsNoPlugin(fileName: string, stops: readonly string[]): SluiceError {
    const { generation } = this.#set;
    const known = stops.filter((name) => generation.stop(name) !== undefined);
    const rest = stops.filter((name) => !known.includes(name));
    const list = (names: readonly string[]): string => names.slice(0, 50).join(', ') || 'none';
    const message =
      `'${fileName}' is a jar: it needs a Java machine, and stops here are npm packages. ` +
      `Of the stops in it, Sluice has already: ${list(known)}; it does not have: ${list(rest)}`;
    return new SluiceError('PLUGIN_INVALID', message, { details: { known: known.join(), unknown: rest.join() } });
  }

  async #readWheel(folder: string, { fileName, digest }: ArchiveClaims): Promise<Found> {
    const python = await findPython(this.#config.python.command);
    const unfit = wheelFits(fileName, python);
    if (unfit !== undefined) {
      const message = `the wheel '${fileName}' ${unfit}; upload one that fits`;
      throw new SluiceError('PLUGIN_INVALID', message, { details: { plugin: fileName } });
    }
    const { name, version, modules, native } = await readWheel(folder, fileName);
    const capabilities = { ...NO_CAPABILITIES, native };
    const facts = { ...NO_FACTS, capabilities, contents: modules };
    const number = valid(version) ?? coerce(version)?.version ?? `0.0.0-${digest.slice(0, 12)}`;
    return { name, version: number, kind: 'python-wheel', manifest: NO_MANIFEST, facts };
  }

  async #readExtension(folder: string, { fileName, digest }: ArchiveClaims): Promise<Found> {
    const engine = this.#own.engine('duckdb');
    if (engine === undefined) throw new SluiceError('PLUGIN_INVALID', 'there is no engine that takes extensions');
    const file = join(folder, fileName);
    const { version, functions } = await inspectExtension({ name: 'duckdb', entry: engine.plugin.entry }, file);
    const number = valid(version) ?? coerce(version)?.version ?? '0.0.0';
    // What has no version of its own is told apart by what it is.
    const build = valid(version) === null && /^v?\d/.test(version) === false ? `-${digest.slice(0, 12)}` : '';
    const facts = { ...NO_FACTS, capabilities: { ...NO_CAPABILITIES, native: true }, contents: functions };
    const name = fileName.replace(/\.duckdb_extension$/i, '');
    return { name, version: `${number}${build}`, kind: 'duckdb-extension', manifest: NO_MANIFEST, facts };
  }
}

/** The error of a package whose bundles are not mounted. */
export function bundlesMissing(name: string, version: string, lacking: readonly string[]): SluiceError {
  const message = `'${name}' ${version} needs the bundle ${lacking.join(', ')}, of which no version that fits is mounted; upload and mount it first`;
  return new SluiceError('BUNDLE_MISSING', message, { details: { plugin: name, version, bundles: lacking.join() } });
}

/** `driver-2.1.jar` is `driver` 2.1.0; a file that says no version gets one of its own, so that two of them are two. */
function nameOfFile(
  fileName: string,
  digest: string,
  ending: RegExp,
  stated = '',
): { readonly name: string; readonly version: string } {
  const [, name = fileName, number] = /^(.*?)(?:[-_](\d[\w.]*))?$/.exec(fileName.replace(ending, '')) ?? [];
  return { name, version: coerce(number ?? stated)?.version ?? `0.0.0-${digest.slice(0, 12)}` };
}

/** Whether a folder has what PiFlow's web takes for a component: scripts, their requirements, and no word of Sluice's. */
async function isComponent(folder: string): Promise<boolean> {
  const names = await readdir(folder, { recursive: true });
  const isOurs = names.includes('package.json') || names.includes('sluice.json');
  const has = (pattern: RegExp): boolean => names.some((name) => pattern.test(name));
  return !isOurs && has(/\.py$/) && has(/(^|[/\\])(requirements\.txt|data_connect\.py)$/);
}

/** An npm package that plugins import; nothing of it runs here. */
async function readNodePackage(folder: string): Promise<Found> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => '{}');
  const {
    name,
    version,
    dependencies = {},
  } = JSON.parse(text) as {
    readonly name?: unknown;
    readonly version?: unknown;
    readonly dependencies?: Readonly<Record<string, unknown>>;
  };
  const refuse = (what: string): SluiceError =>
    new SluiceError('PLUGIN_INVALID', `the npm package ${what}`, { details: { plugin: String(name ?? '') } });
  if (typeof name !== 'string' || name === '' || typeof version !== 'string' || valid(version) === null)
    throw refuse('has no package.json with a name and a version; pack it with npm pack');
  const lacking: string[] = [];
  for (const each of Object.keys(dependencies)) {
    const isThere = await stat(join(folder, 'node_modules', each)).then(
      () => true,
      () => false,
    );
    if (!isThere) lacking.push(each);
  }
  if (lacking.length > 0) {
    const what = `'${name}' does not hold its dependencies ${lacking.join(', ')}`;
    throw refuse(`${what}; pack it with bundleDependencies, for nothing is fetched`);
  }
  const files = await readdir(folder, { recursive: true });
  const native = files.some((path) => path.endsWith('.node'));
  const facts = { ...NO_FACTS, capabilities: { ...NO_CAPABILITIES, native }, contents: [name] };
  return { name, version, kind: 'node-package', manifest: NO_MANIFEST, facts };
}
