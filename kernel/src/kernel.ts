import type { SluiceError } from '@sluice/plugin-sdk';
import type { Generation } from './generation.js';

/** Where the kernel writes what its operator should read; pino's loggers fit. */
export interface KernelLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface KernelOptions {
  /** Folders that are plugin packages, or hold some one or two levels deep. A folder that is not there holds none. */
  readonly folders: readonly string[];
  /** A folder for manifests by digest; made when it is not there. */
  readonly cache: string;
  readonly log: KernelLog;
  /** How long reading one package's contributions may take, in milliseconds; default 10,000. */
  readonly inspectMs?: number;
}

/** A package that was found and not mounted. */
export interface Refusal {
  readonly folder: string;
  /** Names the plugin, the requirement and the remedy. */
  readonly error: SluiceError;
}

/** Finds plugin packages, reads what they contribute, and mounts it. No plugin code runs in this process. */
export interface Kernel {
  /** The generation for new runs; the empty one before {@link Kernel.start}. */
  readonly generation: Generation;
  /** What the last look at the folders refused. */
  readonly refusals: readonly Refusal[];
  /** Discovers and mounts. Bad packages are refused one by one; the others are mounted. */
  start(): Promise<void>;
  /** Looks at the folders again; a change makes a new generation. */
  refresh(): Promise<Generation>;
  /** Calls the listener at each new generation; gives a function that ends this. */
  onGeneration(listener: (generation: Generation) => void): () => void;
  close(): Promise<void>;
}
export declare function createKernel(options: KernelOptions): Kernel;
