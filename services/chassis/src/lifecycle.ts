import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { SluiceError, isSluiceError } from './errors.js';

/** The ordered start of a process, and its end in reverse. */
export interface Lifecycle {
  /** Runs one step of the start, times it, and names it in the error if it fails (START_FAILED). */
  step<T>(name: string, work: () => Promise<T> | T): Promise<T>;
  /**
   * Says what is to be closed at the end. What was said last is closed first. What does not end within `limitMs`
   * (default 10,000) is logged and left behind, so that one hung part cannot keep the process.
   */
  onClose(name: string, work: () => Promise<void> | void, limitMs?: number): void;
  /**
   * Says what is to be done once this process listens, as a step of the start: open an HTTP port, call a service that
   * may be in this very process. What it gives to `onClose` is closed before gRPC is.
   */
  onListening(name: string, work: () => Promise<void> | void): void;
  /** Adds an address to the line that says that the process is ready, such as `http` and `http://127.0.0.1:8002`. */
  announce(name: string, address: string): void;
}

interface Step {
  readonly name: string;
  readonly depth: number;
  ms: number | undefined;
}

interface Closing {
  readonly name: string;
  readonly work: () => Promise<void> | void;
  readonly limitMs: number;
}

const CLOSE_LIMIT_MS = 10_000;

/** The lifecycle of one process. */
export class ProcessLifecycle implements Lifecycle {
  readonly #steps: Step[] = [];
  readonly #closings: Closing[] = [];
  readonly #onListening: { readonly name: string; readonly work: () => Promise<void> | void }[] = [];
  readonly #addresses: Record<string, string> = {};
  readonly #startedAt = performance.now();
  #depth = 0;
  #closed: Promise<void> | undefined;

  async step<T>(name: string, work: () => Promise<T> | T): Promise<T> {
    const step: Step = { name, depth: this.#depth, ms: undefined };
    this.#steps.push(step);
    const begin = performance.now();
    this.#depth += 1;
    try {
      return await work();
    } catch (cause) {
      throw failedStep(name, cause);
    } finally {
      this.#depth -= 1;
      step.ms = performance.now() - begin;
    }
  }

  onClose(name: string, work: () => Promise<void> | void, limitMs = CLOSE_LIMIT_MS): void {
    this.#closings.push({ name, work, limitMs });
  }

  onListening(name: string, work: () => Promise<void> | void): void {
    this.#onListening.push({ name, work });
  }

  announce(name: string, address: string): void {
    this.#addresses[name] = address;
  }

  /** What was announced. */
  get addresses(): Readonly<Record<string, string>> {
    return this.#addresses;
  }

  /** Does what waits for the process to listen, in the order in which it was said. */
  async listening(): Promise<void> {
    for (const { name, work } of this.#onListening.splice(0)) await this.step(name, work);
  }

  /** The steps of the start with their times, one a line, for people. */
  startTree(): string {
    const lines = this.#steps.map(({ name, depth, ms }) => {
      const time = ms === undefined ? 'unfinished' : `${ms.toFixed(0)} ms`;
      return `${'  '.repeat(depth + 1)}${name} ${time}`;
    });
    return [`start ${this.totalMs()} ms`, ...lines].join('\n');
  }

  /** Milliseconds since the process began to start. */
  totalMs(): number {
    return Math.round(performance.now() - this.#startedAt);
  }

  /** Milliseconds of each step of the start, for the log. */
  startTimes(): Record<string, number> {
    return Object.fromEntries(this.#steps.map(({ name, ms }) => [name, Math.round(ms ?? -1)]));
  }

  /** Closes everything, the last first. It never throws: what fails or hangs is logged. A second call waits for the first. */
  close(log: Logger | undefined): Promise<void> {
    this.#closed ??= this.#closeAll(log);
    return this.#closed;
  }

  async #closeAll(log: Logger | undefined): Promise<void> {
    for (let closing = this.#closings.pop(); closing !== undefined; closing = this.#closings.pop()) {
      const { name, work, limitMs } = closing;
      const timer = new AbortController();
      const limit = delay(limitMs, 'late' as const, { signal: timer.signal, ref: true }).catch(() => 'ended' as const);
      try {
        const result = await Promise.race([Promise.resolve().then(work), limit]);
        if (result === 'late') log?.warn({ part: name, limitMs }, 'closing took too long; it was left behind');
      } catch (err) {
        log?.error({ part: name, err }, 'closing failed');
      } finally {
        timer.abort();
      }
    }
  }
}

function failedStep(name: string, cause: unknown): SluiceError {
  // The innermost step is the one a person has to look at; the outer ones are told by its path.
  if (isSluiceError(cause) && cause.details['step'] !== undefined) {
    const details = { ...cause.details, step: `${name} > ${cause.details['step']}` };
    return new SluiceError(cause.reason, cause.message, { details, problems: cause.problems, cause: cause.cause });
  }
  const why = cause instanceof Error ? cause.message : String(cause);
  const reason = isSluiceError(cause) && cause.reason !== 'INTERNAL' ? cause.reason : 'START_FAILED';
  return new SluiceError(reason, `the start failed at '${name}': ${why}`, {
    details: { ...(isSluiceError(cause) ? cause.details : {}), step: name },
    problems: isSluiceError(cause) ? cause.problems : [],
    cause,
  });
}
