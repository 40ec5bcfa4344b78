import { createHash } from 'node:crypto';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isSluiceError, SDK_VERSION, SluiceError } from '@sluice/plugin-sdk';
import satisfies from 'semver/functions/satisfies.js';
import valid from 'semver/functions/valid.js';
import validRange from 'semver/ranges/valid.js';
import { readCapabilities, type Capabilities } from './capabilities.js';
import { asRecord } from './loader.js';

/** A plugin package as its package.json declares it; nothing of it has run. */
export interface PluginPackage {
  /** The npm package name. */
  readonly name: string;
  /** The npm package version. */
  readonly version: string;
  /** SHA-256 of the package's contents in hexadecimal: equal on every node that has the same files. */
  readonly digest: string;
  /** The package's folder, absolute. */
  readonly folder: string;
  /** The module whose default export is the plugin, absolute. */
  readonly entry: string;
  readonly kind: 'stops' | 'engines';
  /** The range of SDK versions that it runs with. */
  readonly sdk: string;
  /** Whether it was uploaded; else it lies in a folder of the operator's, who answers for it. */
  readonly uploaded: boolean;
  /** What it asks for. */
  readonly capabilities: Capabilities;
  /** The bundles that its code needs: ranges of versions by name. */
  readonly bundles: Readonly<Record<string, string>>;
}

/** A package that was found and not mounted. */
export interface Refusal {
  readonly folder: string;
  /** Names the plugin, the requirement and the remedy. */
  readonly error: SluiceError;
}

/** How far below a given folder packages are looked for. */
const DEPTH = 2;
const KINDS: readonly string[] = ['stops', 'engines'] satisfies PluginPackage['kind'][];

/** The folders of the plugins that come with Sluice: beside this package, in a checkout and in an installation. */
export function bundledFolders(): string[] {
  const beside = fileURLToPath(new URL('../..', import.meta.url)).slice(0, -1);
  return [join(beside, 'plugins'), ...(basename(beside) === '@sluice' ? [beside] : [])];
}

/** Finds the plugin packages in folders by their package.json, in the order of the folders and then of the paths. */
export async function discover(
  folders: readonly string[],
): Promise<{ readonly packages: readonly PluginPackage[]; readonly refusals: readonly Refusal[] }> {
  const found = (await Promise.all(folders.map((folder) => packagesIn(resolve(folder), DEPTH)))).flat();
  // One folder may lie in two of the folders given.
  const once = [...new Map(found.map((each) => [each.folder, each])).values()];
  const packages = once.flatMap((each) => ('error' in each ? [] : [each]));
  return { packages, refusals: once.flatMap((each) => ('error' in each ? [each] : [])) };
}

async function packagesIn(folder: string, depth: number): Promise<(PluginPackage | Refusal)[]> {
  const own = await readPackage(folder);
  if (own !== undefined) return [own];
  if (depth === 0) return [];
  const entries = (await readdir(folder, { withFileTypes: true }).catch(absent)) ?? [];
  const folders = entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map(({ name }) => name);
  const names = folders.filter((name) => name !== 'node_modules' && !name.startsWith('.')).sort();
  const below = await Promise.all(names.map((name) => packagesIn(join(folder, name), depth - 1)));
  return below.flat();
}

/** Reads an uploaded package that lies unpacked in a folder; it throws what is wrong with it. */
export async function readUploaded(folder: string, digest: string): Promise<PluginPackage> {
  const found = (await readPackage(folder)) ?? (await readPackage(folder, 'sluice.json'));
  if (found === undefined || 'error' in found) {
    const what =
      "it has no package.json or sluice.json with the key 'sluice' (docs/plugins.md); what plugins only import is uploaded --as node-package";
    throw found?.error ?? new SluiceError('PLUGIN_INVALID', `this is no plugin package: ${what}`);
  }
  return { ...found, digest, uploaded: true };
}

