import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.js';

const COMMAND = ['/usr/sbin/nats-server', '/usr/bin/nats-server'].find((path) => existsSync(path)) ?? 'nats-server';

/** A NATS server of a test's own, that may be killed and started again. */
export interface NatsServer {
  readonly url: string;
  /** Starts it, with what it had stored. */
  start(): Promise<void>;
  /** Kills it as a crash would. */
  kill(): Promise<void>;
  /** Kills it and removes what it had stored. */
  remove(): Promise<void>;
}

/** Whether `nats-server` is installed. */
export function hasNatsServer(): boolean {
  return spawnSync(COMMAND, ['--version']).status === 0;
}

/** Names a server that is not started yet, on a free port or on `wantedPort`. */
export async function natsServer(wantedPort?: number): Promise<NatsServer> {
  const port = wantedPort ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), 'sluice-nats-'));
  let child: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, 'exit');
    running.kill('SIGKILL');
    await ended;
  };
  return {
    url: `nats://127.0.0.1:${port}`,
    start: async () => {
      child = spawn(COMMAND, ['-js', '-sd', folder, '-a', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
      for (let tries = 0; !(await answers(port)); tries += 1) {
        if (tries > 200 || child.exitCode !== null) throw new Error(`nats-server did not start on port ${port}`);
        await delay(25);
      }
    },
    kill,
    remove: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answers(port: number): Promise<boolean> {
  const socket = createConnection({ host: '127.0.0.1', port });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false; // Not yet: the caller asks again.
  } finally {
    socket.destroy();
  }
}
