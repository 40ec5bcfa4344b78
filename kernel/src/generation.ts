import type { PluginManifest, StopManifest } from '@sluice/plugin-sdk';
import type { PluginPackage } from './discovery.js';

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

/** One version of the set of mounted contributions. It never changes; a run is pinned to one. */
export interface Generation {
  /** Made from the digests of its plugins, so equal on every node that has the same plugins. */
  readonly id: string;
  readonly plugins: readonly MountedPlugin[];
  /** All stop types in the order of their names. */
  readonly stops: readonly MountedStop[];
  readonly engines: readonly MountedEngine[];
  /** A stop type by its name or an alias; blanks and case count only where two names differ by nothing else. */
  stop(name: string): MountedStop | undefined;
  engine(name: string): MountedEngine | undefined;
  /** The names of stop types nearest to a misspelt one, nearest first, at most three. */
  nearest(name: string): string[];
}
