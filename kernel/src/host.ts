/** How a host ended. */
export interface HostExit {
  /** The exit code; undefined when a signal ended it. */
  readonly code: number | undefined;
  /** The signal that ended it, such as `SIGKILL`. */
  readonly signal: string | undefined;
  /** Whether it ended because it used more memory than it may. */
  readonly outOfMemory: boolean;
  /** Whether {@link PluginHost.kill} ended it. */
  readonly killed: boolean;
  /** The last of what it wrote to its error output (or to its output, if nothing there), at most 4,000 characters. */
  readonly lastOutput: string;
}

/** What is known of a host at this moment. */
export interface HostDiagnosis {
  readonly state: 'new' | 'starting' | 'running' | 'exited';
  /** The process id; undefined for a host without a process of its own. */
  readonly pid: number | undefined;
  /** Resident memory in bytes; 0 when it cannot be told. */
  readonly memoryBytes: number;
  readonly lastOutput: string;
}

/** Where plugin code runs. Messages are JSON values and arrive in order. */
export interface PluginHost {
  /** For logs and errors. */
  readonly name: string;
  /** Resolves when the code inside is ready for messages; HOST_FAILED with its last output when it is not in time. */
  start(): Promise<void>;
  /** Sends to the code inside. A message to a host that has ended is dropped: {@link PluginHost.exited} tells. */
  send(message: unknown): void;
  /** Calls the listener with each message from inside; gives a function that ends this. */
  onMessage(listener: (message: unknown) => void): () => void;
  /** Asks the code inside to end what it does now; the host stays. */
  interrupt(): void;
  /** Asks the code inside to end, and ends it with all its processes when it has not after `graceMs` milliseconds. */
  kill(graceMs: number): Promise<HostExit>;
  /** Resolves when the host has ended, for whatever reason; never rejects. */
  readonly exited: Promise<HostExit>;
  diagnose(): HostDiagnosis;
}

/** The other side of a {@link PluginHost}: what the code inside has. */
export interface HostChannel {
  send(message: unknown): void;
  /** Messages that came before the first listener are kept for it. */
  onMessage(listener: (message: unknown) => void): void;
  /** Called when the host is interrupted. */
  onInterrupt(listener: () => void): void;
  /** Aborted when the host is to end. */
  readonly signal: AbortSignal;
}

/** Passes messages to listeners, and keeps those that come before the first one. */
export class Mailbox {
  readonly #listeners = new Set<(message: unknown) => void>();
  #kept: unknown[] | undefined = [];

  deliver(message: unknown): void {
    if (this.#kept) this.#kept.push(message);
    else for (const listener of this.#listeners) listener(message);
  }

  listen(listener: (message: unknown) => void): () => void {
    this.#listeners.add(listener);
    const kept = this.#kept ?? [];
    this.#kept = undefined;
    for (const message of kept) listener(message);
    return () => this.#listeners.delete(listener);
  }
}

/** The end of a text that grows, at most so many characters. */
export function tail(text: string, length = 4000): string {
  return text.length <= length ? text : text.slice(-length);
}
