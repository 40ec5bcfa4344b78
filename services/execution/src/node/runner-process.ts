import { SluiceError, toSluiceError } from '@sluice/chassis';
import type { HostExit, PluginHost } from '@sluice/kernel';
import type { FromRunner, Open, Outcome, Progress, PythonWork, ToRunner, Update, Work } from '../runner/protocol.js';
import type { ControlGroup, LimitHits } from './control-group.js';
import { fromWireError, toWireError } from '../runner/wire-error.js';
import { PythonCompanion, type StartPython } from './python-companion.js';

/** What the one who gives work to a runner wants to hear. */
export interface WorkListener {
  updated(update: Update): void;
  progressed(progress: Progress): void;
  /** The runner is about to make work visible; throws when it may not. */
  committing(): Promise<void>;
}

/** How a piece of work ended. */
export interface WorkEnd {
  readonly outcome: Outcome;
  readonly update: Update;
}

const NOTHING: Update = { changes: [], counts: [], rejected: [], log: [] };

/** A runner process as its node sees it. */
export class RunnerProcess {
  /** When it was last heard of, in milliseconds since 1970. */
  heardMs = Date.now();
  progress: Progress | undefined;
  /** The uploaded packages whose code is in it; only work with the very same goes to it then. */
  holds: readonly string[] = [];
  private work: { listener: WorkListener; resolve: (end: WorkEnd) => void; before: LimitHits | undefined } | undefined;
  private clean = true;
  private alive = true;

  private constructor(
    private readonly host: PluginHost,
    /** What it was opened with; a runner serves work that wants the same. */
    readonly key: string,
    private readonly python: PythonCompanion,
    /** What limits it with all that it starts. */
    private readonly group: Pick<ControlGroup, 'hits'> | undefined,
  ) {
    host.onMessage((message) => this.receive(message as FromRunner));
    void host.exited.then((exit) => this.died(exit));
  }

  /** Waits until the engine of a process that has started is open. */
  static async open(
    host: PluginHost,
    key: string,
    open: Open,
    startPython: StartPython,
    group?: Pick<ControlGroup, 'hits'>,
  ): Promise<RunnerProcess> {
    const runner = new RunnerProcess(host, key, new PythonCompanion(startPython), group);
    const ready = new Promise<void>((resolve, reject) => {
      const stop = host.onMessage((received) => {
        const message = received as FromRunner;
        if (message.type === 'ready') resolve();
        else if (message.type === 'unready') reject(fromWireError(message.error));
        else return;
        stop();
      });
      void host.exited.then((exit) => reject(deathError(exit)));
    });
    runner.send(open);
    try {
      await ready;
    } catch (error) {
      await host.kill(0);
      throw error;
    }
    return runner;
  }

  /** Whether it may be given work again. */
  get usable(): boolean {
    return this.alive && this.clean && this.work === undefined;
  }

  get pid(): number | undefined {
    return this.host.diagnose().pid;
  }

  /** Does one piece of work. It never rejects: a runner that dies is an outcome. */
  do(work: Work, listener: WorkListener): Promise<WorkEnd> {
    this.heardMs = Date.now();
    this.progress = undefined;
    return new Promise((resolve) => {
      this.work = { listener, resolve, before: this.group?.hits };
      if (this.alive) this.send(work);
      else void this.host.exited.then((exit) => this.died(exit));
    });
  }

  /** Asks the work to end; a runner that has not ended it after the grace time is killed with all its processes. */
  cancel(graceMs: number): void {
    const { work } = this;
    this.send({ type: 'cancel' });
    setTimeout(() => {
      if (work !== undefined && this.work === work) void this.kill();
    }, graceMs).unref();
  }

  async kill(): Promise<void> {
    await Promise.all([this.host.kill(0), this.python.kill()]);
  }

  private send(message: ToRunner): void {
    this.host.send(message);
  }

  private receive(message: FromRunner): void {
    this.heardMs = Date.now();
    const { work } = this;
    if (work === undefined) return;
    if (message.type === 'heartbeat') {
      const { progress } = message;
      if (progress === undefined || JSON.stringify(progress) === JSON.stringify(this.progress)) return;
      this.progress = progress;
      work.listener.progressed(progress);
    }
    if (message.type === 'update') work.listener.updated(message.update);
    else if (message.type === 'python') void this.callPython(message.id, message.work, work.listener);
    else if (message.type === 'endPython') void this.python.kill();
    else if (message.type === 'commit') void this.answerCommit(message.id, work.listener);
    else if (message.type === 'done') {
      this.clean = message.clean;
      this.work = undefined;
      const outcome = withLimits(message.outcome, work.before, this.group?.hits);
      work.resolve({ outcome, update: message.update });
    }
  }

  private async callPython(id: number, work: PythonWork, listener: WorkListener): Promise<void> {
    const { name } = work.call;
    const answer = await this.python.call(work, {
      committing: () => listener.committing(),
      logged: (level, message) =>
        listener.updated({ ...NOTHING, log: [{ at: Date.now(), level, stop: name, message }] }),
    });
    this.send({ type: 'python', id, ...answer });
  }

  private async answerCommit(id: number, listener: WorkListener): Promise<void> {
    try {
      await listener.committing();
      this.send({ type: 'commit', id });
    } catch (error) {
      this.send({ type: 'commit', id, error: toWireError(error, 'INTERNAL') });
    }
  }

  private died(exit: HostExit): void {
    this.alive = false;
    void this.python.kill();
    const { work } = this;
    this.work = undefined;
    work?.resolve({ outcome: { ok: false, error: toWireError(deathError(exit)) }, update: NOTHING });
  }
}

/** Says of a stop that failed which limit the processes that it had started met, for it cannot tell. */
function withLimits(outcome: Outcome, before: LimitHits | undefined, after: LimitHits | undefined): Outcome {
  if (outcome.ok || outcome.error.reason !== 'STOP_FAILED' || before === undefined || after === undefined)
    return outcome;
  const { error } = outcome;
  const [limit, what] =
    after.memory > before.memory
      ? ['memory', 'a process that it had started used more memory than the run may, and was ended']
      : after.tasks > before.tasks
        ? ['tasks', 'it had as many processes and threads as a run may']
        : ['', ''];
  if (limit === '') return outcome;
  const reason = limit === 'memory' ? 'OUT_OF_MEMORY' : error.reason;
  const details = { ...error.details, limit };
  return { ok: false, error: { ...error, reason, message: `${what}: ${error.message}`, details } };
}

function deathError(exit: HostExit): SluiceError {
  const how = exit.signal === undefined ? `with exit code ${exit.code ?? 'unknown'}` : `by signal ${exit.signal}`;
  const details = { exitCode: String(exit.code ?? ''), signal: exit.signal ?? '' };
  const output = exit.lastOutput.trim() === '' ? '' : `; the last it wrote: ${exit.lastOutput.trim().slice(-500)}`;
  if (exit.outOfMemory) {
    const message = `the runner used more memory than it may and ended ${how}; give the run more memory or less data${output}`;
    return new SluiceError('OUT_OF_MEMORY', message, { details });
  }
  return new SluiceError('RUNNER_DIED', `the runner ended ${how} in the middle of its work${output}`, { details });
}

/** The error of a runner that could not be started, with what it was for. */
export function startError(error: unknown): SluiceError {
  const known = toSluiceError(error, 'HOST_FAILED');
  return new SluiceError(known.reason, `no runner could be started: ${known.message}`, {
    details: known.details,
    cause: error,
  });
}
