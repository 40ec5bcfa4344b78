import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { freemem, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { isSluiceError, loadConfig, probeDatabase, probeNats, type LoadedConfig } from '@sluice/chassis';
import { FlowServiceService } from '@sluice/proto/catalog/v1/flow_service';
import { DatasourceServiceService } from '@sluice/proto/datasource/v1/datasource_service';
import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { PoolServiceService } from '@sluice/proto/scheduling/v1/pool_service';
import { DEFAULT_ADDRESS, readAddress } from '../address.js';
import { showChecks, type Check } from '../checks.js';
import type { Session } from '../session.js';
import { formatBytes } from '../terminal/format.js';

const LEAST_NODE = 20;
const LEAST_DISK = 2 * 1024 ** 3;
const LEAST_MEMORY = 1024 ** 3;
const LIMIT_MS = 3_000;

/** Checks this machine and the platform, and says what to do. The exit code is 1 when something must be done. */
export async function doctor(session: Session, options: { readonly config?: string }): Promise<void> {
  const checks: Check[] = [checkNode(session)];
  const loaded = tryLoad(session, options.config, checks);
  if (loaded !== undefined) {
    const { config } = loaded;
    checks.push(checkHome(session, config.home), checkDisk(session, config.home), checkMemory(session, loaded));
    checks.push(...(await checkIsolation(session, config.python.command)));
    const platform = await checkPlatform(session);
    checks.push(...platform);
    const isUp = platform.every(({ state }) => state === 'ok');
    checks.push(await checkPort(session, 'HTTP', config.http.host, config.http.port, isUp));
    checks.push(await checkPort(session, 'gRPC', config.grpc.host, config.grpc.port, isUp));
    checks.push(
      await checkServer(session, session.texts.doctor.database, config.database.url, () => probeDatabase(config)),
    );
    checks.push(await checkServer(session, 'NATS', config.nats.url, () => probeNats(config)));
  }
  showChecks(session, checks);
}

function checkNode({ texts }: Session): Check {
  const ok = Number(process.versions.node.split('.')[0]) >= LEAST_NODE;
  const check = { name: 'Node', found: process.version };
  return ok ? { ...check, state: 'ok' } : { ...check, state: 'failed', advice: texts.doctor.newerNode(LEAST_NODE) };
}

function tryLoad({ texts }: Session, file: string | undefined, checks: Check[]): LoadedConfig | undefined {
  const name = texts.doctor.settings;
  try {
    const loaded = loadConfig({ file });
    checks.push({ name, state: 'ok', found: texts.config.file(loaded.file) });
    return loaded;
  } catch (error) {
    if (!isSluiceError(error)) throw error;
    checks.push({ name, state: 'failed', found: error.message, advice: texts.doctor.mendSettings });
    return undefined;
  }
}

/** The nearest folder above that exists. */
function existing(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existing(dirname(path));
}

function checkHome({ texts }: Session, home: string): Check {
  const name = texts.doctor.home;
  try {
    accessSync(existing(home), constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    return { name, state: 'failed', found: texts.doctor.notWritable(home), advice: texts.doctor.otherHome };
  }
  if (!existsSync(home)) return { name, state: 'ok', found: texts.doctor.homeToCome(home) };
  const isOpen = process.platform !== 'win32' && (statSync(home).mode & 0o077) !== 0;
  if (!isOpen) return { name, state: 'ok', found: home };
  return { name, state: 'warning', found: texts.doctor.homeOpen(home), advice: `chmod 700 ${home}` };
}

function checkDisk({ texts }: Session, home: string): Check {
  const { bavail, bsize } = statfsSync(existing(home));
  const free = bavail * bsize;
  const check = { name: texts.doctor.disk, found: texts.doctor.free(formatBytes(free)) };
  return free >= LEAST_DISK ? { ...check, state: 'ok' } : { ...check, state: 'warning', advice: texts.doctor.moreDisk };
}

function checkMemory({ texts }: Session, { config }: LoadedConfig): Check {
  const { memoryBytes, maxRuns } = config.execution;
  const found = texts.doctor.memory(formatBytes(totalmem()), formatBytes(freemem()), formatBytes(memoryBytes), maxRuns);
  const check = { name: texts.doctor.memoryName, found };
  if (totalmem() < LEAST_MEMORY) return { ...check, state: 'warning', advice: texts.doctor.moreMemory };
  const isTooMuch = memoryBytes * maxRuns > totalmem();
  return isTooMuch ? { ...check, state: 'warning', advice: texts.doctor.lessMemory } : { ...check, state: 'ok' };
}

/** What `@sluice/execution/isolation` tells. */
interface Isolation {
  readonly limits: Readonly<Record<string, boolean>>;
  readonly python?: { readonly version: string; readonly pyarrow: string; readonly program: string };
  readonly noPython?: string;
}

/** What holds the code of plugins on this machine, and the Python of stops. Loaded by its name, as services are. */
async function checkIsolation({ texts }: Session, command: string): Promise<Check[]> {
  const name = '@sluice/execution/isolation';
  const { lookAtIsolation } = (await import(name)) as { lookAtIsolation(command: string): Promise<Isolation> };
  const { limits, python, noPython = '' } = await lookAtIsolation(command);
  const words = (wanted: boolean): string =>
    Object.entries(limits)
      .flatMap(([limit, isThere]) => (isThere === wanted ? [texts.doctor.limits[limit] ?? limit] : []))
      .join(', ');
  const lacking = words(false);
  const held = { name: texts.doctor.isolation, found: texts.doctor.held(words(true)) };
  return [
    lacking === '' ? { ...held, state: 'ok' } : { ...held, state: 'warning', advice: texts.doctor.notHeld(lacking) },
    python === undefined
      ? { name: 'Python', state: 'warning', found: texts.doctor.noPython, advice: noPython }
      : { name: 'Python', state: 'ok', found: `${python.version}, pyarrow ${python.pyarrow} (${python.program})` },
  ];
}

async function checkPlatform(session: Session): Promise<Check[]> {
  const { texts, url } = session;
  const address = readAddress(url);
  const shown = url ?? DEFAULT_ADDRESS;
  const connection = await session.connect();
  const probes: readonly [string, () => Promise<unknown>][] = [
    [
      'catalog',
      () => connection.get(FlowServiceService).listFlows({ query: '', labels: {}, pageSize: 1, pageToken: '' }, LIMIT),
    ],
    [
      'datasource',
      () => connection.get(DatasourceServiceService).listDatasources({ pageSize: 1, pageToken: '' }, LIMIT),
    ],
    ['execution', () => connection.get(RunServiceService).listRuns(ONE_RUN, LIMIT)],
    ['scheduling', () => connection.get(PoolServiceService).listPools({ pageSize: 1, pageToken: '' }, LIMIT)],
  ];
  return Promise.all(
    probes.map(async ([service, probe]): Promise<Check> => {
      const name = texts.doctor.service(service);
      const began = performance.now();
      try {
        await probe();
        return { name, state: 'ok', found: texts.doctor.answers(shown, Math.round(performance.now() - began)) };
      } catch (error) {
        const why =
          isSluiceError(error) && error.code === 'UNAVAILABLE' ? texts.errors.unreachable(shown) : String(error);
        const advice = address.kind === 'grpc' ? texts.doctor.startPlatform : texts.doctor.startGateway;
        return { name, state: 'failed', found: why, advice };
      }
    }),
  );
}

const LIMIT = { deadlineMs: LIMIT_MS, idempotent: false };
const ONE_RUN = {
  flowId: '',
  states: [],
  createdFrom: undefined,
  createdBefore: undefined,
  labels: {},
  flowName: '',
  pageSize: 1,
  pageToken: '',
};

/** Whether the port that `sluice up` would take is free, or taken by the platform that answers. */
async function checkPort({ texts }: Session, name: string, host: string, port: number, isUp: boolean): Promise<Check> {
  const check = { name: texts.doctor.port(name), found: `${host}:${port}` };
  if (port === 0 || isUp) return { ...check, state: 'ok' };
  const problem = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
  if (problem === undefined) return { ...check, state: 'ok', found: texts.doctor.portFree(check.found) };
  const why = problem.code === 'EADDRINUSE' ? texts.doctor.portTaken(check.found) : problem.message;
  return {
    ...check,
    state: 'failed',
    found: why,
    advice: texts.doctor.otherPort(name === 'HTTP' ? 'SLUICE_HTTP_PORT' : 'SLUICE_GRPC_PORT'),
  };
}

/** Whether a server that the settings name takes our login. */
async function checkServer({ texts }: Session, name: string, url: string, probe: () => Promise<void>): Promise<Check> {
  if (url === '' || url.startsWith('sqlite:')) return { name, state: 'ok', found: texts.doctor.embedded };
  try {
    await probe();
    const hosts = url.split(',').map((one) => new URL(one.trim()).host);
    return { name, state: 'ok', found: texts.doctor.takesLogin(hosts.join(', ')) };
  } catch (error) {
    if (!isSluiceError(error)) throw error;
    return { name, state: 'failed', found: error.message, advice: texts.doctor.startServer };
  }
}
