import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SluiceError } from '@sluice/plugin-sdk';
import { Mailbox, tail, type HostChannel, type HostDiagnosis, type HostExit, type PluginHost } from './host.js';

export interface ChildProcessHostOptions {
  readonly name: string;
  /** The module to run; it calls {@link processChannel}. */
  readonly entry: URL | string;
  readonly execArgv?: readonly string[];
  /** The whole environment; default empty. */
  readonly env?: Readonly<Record<string, string>>;
  /** The working folder; default that of this process. */
  readonly cwd?: string;
  /** Limit of the process's resident memory (watched on Linux) and of its JavaScript heap; default none. */
  readonly memoryBytes?: number;
  /** How long {@link PluginHost.start} may take, in milliseconds; default 10,000. */
  readonly startMs?: number;
  /** Called with what the process writes. */
  onOutput?(stream: 'stdout' | 'stderr', text: string): void;
}

/** The first message of a child: it is ready for those of its host. */
const READY = { sluice: 'ready' };

const MEMORY_CHECK_MS = 100;
/** How long output may still come after the process has ended, when a process that it started holds the pipe. */
const OUTPUT_MS = 500;

/** A host that is a process of its own: own group, clean environment, killed as a group. */
export function childProcessHost(options: ChildProcessHostOptions): PluginHost {
  return new ChildProcessHost(options);
}

class ChildProcessHost implements PluginHost {
  readonly name: string;
  readonly exited: Promise<HostExit>;
  readonly #options: ChildProcessHostOptions;
  readonly #mailbox = new Mailbox();
  readonly #output = { stdout: '', stderr: '' };
  #state: HostDiagnosis['state'] = 'new';
  #child: ChildProcess | undefined;
  #overMemory = false;
  #killed = false;
  #end!: (exit: HostExit) => void;

