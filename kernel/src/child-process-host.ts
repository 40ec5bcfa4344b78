import type { HostChannel, PluginHost } from './host.js';

export interface ChildProcessHostOptions {
  readonly name: string;
  /** The module to run; it calls {@link processChannel}. */
  readonly entry: URL | string;
  readonly execArgv?: readonly string[];
  /** The whole environment; default empty. */
  readonly env?: Readonly<Record<string, string>>;
  /** Limit of the process's resident memory and of its JavaScript heap; default none. */
  readonly memoryBytes?: number;
  /** How long {@link PluginHost.start} may take, in milliseconds; default 10,000. */
  readonly startMs?: number;
  /** Called with what the process writes. */
  onOutput?(stream: 'stdout' | 'stderr', text: string): void;
}

/** A host that is a process of its own: own group, clean environment, killed as a group. */
export declare function childProcessHost(options: ChildProcessHostOptions): PluginHost;

/** Inside a child process: the channel to the host that started it. The process ends when the host is gone. */
export declare function processChannel(): HostChannel;
