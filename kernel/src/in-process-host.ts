import { SluiceError } from '@sluice/plugin-sdk';
import { Mailbox, tail, type HostChannel, type HostDiagnosis, type HostExit, type PluginHost } from './host.js';

export interface InProcessHostOptions {
  readonly name: string;
  /** What runs inside; the host has ended when its promise settles. */
  main(channel: HostChannel): Promise<void>;
}

/** A host inside this process, for `sluice run --local` and tests: the same messages, no isolation. */
export function inProcessHost({ name, main }: InProcessHostOptions): PluginHost {
  const outward = new Mailbox();
  const inward = new Mailbox();
  const interrupts: (() => void)[] = [];
  const ending = new AbortController();
  let state: HostDiagnosis['state'] = 'new';
  let killed = false;
  let lastOutput = '';
  let end!: (exit: HostExit) => void;
  const exited = new Promise<HostExit>((resolve) => (end = resolve));

  const finish = (code?: number): void => {
    state = 'exited';
    end({ code, signal: undefined, outOfMemory: false, killed, lastOutput });
  };
  const channel: HostChannel = {
    send: (message) => post(outward, message),
    onMessage: (listener) => void inward.listen(listener),
    onInterrupt: (listener) => void interrupts.push(listener),
    signal: ending.signal,
  };
  const run = async (): Promise<number> => {
    try {
      await main(channel);
      return 0;
    } catch (error) {
      lastOutput = tail(error instanceof Error ? (error.stack ?? error.message) : String(error));
      return 1;
    }
  };

  return {
    name,
    exited,
    async start() {
      if (state !== 'new') throw new SluiceError('HOST_FAILED', `host '${name}' was started already`);
      state = 'running';
      // What was sent before the end arrives before it.
      void run().then((code) => setImmediate(finish, code));
    },
    send: (message) => void (state === 'running' && post(inward, message)),
    onMessage: (listener) => outward.listen(listener),
    interrupt: () => interrupts.forEach((listener) => listener()),
    async kill(graceMs) {
      killed ||= state !== 'exited';
      ending.abort();
      if (state === 'new') finish();
      const timer = setTimeout(finish, graceMs);
      return exited.finally(() => clearTimeout(timer));
    },
    diagnose: () => ({ state, pid: undefined, memoryBytes: 0, lastOutput }),
  };
}

/** Messages are copied as JSON and arrive later, as they do between processes. */
function post(mailbox: Mailbox, message: unknown): void {
  const text = JSON.stringify(message);
  setImmediate(() => mailbox.deliver(JSON.parse(text)));
}