/** The package in a folder, or why it cannot be mounted; undefined when the folder is no plugin package. */
async function readPackage(folder: string, file = 'package.json'): Promise<PluginPackage | Refusal | undefined> {
  const text = await readFile(join(folder, file), 'utf8').catch(absent);
  if (text === undefined) return undefined;
  try {
    return await checkPackage(await realpath(folder), JSON.parse(text));
  } catch (error) {
    if (isSluiceError(error)) return { folder, error };
    const message = `the plugin in ${folder} cannot be read; repair or remove it: ${(error as Error).message}`;
    return { folder, error: new SluiceError('PLUGIN_INVALID', message, { cause: error }) };
  }
}

/** What is not there is nothing; every other failure is one. */
function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}

async function checkPackage(folder: string, json: unknown): Promise<PluginPackage | undefined> {
  const { name: given, version: number, sluice } = asRecord(json);
  if (sluice === undefined) return undefined;
  const { kind: sort, sdk: range, entry: module } = asRecord(sluice);
  const who = typeof given === 'string' && given !== '' ? given : basename(folder);
  const refuse = (what: string): SluiceError =>
    new SluiceError('PLUGIN_INVALID', `plugin '${who}' in ${folder}: ${what}`, { details: { plugin: who } });
  const text = (value: unknown, key: string, is: (value: string) => unknown, wanted: string): string => {
    if (typeof value === 'string' && value !== '' && is(value)) return value;
    throw refuse(`${key} is ${JSON.stringify(value)}; it must be ${wanted}`);
  };

  const name = text(given, 'name', () => true, 'the name of an npm package');
  const version = text(number, 'version', valid, 'a semantic version such as 1.0.0');
  const kind = text(sort, 'sluice.kind', (word) => KINDS.includes(word), `one of ${KINDS.join(', ')}`);
  const sdk = text(range, 'sluice.sdk', validRange, 'a version range such as ^1');
  if (!satisfies(SDK_VERSION, sdk)) {
    const message =
      `plugin '${name}' ${version} needs SDK ${sdk}, this platform speaks ${SDK_VERSION}; ` +
      `use a version of the plugin made for SDK ${SDK_VERSION}, or change the platform`;
    throw new SluiceError('PLUGIN_SDK_UNSUPPORTED', message, { details: { plugin: name, sdk } });
  }
  const path = text(module, 'sluice.entry', () => true, 'the path of a module in the package, such as ./dist/index.js');
  const entry = resolve(folder, path);
  const real = await realpath(entry).catch(absent);
  for (const each of [entry, real ?? entry]) {
    if (!each.startsWith(folder + sep)) throw refuse(`sluice.entry '${path}' lies outside the package`);
  }
  if (real === undefined || !(await stat(real)).isFile()) {
    throw refuse(`sluice.entry '${path}' is not a file; build the package`);
  }
  const digest = await digestOf(folder, dirname(entry));
  const capabilities = readCapabilities(asRecord(sluice).capabilities, refuse);
  const bundles = Object.entries(asRecord(asRecord(sluice).bundles)).map(([bundle, wanted]) => {
    return [bundle, text(wanted, `sluice.bundles.${bundle}`, validRange, 'a version range such as ^1')] as const;
  });
  return {
    ...{ name, version, digest, folder, entry, kind: kind as PluginPackage['kind'], sdk, uploaded: false },
    ...{ capabilities, bundles: Object.fromEntries(bundles) },
  };
}

/** Files beside the entry that do not change what a plugin does, and the package.json, which is counted anyway. */
const UNCOUNTED = /\.(d\.ts|map|tsbuildinfo)$|\.test\.[cm]?js$|(^|\/)node_modules(\/|$)|^package\.json$/;

/** The digest of the package.json and of everything in the entry's folder: the parts that an author builds. */
async function digestOf(folder: string, built: string): Promise<string> {
  const names = await readdir(built, { recursive: true });
  const paths = names.map((name) => relative(folder, join(built, name)).replaceAll(sep, '/'));
  const sum = createHash('sha256');
  for (const path of ['package.json', ...paths.filter((each) => !UNCOUNTED.test(each)).sort()]) {
    const contents = await readFile(join(folder, path)).catch(ifNoFile);
    if (contents) sum.update(`${path}\0${createHash('sha256').update(contents).digest('hex')}\n`);
  }
  return sum.digest('hex');
}

function ifNoFile(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'EISDIR' && error.code !== 'ENOENT') throw error;
}
