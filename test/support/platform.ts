import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type Connection } from '@sluice/chassis';
import { freePort } from '@sluice/chassis/testing';
import { keepManifests, lendManifests } from './manifests.js';
import { ROOT } from './root.js';

const BIN = join(ROOT, 'services/cli/bin/sluice.js');

/** A process of the platform as a test started it: `sluice serve ...`. */
export interface ServiceProcess {
  readonly services: readonly string[];
  readonly pid: number;
  /** Where its gRPC is. */
  readonly grpc: string;
  /** Where its HTTP is; empty when it serves none. */
  readonly http: string;
  /** What it has logged so far, one JSON object a line. */
  readonly log: readonly string[];
  /** Ends it in order, or with a signal, and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface PlatformOptions {
  /** The services of each process; default all in one. */
  readonly processes?: readonly (readonly string[])[];
  /** Further environment, such as SLUICE_DATABASE_URL. */
  readonly env?: Readonly<Record<string, string>>;
  /** The home folder; default a new one, removed at the end. */
  readonly home?: string;
}

/** A running platform. */
export interface TestPlatform {
  readonly home: string;
  readonly processes: ServiceProcess[];
  readonly clients: Connection;
  readonly http: string;
  /** The URL of its database; absent for SQLite in its home. */
  readonly database?: string;
  /** Starts a process again, at the same addresses. */
  restart(index: number): Promise<void>;
  close(): Promise<void>;
}

const ALL = [['catalog', 'datasource', 'execution', 'scheduling', 'gateway']];

/** Starts a platform of real processes on free ports and a home of its own. */
export async function startPlatform(options: PlatformOptions = {}): Promise<TestPlatform> {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'sluice-home-')));
  // A platform makes it when the first run needs it; tests put their input there before.
  await mkdir(join(home, 'files'), { recursive: true });
  if (options.home === undefined) await lendManifests(home);
  const groups = options.processes ?? ALL;
  const processes: ServiceProcess[] = [];
  const addresses: Record<string, string> = {};
  const environment = (): Record<string, string> => ({
    SLUICE_HOME: home,
    SLUICE_LOG_FORMAT: 'json',
    SLUICE_GRPC_PORT: '0',
    SLUICE_HTTP_PORT: '0',
    // Under test most platforms run one flow at a time; benches take what users have.
    ...(process.env['VITEST'] === undefined ? {} : { SLUICE_EXECUTION_WARM_RUNNERS: '1' }),
    ...Object.fromEntries(
      Object.entries(addresses).map(([name, address]) => [`SLUICE_${name.toUpperCase()}_ADDRESS`, address]),
    ),
    ...options.env,
  });
  const close = async (): Promise<void> => {
    await clients?.close();
    await Promise.all([...processes].reverse().map((each) => each.stop()));
    if (options.home === undefined) await rm(home, { recursive: true, force: true });
  };
  let clients: Connection | undefined;
  try {
    // Those that start first have to know where the others will be.
    const ports = await Promise.all(groups.map(freePort));
    groups.forEach((services, index) => {
      for (const service of services) if (service !== 'gateway') addresses[service] = `127.0.0.1:${ports[index]}`;
    });
    for (const [index, services] of groups.entries()) {
      processes.push(await startProcess(services, { ...environment(), SLUICE_GRPC_PORT: String(ports[index]) }));
    }
    clients = await connect(addresses);
    if (options.home === undefined) await keepManifests(home);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    home,
    processes,
    clients,
    close,
    get http(): string {
      return processes.find((each) => each.http !== '')?.http ?? '';
    },
    async restart(index) {
      const old = processes[index];
      if (old === undefined) throw new Error(`there is no process ${index}`);
      const port = old.grpc.split(':').at(-1) ?? '0';
      const http = old.http === '' ? '0' : new URL(old.http).port;
      processes[index] = await startProcess(old.services, {
        ...environment(),
        SLUICE_GRPC_PORT: port,
        SLUICE_HTTP_PORT: http,
      });
    },
  };
}

/** Starts one process and waits until it says that it is ready. */
async function startProcess(
  services: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [BIN, 'serve', ...services], {
    env: { PATH: process.env['PATH'] ?? '', HOME: env['SLUICE_HOME'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log: string[] = [];
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let http = '';
  const grpc = await new Promise<string>((resolve, reject) => {
    const read = (line: string): void => {
      log.push(line);
      const message = parse(line);
      http =
        (message?.['http'] as string | undefined) ??
        /^HTTP is served on (\S+)/.exec(String(message?.['msg']))?.[1] ??
        http;
      if (message?.['msg'] === 'ready') resolve(String(message['address']));
    };
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', read);
    void exited.then(() => reject(new Error(`sluice serve ${services.join(' ')} ended: ${log.join('\n')}`)));
  });
  return {
    services,
    pid: child.pid ?? 0,
    grpc,
    http,
    log,
    stop: (signal = 'SIGTERM') => stop(child, exited, signal),
  };
}

async function stop(child: ChildProcess, exited: Promise<void>, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await exited;
  clearTimeout(timer);
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined; // a line for people
  }
}
