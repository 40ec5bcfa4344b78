import { SluiceError } from '@sluice/plugin-sdk';
import { Mailbox, tail, type HostChannel, type HostDiagnosis, type HostExit, type PluginHost } from './host.js';

export interface InProcessHostOptions {
  readonly name: string;
  /** What runs inside; the host has ended when its promise settles. */
  main(channel: HostChannel): Promise<void>;
}

/** A host inside this process, for `sluice run --local` and tests: the same messages, no isolation. */
export function inProcessHost(options: InProcessHostOptions): PluginHost {
  const outward = new Mailbox();
  const inward = new Mailbox();
  const interrupts = new Set<() => void>();
  const ending = new AbortController();
  let state: HostDiagnosis['state'] = 'new';
  let killed = false;
  let end!: (exit: HostExit) => void;
  const exited = new Promise<HostExit>((resolve) => (end = resolve));
  let lastOutput = '';

  const finish = (code: number | undefined): void => {
    if (state === 'exited') return;
    state = 'exited';
    end({ code, signal: undefined, outOfMemory: false, killed, lastOutput });
  };

  return {
    name: options.name,
    exited,
    async start() {
      if (state !== 'new') throw new SluiceError('HOST_FAILED', `host '${options.name}' was started already`);
      state = 'running';
      const channel: HostChannel = {
        send: (message) => post(outward, message),
        onMessage: (listener) => void inward.listen(listener),
        onInterrupt: (listener) => void interrupts.add(listener),
        signal: ending.signal,
      };
      void options.main(channel).then(
        // What was sent before the end arrives before it.
        () => setImmediate(() => finish(0)),
        (error: unknown) => {
          lastOutput = tail(error instanceof Error ? (error.stack ?? error.message) : String(error));
          setImmediate(() => finish(1));
        },
      );
    },
    send(message) {
      if (state === 'running') post(inward, message);
    },
    onMessage: (listener) => outward.listen(listener),
    interrupt() {
      for (const listener of interrupts) listener();
    },
    async kill(graceMs) {
      if (state === 'exited') return exited;
      killed = true;
      ending.abort();
      if (state === 'new') finish(undefined);
      const timer = setTimeout(() => finish(undefined), graceMs);
      void exited.then(() => clearTimeout(timer));
      return exited;
    },
    diagnose: () => ({ state, pid: undefined, memoryBytes: 0, lastOutput }),
  };
}

/** Messages are copied as JSON and arrive later, as they do between processes. */
function post(mailbox: Mailbox, message: unknown): void {
  const text = JSON.stringify(message);
  setImmediate(() => mailbox.deliver(JSON.parse(text)));
}
