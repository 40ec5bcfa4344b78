import type { HostChannel, PluginHost } from './host.js';

export interface InProcessHostOptions {
  readonly name: string;
  /** What runs inside; the host has ended when its promise settles. */
  main(channel: HostChannel): Promise<void>;
}

/** A host inside this process, for `sluice run --local` and tests: the same messages, no isolation. */
export declare function inProcessHost(options: InProcessHostOptions): PluginHost;
