import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { SluiceError } from '@sluice/plugin-sdk';
import compare from 'semver/functions/compare.js';
import prerelease from 'semver/functions/prerelease.js';
import tar from 'tar-stream';
import { chooseVersion } from './choose-version.js';
import {
  PLUGIN_KEYWORD,
  type FetchedPackage,
  type FoundPackage,
  type Hub,
  type HubPackage,
  type Publication,
} from './hub.js';

/** What stands behind the name of an archive for the sigstore bundle of its provenance. */
const PROVENANCE_ENDING = '.sigstore.json';
const MANIFEST_BYTES = 2 ** 20;

interface Kept {
  readonly file: string;
  readonly manifest: {
    readonly name: string;
    readonly version: string;
    readonly description?: string;
    readonly homepage?: string;
    readonly license?: unknown;
    readonly keywords?: unknown;
    readonly sluice?: unknown;
  };
}

/** A market without network: a folder of archives as `npm pack` makes them. */
export class FolderHub implements Hub {
  readonly #folder: string;
  readonly #known = new Map<string, Promise<Kept | undefined>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  get address(): string {
    return this.#folder;
  }

  async search(text: string): Promise<FoundPackage[]> {
    const wanted = text.trim().toLowerCase();
    const byName = new Map<string, Kept[]>();
    for (const each of await this.#all()) {
      if (!keywordsOf(each).includes(PLUGIN_KEYWORD)) continue;
      byName.set(each.manifest.name, [...(byName.get(each.manifest.name) ?? []), each]);
    }
    return [...byName.values()]
      .map((versions) => latestOf(versions))
      .filter(({ manifest }) =>
        JSON.stringify([manifest.name, manifest.description, manifest.keywords]).toLowerCase().includes(wanted),
      )
      .map((each) => ({
        name: each.manifest.name,
        version: each.manifest.version,
        description: each.manifest.description ?? '',
        keywords: keywordsOf(each),
      }));
  }

  async describe(name: string): Promise<HubPackage> {
    const versions = await this.#versions(name);
    const latest = latestOf(versions);
    const { description = '', homepage = '', license } = latest.manifest;
    const described = versions.map(async ({ file, manifest }) => ({
      version: manifest.version,
      deprecated: '',
      integrity: integrityOf(await readFile(join(this.#folder, file))),
      provenance: await isFile(join(this.#folder, file + PROVENANCE_ENDING)),
      sluice: manifest.sluice,
    }));
    return {
      name,
      description,
      homepage,
      license: typeof license === 'string' ? license : '',
      latest: latest.manifest.version,
      versions: await Promise.all(described),
    };
  }

  async fetch(name: string, wanted: string): Promise<FetchedPackage> {
    const versions = await this.#versions(name);
    const tags = { latest: latestOf(versions).manifest.version };
    const version = chooseVersion(
      name,
      wanted,
      versions.map(({ manifest }) => manifest.version),
      tags,
    );
    const { file } = versions.find(({ manifest }) => manifest.version === version) as Kept;
    const archive = await readFile(join(this.#folder, file));
    const provenance = await readFile(join(this.#folder, file + PROVENANCE_ENDING), 'utf8').catch(() => '');
    return { name, version, archive, fileName: file, integrity: integrityOf(archive), provenance };
  }

  async publish({ manifest, archive, provenanceFile }: Publication): Promise<void> {
    const { name, version } = manifest;
    await mkdir(this.#folder, { recursive: true });
    if ((await this.#all()).some((each) => each.manifest.name === name && each.manifest.version === version)) {
      const message = `'${name}' ${version} is in ${this.#folder} already, and a version never changes: raise it`;
      throw new SluiceError('PLUGIN_CONFLICT', message, { details: { plugin: name, version } });
    }
    const file = join(this.#folder, `${name.replace(/^@/, '').replace('/', '-')}-${version}.tgz`);
    if (provenanceFile !== undefined) await copyFile(provenanceFile, file + PROVENANCE_ENDING);
    // Whoever looks meanwhile finds it wholly or not at all.
    await writeFile(`${file}.new`, archive);
    await rename(`${file}.new`, file);
  }

  async #versions(name: string): Promise<Kept[]> {
    const found = (await this.#all()).filter(({ manifest }) => manifest.name === name);
    if (found.length > 0) return found.sort((a, b) => compare(b.manifest.version, a.manifest.version));
    throw new SluiceError(
      'PLUGIN_NOT_FOUND',
      `no archive of '${name}' is in ${this.#folder}; put one there with npm pack`,
      {
        details: { plugin: name },
      },
    );
  }

  async #all(): Promise<Kept[]> {
    const names = await readdir(this.#folder).catch((cause: NodeJS.ErrnoException) => {
      throw new SluiceError('HUB_UNAVAILABLE', `the folder of the hub cannot be read: ${cause.message}`, { cause });
    });
    const files = names.filter((name) => /\.(tgz|tar\.gz)$/.test(name)).sort();
    const kept = await Promise.all(files.map((file) => this.#read(file)));
    return kept.filter((each) => each !== undefined);
  }

  async #read(file: string): Promise<Kept | undefined> {
    const path = join(this.#folder, file);
    const { mtimeMs, size } = await stat(path);
    const key = `${file} ${mtimeMs} ${size}`;
    const reading =
      this.#known.get(key) ??
      readManifest(path).then((manifest) => (manifest === undefined ? undefined : { file, manifest }));
    this.#known.set(key, reading);
    return reading;
  }
}

/** The package.json of an archive; undefined for a file that is no archive of a package, which may lie there too. */
async function readManifest(path: string): Promise<Kept['manifest'] | undefined> {
  const extract = tar.extract();
  let text: string | undefined;
  extract.on('entry', (header, stream, next) => {
    if (text !== undefined || !/^[^/]+\/package\.json$/.test(header.name) || (header.size ?? 0) > MANIFEST_BYTES) {
      stream.on('end', next).resume();
      return;
    }
    const chunks: Buffer[] = [];
    stream.on('data', (chunk) => chunks.push(chunk as Buffer));
    stream.on('end', () => {
      text = Buffer.concat(chunks).toString('utf8');
      next();
    });
  });
  try {
    await pipeline(createReadStream(path), createGunzip(), extract);
    const manifest = JSON.parse(text ?? '') as Partial<Kept['manifest']>;
    return typeof manifest.name === 'string' && typeof manifest.version === 'string'
      ? (manifest as Kept['manifest'])
      : undefined;
  } catch {
    return undefined;
  }
}

/** The newest version, of previews only when there is nothing else. */
function latestOf(versions: readonly Kept[]): Kept {
  const sorted = [...versions].sort((a, b) => compare(b.manifest.version, a.manifest.version));
  return (sorted.find(({ manifest }) => prerelease(manifest.version) === null) ?? sorted[0]) as Kept;
}

function keywordsOf({ manifest }: Kept): string[] {
  return Array.isArray(manifest.keywords) ? manifest.keywords.map(String) : [];
}

function integrityOf(archive: Buffer): string {
  return `sha512-${createHash('sha512').update(archive).digest('base64')}`;
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
