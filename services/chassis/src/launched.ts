import type { Logger } from 'pino';
import type { LoadOptions, LoadedConfig } from './config/load.js';
import type { LogOptions } from './log.js';
import type { Platform } from './service.js';

/** How a process is launched. */
export interface LaunchOptions extends LoadOptions, LogOptions {
  /** Settings that were read already; then nothing is read again. */
  readonly loaded?: LoadedConfig | undefined;
}

/** A process that is up. */
export interface Launched {
  readonly loaded: LoadedConfig;
  readonly log: Logger;
  /** Where gRPC is reached on this machine, `host:port`. */
  readonly address: string;
  /** What the services announced, such as `http`. */
  readonly addresses: Readonly<Record<string, string>>;
  /** The platform as the services have it; its log names no service. */
  readonly platform: Platform;
  /** The steps of the start with their times, for people. */
  startTree(): string;
  /** Closes everything in reverse. It never throws: what fails is logged. */
  close(): Promise<void>;
}
