import { toSluiceError } from '@sluice/chassis';
import type { HostExit, PluginHost } from '@sluice/kernel';
import type { FromPython, PythonOutput } from '@sluice/python';
import type { LogWord, PythonWork, WireError } from '../runner/protocol.js';
import { toWireError } from '../runner/wire-error.js';

/** What came of a call. */
export interface PythonAnswer {
  readonly outputs?: readonly PythonOutput[] | undefined;
  readonly error?: WireError | undefined;
}

/** What the process of a stop says while it works. */
export interface PythonListener {
  logged(level: LogWord, message: string): void;
  /** Throws when the run is no longer this runner's. */
  committing(): Promise<void>;
}

/** Starts a process of Python with some folders of modules. */
export type StartPython = (path: readonly string[]) => Promise<PluginHost>;

interface Pending {
  readonly work: PythonWork;
  readonly listener: PythonListener;
  readonly resolve: (answer: PythonAnswer) => void;
}

/**
 * The process of Python that belongs to a runner: started when a stop first wants it, kept for the next run of the same
 * packages, and ended with its runner.
 */
export class PythonCompanion {
  private started: { readonly key: string; readonly host: Promise<PluginHost> } | undefined;
  private readonly pending = new Map<number, Pending>();
  private nextCall = 1;

  constructor(private readonly startHost: StartPython) {}

  /** Has a stop run. It never rejects: a process that dies is an answer. */
  async call(work: PythonWork, listener: PythonListener): Promise<PythonAnswer> {
    let host: PluginHost;
    try {
      host = await this.hostFor(work.path);
    } catch (error) {
      return { error: withStop(toWireError(toSluiceError(error, 'HOST_FAILED'), 'HOST_FAILED'), work, {}) };
    }
    const id = this.nextCall++;
    return new Promise((resolve) => {
      this.pending.set(id, { work, listener, resolve });
      if (host.diagnose().state === 'exited') void host.exited.then((exit) => this.died(exit));
      else host.send({ type: 'call', id, call: work.call });
    });
  }

  /** Ends the process, with all that it has started and whatever it does now. */
  async kill(): Promise<void> {
    const { started } = this;
    this.started = undefined;
    const host = await started?.host.catch(() => undefined);
    await host?.kill(0);
  }

  private async hostFor(path: readonly string[]): Promise<PluginHost> {
    const key = path.join('\n');
    if (this.started?.key !== key) {
      if (this.pending.size === 0) await this.kill();
      const host = this.startHost(path).then((each) => this.listen(each));
      this.started = { key, host };
    }
    const { started } = this;
    return started.host.catch((error: unknown) => {
      if (this.started === started) this.started = undefined;
      throw error;
    });
  }

  private listen(host: PluginHost): PluginHost {
    host.onMessage((message) => this.receive(host, message as FromPython));
    void host.exited.then((exit) => this.died(exit));
    return host;
  }

  private receive(host: PluginHost, message: FromPython): void {
    if (message.type === 'commit') return void this.commit(host, message.id);
    const pending = this.pending.get(message.id);
    if (pending === undefined) return;
    if (message.type === 'log') return pending.listener.logged(message.level, message.message);
    this.pending.delete(message.id);
    const { error, outputs = [] } = message;
    if (error === undefined) pending.resolve({ outputs });
    else pending.resolve({ error: withStop({ ...error, details: {}, problems: [] }, pending.work, {}) });
  }

  /** The stops of one process work one after another, so that the oldest call is the one that asks. */
  private async commit(host: PluginHost, id: number): Promise<void> {
    const [pending] = this.pending.values();
    try {
      await pending?.listener.committing();
      host.send({ type: 'commit', id });
    } catch (error) {
      host.send({ type: 'commit', id, error: toSluiceError(error).message });
    }
  }

  private died(exit: HostExit): void {
    this.started = undefined;
    const waiting = [...this.pending.values()];
    this.pending.clear();
    for (const { work, resolve } of waiting) {
      const how = exit.signal === undefined ? `with exit code ${exit.code ?? 'unknown'}` : `by signal ${exit.signal}`;
      const wrote = exit.lastOutput.trim() === '' ? '' : `; the last it wrote: ${exit.lastOutput.trim().slice(-500)}`;
      const message = exit.outOfMemory
        ? `the Python of stop '${work.call.name}' used more memory than it may and ended ${how}; give the run more memory or less data${wrote}`
        : `the Python of stop '${work.call.name}' ended ${how} in the middle of its work${wrote}`;
      const reason = exit.outOfMemory ? 'OUT_OF_MEMORY' : 'RUNNER_DIED';
      resolve({ error: withStop({ reason, message, details: {}, problems: [] }, work, { host: 'python' }) });
    }
  }
}

function withStop(error: WireError, { call }: PythonWork, more: Readonly<Record<string, string>>): WireError {
  return { ...error, details: { ...error.details, ...more, stop: call.name } };
}
