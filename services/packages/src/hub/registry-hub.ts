import { SluiceError, type ErrorOptions } from '@sluice/plugin-sdk';
import { publish } from 'libnpmpublish';
import npmFetch from 'npm-registry-fetch';
import compare from 'semver/functions/compare.js';
import { chooseVersion } from './choose-version.js';
import {
  PLUGIN_KEYWORD,
  type FetchedPackage,
  type FoundPackage,
  type Hub,
  type HubPackage,
  type Publication,
} from './hub.js';
import type { NpmOptions } from './npm-options.js';

const SEARCH_PAGE = 250;
const SEARCH_MOST = 1000;
/** Which of a package's attestations says where it was built. */
const PROVENANCE = /^https:\/\/slsa\.dev\/provenance\//;

/** A package's document, as registries give it (`GET /<name>`). */
interface Packument {
  readonly name: string;
  readonly description?: string;
  readonly homepage?: string;
  readonly license?: unknown;
  readonly 'dist-tags'?: Readonly<Record<string, string>>;
  readonly versions?: Readonly<Record<string, PackumentVersion>>;
}

interface PackumentVersion {
  readonly version: string;
  readonly deprecated?: unknown;
  readonly sluice?: unknown;
  readonly dist: {
    readonly tarball: string;
    readonly integrity?: string;
    readonly shasum?: string;
    readonly attestations?: { readonly url: string };
  };
}

/** A market that is an npm registry. */
export class RegistryHub implements Hub {
  readonly #options: NpmOptions;

  constructor(options: NpmOptions) {
    this.#options = options;
  }

  get address(): string {
    return this.#options.registry;
  }

  async search(text: string): Promise<FoundPackage[]> {
    const wanted = text.trim();
    const byKeyword = await this.#searchFor(`keywords:${PLUGIN_KEYWORD} ${wanted}`.trim());
    // Some registries do not know the qualifier; they are asked for the text alone.
    return byKeyword.length > 0 ? byKeyword : this.#searchFor(wanted);
  }

  async describe(name: string): Promise<HubPackage> {
    const found = await this.#packument(name);
    const versions = Object.values(found.versions ?? {}).sort((a, b) => compare(b.version, a.version));
    return {
      name: found.name,
      description: found.description ?? '',
      homepage: found.homepage ?? '',
      license: typeof found.license === 'string' ? found.license : '',
      latest: found['dist-tags']?.['latest'] ?? versions[0]?.version ?? '',
      versions: versions.map(({ version, deprecated, dist, sluice }) => ({
        version,
        deprecated: typeof deprecated === 'string' ? deprecated : '',
        integrity: integrityOf(dist),
        provenance: dist.attestations !== undefined,
        sluice,
      })),
    };
  }

  async fetch(name: string, wanted: string): Promise<FetchedPackage> {
    const found = await this.#packument(name);
    const version = chooseVersion(name, wanted, Object.keys(found.versions ?? {}), found['dist-tags'] ?? {});
    const { dist } = found.versions?.[version] as PackumentVersion;
    const integrity = integrityOf(dist);
    const archive = await this.#ask(`fetching '${name}' ${version}`, async () =>
      (
        await npmFetch(dist.tarball, { ...this.#options, spec: name, ...(integrity === '' ? {} : { integrity }) })
      ).buffer(),
    );
    const provenance = dist.attestations === undefined ? '' : await this.#provenance(name, dist.attestations.url);
    const fileName = `${name.replace(/^@/, '').replace('/', '-')}-${version}.tgz`;
    return { name, version, archive, fileName, integrity, provenance };
  }

  async publish({ manifest, archive, tag = 'latest', access = 'public', provenanceFile }: Publication): Promise<void> {
    const { name, version } = manifest;
    await this.#ask(`publishing '${name}' ${version}`, () =>
      publish({ ...manifest }, archive, {
        ...this.#options,
        access,
        defaultTag: tag,
        ...(provenanceFile === undefined ? {} : { provenanceFile }),
      }),
    );
  }

