import type { FilesOptions } from '@sluice/flow/files';
import type { BrowseEntry, Column } from '@sluice/plugin-sdk';

/** What a prober is asked, once: the values hold secrets, which is why they go over this channel alone. */
export interface ProbeRequest {
  readonly entry: string;
  /** The folders of the npm packages that the plugin names as bundles, by name. */
  readonly modules: Readonly<Record<string, string>>;
  /** What binds the code of an uploaded package besides its sandbox; absent for the platform's own. */
  readonly bound?: {
    readonly native: boolean;
    /** The hosts that it may reach; absent for any, or where it has no network at all. */
    readonly hosts?: readonly string[] | undefined;
  };
  readonly type: string;
  readonly values: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** The files that runs may use: datasources that are files lie there. */
  readonly files: FilesOptions;
  readonly work:
    | { readonly kind: 'test' }
    | { readonly kind: 'browse'; readonly path: readonly string[]; readonly limit: number }
    | { readonly kind: 'rows'; readonly table: string; readonly limit: number };
}

/** What it answers. */
export interface ProbeAnswer {
  readonly latencyMs?: number;
  readonly product?: string;
  readonly version?: string;
  readonly entries?: readonly BrowseEntry[];
  readonly columns?: readonly Column[];
  /** Values as JSON can say them without loss. */
  readonly rows?: readonly (readonly unknown[])[];
  readonly error?: {
    readonly reason: string;
    readonly message: string;
    readonly details: Readonly<Record<string, string>>;
  };
}