  constructor(options: ChildProcessHostOptions) {
    this.name = options.name;
    this.#options = options;
    this.exited = new Promise((resolve) => (this.#end = resolve));
  }

  async start(): Promise<void> {
    if (this.#state !== 'new') throw new SluiceError('HOST_FAILED', `host '${this.name}' was started already`);
    this.#state = 'starting';
    const { startMs = 10_000 } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const failure = await new Promise<string | undefined>((resolve) => {
      timer = setTimeout(resolve, startMs, `was not ready after ${startMs} ms`);
      void this.exited.then((exit) => resolve(`ended before it was ready: ${describeExit(exit)}`));
      this.#spawn(resolve);
    });
    clearTimeout(timer);
    if (failure === undefined) return;
    const { lastOutput } = await this.kill(0);
    const wrote = lastOutput.trim() === '' ? '' : `; its last output: ${lastOutput.trim()}`;
    throw new SluiceError('HOST_FAILED', `host '${this.name}' ${failure}${wrote}`);
  }

  send(message: unknown): void {
    // A message that the channel does not take any more is no error of its own: `exited` tells what happened.
    if (this.#child?.connected) this.#child.send(message as object, () => undefined);
  }

  onMessage(listener: (message: unknown) => void): () => void {
    return this.#mailbox.listen(listener);
  }

  interrupt(): void {
    this.#child?.kill('SIGINT');
  }

  async kill(graceMs: number): Promise<HostExit> {
    if (this.#state === 'exited') return this.exited;
    this.#killed = true;
    if (this.#child?.pid === undefined) this.#finish(null, null);
    else if (graceMs <= 0) killGroup(this.#child);
    else {
      this.#child.kill('SIGTERM');
      const timer = setTimeout(killGroup, graceMs, this.#child);
      void this.exited.then(() => clearTimeout(timer));
    }
    return this.exited;
  }

  diagnose(): HostDiagnosis {
    const alive = this.#state === 'running' || this.#state === 'starting';
    const memoryBytes = alive ? residentBytes(this.#child) : 0;
    return { state: this.#state, pid: this.#child?.pid, memoryBytes, lastOutput: this.#lastOutput() };
  }

  /** Starts the process. `settle` is called without an argument when it is ready, with what failed when it is not. */
  #spawn(settle: (failure?: string) => void): void {
    const { entry, execArgv = [], env = {}, cwd, memoryBytes = Infinity, onOutput } = this.#options;
    const heap =
      memoryBytes < Infinity ? [`--max-old-space-size=${Math.max(16, Math.floor(memoryBytes / 2 ** 20))}`] : [];
    const module = entry instanceof URL ? fileURLToPath(entry) : entry;
    const oomKillsBefore = oomKills();
    const child = spawn(process.execPath, [...execArgv, ...heap, module], {
      detached: true, // a process group of its own, so that what it starts dies with it
      env,
      cwd,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'json',
    });
    this.#child = child;
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream]?.setEncoding('utf8').on('data', (text: string) => {
        this.#output[stream] = tail(this.#output[stream] + text);
        onOutput?.(stream, text);
      });
    }
    child.on('message', (message) => {
      if (this.#state !== 'starting' || !isReady(message)) return this.#mailbox.deliver(message);
      this.#state = 'running';
      settle();
    });
    const watch = setInterval(() => {
      if (residentBytes(child) <= memoryBytes) return;
      this.#overMemory = true;
      killGroup(child);
    }, MEMORY_CHECK_MS).unref();
    if (memoryBytes === Infinity) clearInterval(watch);
    child.on('error', (error) => settle(`could not be started: ${error.message}`));
    child.on('exit', (code, signal) => {
      clearInterval(watch);
      killGroup(child);
      if (signal === 'SIGKILL' && !this.#killed && oomKills() > oomKillsBefore) this.#overMemory = true;
      const timer = setTimeout(() => this.#finish(code, signal), OUTPUT_MS);
      child.once('close', () => {
        clearTimeout(timer);
        this.#finish(code, signal);
      });
    });
  }

  #finish(code: number | null, signal: string | null): void {
    this.#state = 'exited';
    const outOfMemory = this.#overMemory || /JavaScript heap out of memory/.test(this.#output.stderr);
    const lastOutput = this.#lastOutput();
    this.#end({ code: code ?? undefined, signal: signal ?? undefined, outOfMemory, killed: this.#killed, lastOutput });
  }

  #lastOutput(): string {
    return this.#output.stderr === '' ? this.#output.stdout : this.#output.stderr;
  }
}

/** Inside a child process: the channel to the host that started it. The process ends when the host is gone. */
export function processChannel(): HostChannel {
  const ending = new AbortController();
  const mailbox = new Mailbox();
  const end = (): void => {
    if (ending.signal.aborted) return;
    ending.abort();
    // From here on only unfinished work keeps the process, and that not for ever once nobody can kill it.
    process.channel?.unref();
    setTimeout(() => process.exit(1), 10_000).unref();
  };
  process.on('SIGTERM', end);
  process.on('disconnect', end);
  process.on('SIGINT', () => undefined); // without a listener an interrupt would end the process
  process.on('message', (message) => mailbox.deliver(message));
  const send = (message: unknown): void => {
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
  };
  send(READY);
  return {
    send,
    onMessage: (listener) => void mailbox.listen(listener),
    onInterrupt: (listener) => void process.on('SIGINT', listener),
    signal: ending.signal,
  };
}

/** How a host ended, in words. */
export function describeExit(exit: HostExit): string {
  const how = exit.signal === undefined ? `exit code ${exit.code ?? 'unknown'}` : `signal ${exit.signal}`;
  return exit.outOfMemory ? `out of memory (${how})` : how;
}

function isReady(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'sluice' in message && message.sluice === READY.sluice;
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // ESRCH: all of the group have ended already.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The resident memory of a process; 0 where the system does not tell. */
function residentBytes(child: ChildProcess | undefined): number {
  return 1024 * readNumber(`/proc/${child?.pid}/status`, /^VmRSS:\s+(\d+) kB/m);
}

/** How many processes of this container the system has killed for want of memory; 0 where it does not tell. */
function oomKills(): number {
  return readNumber('/sys/fs/cgroup/memory.events', /^oom_kill (\d+)/m);
}

function readNumber(file: string, pattern: RegExp): number {
  try {
    return Number(pattern.exec(readFileSync(file, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0; // another system, or the process has just ended
  }
}
