import type { Capabilities, ExampleResult } from '@sluice/kernel';
import type { PluginManifest } from '@sluice/plugin-sdk';

/** What a package is, by the key `sluice.kind` or the kind of its file. */
export type PackageKind = 'stops' | 'engines' | 'spark-jar' | 'duckdb-extension' | 'node-package' | 'python-wheel';

/** What a package says of itself, and what was found out about it. */
export interface PackageFacts {
  /** The SDK range; empty for a bundle. */
  readonly sdk: string;
  /** The path of the entry within the package; empty for a bundle. */
  readonly entry: string;
  readonly capabilities: Capabilities;
  readonly signature: {
    readonly state: 'none' | 'trusted' | 'unknown';
    readonly key: string;
    readonly message: string;
  };
  readonly examples: readonly ExampleResult[];
  /** What a bundle holds. */
  readonly contents: readonly string[];
  /** The bundles that it needs; absent for packages that were uploaded before there were any. */
  readonly bundles?: Readonly<Record<string, string>>;
}

/** One version of a package that is kept. */
export interface PluginRecord {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly kind: PackageKind;
  readonly fileName: string;
  readonly size: number;
  readonly uploadedBy: string;
  readonly createdMs: number;
  readonly granted: boolean;
  readonly removing: boolean;
  /** Empty unless it is quarantined. */
  readonly quarantineReason: string;
  readonly quarantinedMs: number | undefined;
  readonly facts: PackageFacts;
  readonly manifest: PluginManifest;
}

/** A package in a generation. */
export interface Member {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly isDefault: boolean;
  readonly wins: boolean;
  /** Whether a bundle is only for plugins that name it; absent means no. */
  readonly declaredOnly?: boolean;
}

/** A generation as it is kept. Number 0 is the empty one, which is not. */
export interface GenerationRecord {
  readonly number: number;
  readonly members: readonly Member[];
  readonly comment: string;
  readonly actor: string;
  readonly createdMs: number;
}

export const FIRST_GENERATION: GenerationRecord = { number: 0, members: [], comment: '', actor: '', createdMs: 0 };

/** A live run that needs packages. */
export interface RunUse {
  readonly runId: string;
  readonly flowName: string;
  readonly digests: readonly string[];
}

/** What a node told last. */
export interface NodeRecord {
  readonly name: string;
  readonly generation: number;
  /** The oldest generation that a live run is pinned to; 0 when there is none. */
  readonly oldest: number;
  readonly seenMs: number;
  readonly fault: string;
  readonly uses: readonly RunUse[];
}

/** Who does something. */
export interface Doer {
  readonly actor: string;
  /** Where the call came from. */
  readonly peer: string;
}

export const PLATFORM: Doer = { actor: 'platform', peer: '' };

/** What was done, to be kept with the change itself. */
export interface ChangeRecord extends Doer {
  readonly sequence: number;
  readonly timeMs: number;
  readonly action: string;
  readonly plugin: string;
  readonly version: string;
  readonly generation: number;
  readonly detail: string;
}

/** A package with its place in the present generation. */
export interface KeptPlugin {
  readonly record: PluginRecord;
  readonly member: Member | undefined;
}
