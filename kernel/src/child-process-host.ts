import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SluiceError } from '@sluice/plugin-sdk';
import { sandboxed, type Sandbox } from './sandbox.js';
import { Mailbox, tail, type HostChannel, type HostDiagnosis, type HostExit, type PluginHost } from './host.js';

export interface ChildProcessHostOptions {
  readonly name: string;
  /** The module to run; it calls {@link processChannel}. */
  readonly entry: URL | string;
  /** Another program than Node that runs the entry and speaks as {@link processChannel} does. */
  readonly program?: string;
  readonly execArgv?: readonly string[];
  /** The whole environment; default empty. */
  readonly env?: Readonly<Record<string, string>>;
  /** The working folder; default that of this process. */
  readonly cwd?: string;
  /** Limit of the process's resident memory (watched on Linux); default none. */
  readonly memoryBytes?: number;
  /** Limit of its JavaScript heap, where its memory has one; default the same. A small one is collected sooner. */
  readonly heapBytes?: number;
  /** What the code in it may do; default anything. */
  readonly sandbox?: Sandbox | undefined;
  /** How long {@link PluginHost.start} may take, in milliseconds; default 10,000. */
  readonly startMs?: number;
  /** Called with what the process writes. */
  onOutput?(stream: 'stdout' | 'stderr', text: string): void;
}

/** The first message of a child: it is ready for those of its host. */
const READY = 'sluice: ready';

const MEMORY_CHECK_MS = 100;
/** How long output may still come after the process has ended, when a process that it started holds the pipe. */
const OUTPUT_MS = 500;

/** A host that is a process of its own: own group, clean environment, killed as a group. */
export function childProcessHost(options: ChildProcessHostOptions): PluginHost {
  const {
    name,
    entry,
    execArgv = [],
    env = {},
    cwd,
    memoryBytes = Infinity,
    heapBytes = memoryBytes,
    program = process.execPath,
    startMs = 10_000,
    onOutput,
    sandbox,
  } = options;
  const mailbox = new Mailbox();
  const output = { stdout: '', stderr: '' };
  let state: HostDiagnosis['state'] = 'new';
  let child: ChildProcess | undefined;
  let overMemory = false;
  let killed = false;
  let end!: (exit: HostExit) => void;
  const exited = new Promise<HostExit>((resolve) => (end = resolve));

  const lastOutput = (): string => output.stderr || output.stdout;
  /** Called once the output is complete, or late enough; what comes after the first call changes nothing. */
  const finish = (code: number | null, signal: string | null): void => {
    state = 'exited';
    const outOfMemory = overMemory || /JavaScript heap out of memory/.test(output.stderr);
    end({ code: code ?? undefined, signal: signal ?? undefined, outOfMemory, killed, lastOutput: lastOutput() });
  };

  /** Starts the process. `settle` is called without an argument when it is ready, with what failed when it is not. */
  const launch = (settle: (failure?: string) => void): ChildProcess => {
    const limited = memoryBytes < Infinity;
    const heap =
      limited && program === process.execPath
        ? [`--max-old-space-size=${Math.max(16, Math.floor(Math.min(memoryBytes, heapBytes) / 2 ** 20))}`]
        : [];
    const module = entry instanceof URL ? fileURLToPath(entry) : entry;
    const oomKillsBefore = oomKills();
    const { command, args } = sandboxed(sandbox, program, [...execArgv, ...heap, module]);
    const started = spawn(command, args, {
      detached: true, // a process group of its own, so that what it starts dies with it
      env,
      cwd,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'json',
    });
    for (const stream of ['stdout', 'stderr'] as const) {
      started[stream]?.setEncoding('utf8').on('data', (text: string) => {
        output[stream] = tail(output[stream] + text);
        onOutput?.(stream, text);
      });
    }
    started.on('message', (message) => {
      if (state !== 'starting' || message !== READY) return mailbox.deliver(message);
      state = 'running';
      settle();
    });
    const checkMemory = (): void => {
      if (residentBytes(started) <= memoryBytes) return;
      overMemory = true;
      killGroup(started);
    };
    const watch = limited ? setInterval(checkMemory, MEMORY_CHECK_MS).unref() : undefined;
    started.on('error', (error) => settle(`could not be started: ${error.message}`));
    started.on('exit', (code, signal) => {
      clearInterval(watch);
      killGroup(started);
      if (signal === 'SIGKILL' && !killed && oomKills() > oomKillsBefore) overMemory = true;
      setTimeout(finish, OUTPUT_MS, code, signal).unref();
      started.once('close', () => finish(code, signal));
    });
    return started;
  };

  const kill = async (graceMs: number): Promise<HostExit> => {
    if (state === 'exited') return exited;
    killed = true;
    if (child?.pid === undefined) finish(null, null);
    else if (graceMs <= 0) killGroup(child);
    else {
      child.kill('SIGTERM');
      const timer = setTimeout(killGroup, graceMs, child);
      void exited.then(() => clearTimeout(timer));
    }
    return exited;
  };

  return {
    name,
    exited,
    kill,
    async start() {
      if (state !== 'new') throw new SluiceError('HOST_FAILED', `host '${name}' was started already`);
      state = 'starting';
      let timer: NodeJS.Timeout | undefined;
      const failure = await new Promise<string | undefined>((resolve) => {
        timer = setTimeout(resolve, startMs, `was not ready after ${startMs} ms`);
        void exited.then((exit) => resolve(`ended before it was ready: ${describeExit(exit)}`));
        child = launch(resolve);
      });
      clearTimeout(timer);
      if (failure === undefined) return;
      const wrote = (await kill(0)).lastOutput.trim() || 'none';
      throw new SluiceError('HOST_FAILED', `host '${name}' ${failure}; its last output: ${wrote}`);
    },
    send(message) {
      // A message that the channel does not take any more is no error of its own: `exited` tells what happened.
      if (child?.connected) child.send(message as object, () => undefined);
    },
    onMessage: (listener) => mailbox.listen(listener),
    interrupt: () => void child?.kill('SIGINT'),
    diagnose() {
      const memory = state === 'starting' || state === 'running' ? residentBytes(child) : 0;
      return { state, pid: child?.pid, memoryBytes: memory, lastOutput: lastOutput() };
    },
  };
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
