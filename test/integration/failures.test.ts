import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { hasDatabase, hasNatsServer, natsServer } from '@sluice/chassis/testing';
import { RunOptions, RunState, type Run } from '@sluice/proto/execution/v1/run';
import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { descendants } from '../bench/processes.js';
import { rowOfStops, startRequest, waitForEnd, type RunClient } from '../bench/flows.js';
import { ownMariadb } from '../support/own-mariadb.js';
import { startPlatform, type PlatformOptions, type TestPlatform } from '../support/platform.js';
import { TEST_PLUGINS } from './modes.js';

const ENV = {
  SLUICE_PLUGINS_FOLDERS: TEST_PLUGINS,
  SLUICE_EXECUTION_LEASE_MS: '1500',
  SLUICE_EXECUTION_SWEEP_MS: '200',
  SLUICE_EXECUTION_HEARTBEAT_MS: '200',
};
const SEPARATE = [['catalog'], ['execution'], ['execution']];
/** The file of 200 rows that the flow below writes when it is left alone. */
const WHOLE = `n\n${Array.from({ length: 200 }, (_, i) => `${i}\n`).join('')}`;

const slowFlow = rowOfStops('slow', [
  { name: 'slow', bundle: 'test.slow', properties: { rows: 200, ms: 10 } },
  {
    name: 'write',
    bundle: 'cn.piflow.bundle.csv.CsvSave',
    properties: { csvSavePath: 'hdfs:///out', header: 'true', delimiter: ',', partition: '1', saveMode: 'overwrite' },
  },
]);

let platform: TestPlatform | undefined;
const cleanUp: (() => Promise<void>)[] = [];

afterEach(async () => {
  await platform?.close();
  platform = undefined;
  for (const each of cleanUp.splice(0).reverse()) await each();
});

async function start(options: PlatformOptions = {}): Promise<{ home: string; runs: RunClient; started: TestPlatform }> {
  const started = await startPlatform({ ...options, env: { ...ENV, ...options.env } });
  platform = started;
  return { home: started.home, runs: started.clients.get(RunServiceService), started };
}

async function startSlow(runs: RunClient, maxAttempts: number): Promise<string> {
  const { run } = await runs.startRun(startRequest(slowFlow, { options: RunOptions.fromPartial({ maxAttempts }) }));
  const id = run?.id ?? '';
  await until(async () => (await runs.getRun({ id })).run?.stops[0]?.state === 'STOP_STATE_RUNNING');
  return id;
}

async function output(home: string): Promise<string | undefined> {
  const folder = join(home, 'files/out');
  const names = await readdir(folder).catch(() => undefined);
  const part = names?.find((name) => name.startsWith('part-'));
  return part === undefined ? undefined : readFile(join(folder, part), 'utf8');
}

/** Waits for the end of a run through whatever interruptions there are. */
async function endOf(runs: RunClient, id: string): Promise<Run> {
  let run: Run | undefined;
  await until(async () => {
    run = await waitForEnd(runs, id).catch(() => undefined);
    return run !== undefined;
  }, 30_000);
  if (run === undefined) throw new Error(`run ${id} has no end`);
  return run;
}

describe('a process that is killed in mid-run', () => {
  test('leaves a run that fails, no output, and no runner', async () => {
    const { home, runs, started } = await start();
    const id = await startSlow(runs, 1);
    const children = descendants(started.processes[0]?.pid ?? 0);
    expect(children.length).toBeGreaterThan(0);
    await started.processes[0]?.stop('SIGKILL');
    await until(async () => children.every((pid) => !isAlive(pid)));
    await started.restart(0);
    expect(await endOf(runs, id)).toMatchObject({ state: RunState.RUN_STATE_FAILED, error: { reason: 'RUNNER_LOST' } });
    expect(await output(home)).toBeUndefined();
  }, 60_000);

  test('has its run done again from the beginning where it may be', async () => {
    const { home, runs, started } = await start();
    const id = await startSlow(runs, 2);
    await started.processes[0]?.stop('SIGKILL');
    await started.restart(0);
    expect(await endOf(runs, id)).toMatchObject({ state: RunState.RUN_STATE_SUCCEEDED, attempt: 2 });
    expect(await output(home)).toBe(WHOLE);
  }, 60_000);
});

test('a process that is asked to end tells why its runs ended', async () => {
  const { home, runs, started } = await start();
  const id = await startSlow(runs, 1);
  await started.processes[0]?.stop('SIGTERM');
  await started.restart(0);
  const ended = await endOf(runs, id);
  expect(ended).toMatchObject({ state: RunState.RUN_STATE_FAILED, error: { reason: 'RUNNER_LOST' } });
  expect(ended.error?.message).toContain('the execution node was stopped');
  expect(await output(home)).toBeUndefined();
}, 60_000);

describe.skipIf(!hasNatsServer())('NATS', () => {
  test('may die and come back in mid-run: nothing is lost', async () => {
    const nats = await natsServer();
    cleanUp.push(() => nats.remove());
    await nats.start();
    const { home, runs } = await start({ env: { SLUICE_NATS_URL: nats.url } });
    const id = await startSlow(runs, 1);
    await nats.kill();
    const queued = await runs.startRun(startRequest(slowFlow));
    await nats.start();
    expect(await endOf(runs, id)).toMatchObject({ state: RunState.RUN_STATE_SUCCEEDED });
    expect(await endOf(runs, queued.run?.id ?? '')).toMatchObject({ state: RunState.RUN_STATE_SUCCEEDED });
    expect(await output(home)).toBe(WHOLE);
  }, 60_000);
});

describe.skipIf(!hasDatabase('mariadb'))('with MariaDB', () => {
  test('another node takes over when one is killed', async () => {
    const mariadb = await ownMariadb();
    cleanUp.push(() => mariadb.remove());
    const { home, runs, started } = await start({ processes: SEPARATE, env: { SLUICE_DATABASE_URL: mariadb.url } });
    const id = await startSlow(runs, 2);
    const node = (await runs.getRun({ id })).run?.node ?? '';
    const owner = started.processes.find((each) => node.includes(`-${each.pid}-`));
    expect(owner).toBeDefined();
    await owner?.stop('SIGKILL');
    // The clients speak to the last node; where that is the one which was killed, it comes back as another.
    if (owner === started.processes.at(-1)) await started.restart(started.processes.length - 1);
    expect(await endOf(runs, id)).toMatchObject({ state: RunState.RUN_STATE_SUCCEEDED, attempt: 2 });
    expect(await output(home)).toBe(WHOLE);
  }, 120_000);

  test('MariaDB may die and come back in mid-run: the run ends, and its output is whole or not there', async () => {
    const mariadb = await ownMariadb();
    cleanUp.push(() => mariadb.remove());
    const { home, runs } = await start({ env: { SLUICE_DATABASE_URL: mariadb.url } });
    const id = await startSlow(runs, 1);
    await mariadb.kill();
    await mariadb.start();
    const ended = await endOf(runs, id);
    expect([RunState.RUN_STATE_SUCCEEDED, RunState.RUN_STATE_FAILED]).toContain(ended.state);
    const written = await output(home);
    if (ended.state === RunState.RUN_STATE_SUCCEEDED) expect(written).toBe(WHOLE);
    else expect([undefined, WHOLE]).toContain(written);
  }, 120_000);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(condition: () => Promise<boolean>, limitMs = 15_000): Promise<void> {
  for (const end = Date.now() + limitMs; Date.now() < end;) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`it did not happen within ${limitMs / 1000} s`);
}