  async #searchFor(text: string): Promise<FoundPackage[]> {
    const found: FoundPackage[] = [];
    for (let from = 0; from < SEARCH_MOST; from += SEARCH_PAGE) {
      const page = (await this.#ask('searching', () =>
        npmFetch.json('/-/v1/search', { ...this.#options, query: { text, size: SEARCH_PAGE, from } }),
      )) as { readonly objects?: readonly { readonly package: SearchedPackage }[] };
      const objects = page.objects ?? [];
      for (const { package: each } of objects) {
        if (each.keywords?.includes(PLUGIN_KEYWORD) !== true) continue;
        const version = each.version ?? each['dist-tags']?.['latest'] ?? '';
        found.push({ name: each.name, version, description: each.description ?? '', keywords: each.keywords });
      }
      if (objects.length < SEARCH_PAGE) break;
    }
    return [...new Map(found.map((each) => [each.name, each])).values()];
  }

  async #packument(name: string): Promise<Packument> {
    if (!/^(@[\w.~-]+\/)?[\w.~-]+$/.test(name))
      throw new SluiceError('REQUEST_INVALID', `'${name}' is no name of a package, such as acme-text or @acme/text`);
    const path = `/${name.replace('/', '%2f')}`;
    const found = await this.#ask(
      `looking for '${name}'`,
      () => npmFetch.json(path, { ...this.#options, spec: name }),
      name,
    );
    return found as unknown as Packument;
  }

  async #provenance(name: string, url: string): Promise<string> {
    const found = (await this.#ask(`fetching the provenance of '${name}'`, () =>
      npmFetch.json(url, { ...this.#options, spec: name }),
    )) as { readonly attestations?: readonly { readonly predicateType: string; readonly bundle: unknown }[] };
    const statement = found.attestations?.find(({ predicateType }) => PROVENANCE.test(predicateType));
    return statement === undefined ? '' : JSON.stringify(statement.bundle);
  }

  /** Asks the registry, and says in our words what it did not like. */
  async #ask<T>(what: string, work: () => Promise<T>, name = ''): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw toSluiceFault(cause as NpmError, `${what} at ${this.address}`, name);
    }
  }
}

interface SearchedPackage {
  readonly name: string;
  readonly version?: string;
  readonly description?: string;
  readonly keywords?: readonly string[];
  readonly 'dist-tags'?: Readonly<Record<string, string>>;
}

type NpmError = Error & { readonly code?: string; readonly statusCode?: number };

function integrityOf({ integrity, shasum }: PackumentVersion['dist']): string {
  if (integrity !== undefined && integrity !== '') return integrity;
  return shasum === undefined ? '' : `sha1-${Buffer.from(shasum, 'hex').toString('base64')}`;
}

function toSluiceFault(cause: NpmError, what: string, name: string): SluiceError {
  const { code = '', statusCode } = cause;
  const options: ErrorOptions = { cause, details: { code, ...(name === '' ? {} : { plugin: name }) } };
  if (code === 'EINTEGRITY') {
    const message = `${what} gave other bytes than the registry promises; they were changed on their way or kept wrongly`;
    return new SluiceError('PLUGIN_ARCHIVE_INVALID', message, { cause, details: { rule: 'integrity', code } });
  }
  if (statusCode === 404)
    return new SluiceError('PLUGIN_NOT_FOUND', `${what} found nothing; look at its name`, options);
  if (statusCode === 401 || statusCode === 403) {
    const remedy = 'log in with `npm login`, or set hub.token';
    return new SluiceError('HUB_REFUSED', `${what} was refused (${statusCode}): ${cause.message}; ${remedy}`, options);
  }
  if (statusCode === 409 || (statusCode === 400 && /previously published|already present/i.test(cause.message)))
    return new SluiceError(
      'PLUGIN_CONFLICT',
      `${what}: it is there already, and a version never changes: raise it`,
      options,
    );
  if (code === 'EPRIVATE' || code === 'EUNSCOPED' || code === 'EBADSEMVER' || code === 'EUSAGE')
    return new SluiceError('PLUGIN_INVALID', `${what}: ${cause.message}`, options);
  return new SluiceError('HUB_UNAVAILABLE', `${what} failed: ${cause.message}`, options);
}
