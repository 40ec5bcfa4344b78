/** The keyword by which packages of stops are found. */
export const PLUGIN_KEYWORD = 'sluice-plugin';

/** A package as a hub's search tells of it. */
export interface FoundPackage {
  readonly name: string;
  /** The newest version that is not a preview. */
  readonly version: string;
  readonly description: string;
  readonly keywords: readonly string[];
}

/** All that a hub knows of a package. */
export interface HubPackage {
  readonly name: string;
  readonly description: string;
  /** What those who install without a version get. */
  readonly latest: string;
  /** The newest first. */
  readonly versions: readonly HubVersion[];
  readonly homepage: string;
  readonly license: string;
}

/** One version of a package on a hub. */
export interface HubVersion {
  readonly version: string;
  /** What its author says of it for being left, empty for nothing. */
  readonly deprecated: string;
  /** Subresource integrity of the archive, such as `sha512-...`; empty where the hub has none. */
  readonly integrity: string;
  /** Whether the hub has a statement of where it was built. */
  readonly provenance: boolean;
  /** The key `sluice` of its package.json; undefined for a package that is no plugin. */
  readonly sluice: unknown;
}

/** An archive that was fetched, with its integrity checked where the hub tells it. */
export interface FetchedPackage {
  readonly name: string;
  readonly version: string;
  readonly archive: Buffer;
  readonly fileName: string;
  readonly integrity: string;
  /** The sigstore bundle of its provenance as JSON; empty where there is none. */
  readonly provenance: string;
}

/** What is published: a package's package.json and archive. */
export interface Publication {
  readonly manifest: { readonly name: string; readonly version: string; readonly [key: string]: unknown };
  readonly archive: Buffer;
  /** The tag that follows it; default `latest`. */
  readonly tag?: string;
  /** `restricted` for a private one; only for names with a scope. */
  readonly access?: 'public' | 'restricted';
  /** A file with a sigstore bundle of its provenance. */
  readonly provenanceFile?: string;
}

/** A market of plugins: an npm registry, or a folder of archives. */
export interface Hub {
  /** Where it is, for people. */
  readonly address: string;
  /** Packages with {@link PLUGIN_KEYWORD} that have a text in name, description or keywords; all of them for none. */
  search(text: string): Promise<FoundPackage[]>;
  /** What is known of a package; PLUGIN_NOT_FOUND. */
  describe(name: string): Promise<HubPackage>;
  /** A version, the newest one in a range, or that of a tag; PLUGIN_NOT_FOUND; PLUGIN_ARCHIVE_INVALID by `integrity`. */
  fetch(name: string, wanted: string): Promise<FetchedPackage>;
  /** Adds a version; PLUGIN_CONFLICT when it is there already, HUB_REFUSED when it may not. */
  publish(publication: Publication): Promise<void>;
}
