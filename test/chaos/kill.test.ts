import { readdir } from 'node:fs/promises';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PluginServiceService } from '@sluice/proto/catalog/v1/plugin_service';
import { RunState } from '@sluice/proto/execution/v1/run';
import { ListRunsRequest, RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { isSluiceError } from '@sluice/chassis';
import { describe, expect, test } from 'vitest';
import { startRequest, waitForEnd } from '../bench/flows.js';
import { descendants } from '../bench/processes.js';
import { MODES, type Mode } from '../integration/modes.js';
import { packCounting, packPlugin, sourceStop, uploadParts } from '../support/plugin-archives.js';
import type { TestPlatform } from '../support/platform.js';
import { randomFrom } from '../support/random-cron.js';

/** How long processes are killed; SLUICE_CHAOS_SECONDS=600 for the long run. */
const SECONDS = Number(process.env['SLUICE_CHAOS_SECONDS'] ?? 25);
/** Prints with each run; the same one kills the same kinds of victims after the same pauses. */
const SEED = Number(process.env['SLUICE_CHAOS_SEED'] ?? Date.now() % 2 ** 31);
const NAME = '@chaos/kill';
const STOP = 'chaos.Kill';
const WAIT = { seconds: 20n, nanos: 0 };
/** What a kill may make of a run: never another version than the right one. */
const LOST = new Set(['RUNNER_LOST', 'RUNNER_DIED', 'RUNNER_START_FAILED', 'HOST_FAILED']);

type Victim = 'catalog' | 'execution' | 'runner' | 'inspector';

for (const mode of MODES) {
  describe.skipIf(!mode.available)(`processes that are killed at random (seed ${SEED}), on ${mode.name}`, () => {
    test(
      'leave a state that the next start repairs by itself',
      async () => {
        const platform = await start(mode);
        try {
          const ending = { now: false };
          const killed = killOften(platform, mode, ending);
          // Nothing is started again once the platform is closed.
          const seen = await live(platform, ending, Date.now() + SECONDS * 1000).finally(() => killed);
          const kills = await killed;
          expect(seen.faults).toEqual([]);
          expect(seen.rounds, JSON.stringify(kills)).toBeGreaterThan(0);
          expect(Object.values(kills).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(2);
          await checkRepaired(platform);
        } finally {
          await platform.close();
        }
        expect(processesOf(platform.home)).toEqual([]);
      },
      (SECONDS + 180) * 1000,
    );
  });
}

async function start(mode: Mode): Promise<TestPlatform> {
  const platform = await mode.start({
    // A killed runner is no fault of the plugin that was at work.
    env: { SLUICE_PLUGINS_CRASH_LIMIT: '0', SLUICE_EXECUTION_LEASE_MS: '3000', SLUICE_EXECUTION_SWEEP_MS: '300' },
  });
  return platform;
}

/** Kills something every now and then, and starts again what does not start by itself. */
async function killOften(
  platform: TestPlatform,
  mode: Mode,
  ending: { readonly now: boolean },
): Promise<Record<Victim, number>> {
  const below = randomFrom(SEED);
  const kills: Record<Victim, number> = { catalog: 0, execution: 0, runner: 0, inspector: 0 };
  const victims: readonly Victim[] = ['catalog', 'execution', 'runner', 'inspector', 'inspector', 'runner'];
  let slowMs = 0;
  while (!ending.now) {
    // A machine on which a start takes long gets time for a step in between.
    await delay(100 + below(1_500) + slowMs);
    const victim = victims[below(victims.length)] as Victim;
    if (victim === 'catalog' || victim === 'execution') {
      const index = victim === 'catalog' ? 0 : mode.execution;
      await platform.processes[index]?.stop('SIGKILL');
      await delay(below(800));
      const began = performance.now();
      await platform.restart(index);
      slowMs = Math.max(0, performance.now() - began - 3_000);
      kills[victim] += 1;
    } else {
      // An inspector lives for moments: it is waited for.
      const until = Date.now() + (victim === 'inspector' ? 1_500 : 0);
      let pid: number | undefined;
      do {
        pid = childrenOf(platform, victim === 'runner' ? 'runner/main.js' : 'inspector-main.js')[0];
        if (pid === undefined) await delay(5);
      } while (pid === undefined && Date.now() < until);
      if (pid === undefined) continue;
      try {
        process.kill(pid, 'SIGKILL');
        kills[victim] += 1;
      } catch {
        // It has just ended.
      }
    }
  }
  return kills;
}

/** The whole life of versions, one after the other; each step is tried again until it is done. */
async function live(
  platform: TestPlatform,
  ending: { now: boolean },
  until: number,
): Promise<{ readonly rounds: number; readonly faults: readonly string[] }> {
  const plugins = platform.clients.get(PluginServiceService);
  const runs = platform.clients.get(RunServiceService);
  const faults: string[] = [];
  const answers = async (right: readonly number[]): Promise<boolean> => {
    const stops = ['a', 'b'].map((name) => ({ name, bundle: STOP, properties: {} }));
    const { run } = await runs.startRun(startRequest({ name: 'chaos', stops, paths: [] }));
    const ended = await waitForEnd(runs, run?.id ?? '');
    if (ended.state !== RunState.RUN_STATE_SUCCEEDED) {
      if (!LOST.has(ended.error?.reason ?? ''))
        faults.push(`${ended.id}: ${ended.error?.reason} ${ended.error?.message}`);
      return false;
    }
    const [a, b] = ended.stops.map((stop) => Number(stop.outputs[0]?.rows ?? 0));
    if (a !== b || !right.includes(a ?? -1))
      faults.push(`${ended.id} had versions ${a} and ${b}, not ${right.join(' or ')}`);
    return true;
  };
  let rounds = 0;
  try {
    const first = await packCounting(NAME, STOP, '1.0.0');
    const change = { name: NAME, wait: WAIT, actor: 'chaos', comment: '' };
    const mount = (version: string) =>
      plugins.mountPlugin({ ...change, version, keepDefault: false, grant: false, win: false, declaredOnly: false });
    await again(() => plugins.uploadPlugin(uploadParts(first)));
    await again(() => mount('1.0.0'));
    while (Date.now() < until || rounds === 0) {
      const version = `2.${rounds}.0`;
      const entry = sourceStop(
        STOP,
        `return give(engine, 2);`,
        `examples: [{ title: 'none', inputs: {}, outputs: {} }],`,
      );
      const archive = await packPlugin(NAME, version, entry, { files: { 'note.txt': `round ${rounds}` } });
      await again(() => plugins.uploadPlugin(uploadParts(archive)));
      await again(() => mount(version));
      await again(() => answers([2]));
      await again(() => mount('1.0.0'));
      await again(() => answers([1]));
      await again(() => plugins.unmountPlugin({ ...change, version, safe: false }));
      await again(() => answers([1]));
      await again(() => plugins.removePlugin({ name: NAME, version, actor: 'chaos' }), 'PLUGIN_NOT_FOUND');
      rounds += 1;
    }
  } finally {
    ending.now = true;
  }
  return { rounds, faults };
}

/** What an operator does: the same again, while things are being killed. */
async function again(work: () => Promise<unknown>, doneBy?: string): Promise<void> {
  for (const until = Date.now() + 60_000; ;) {
    try {
      if ((await work()) !== false) return;
    } catch (error) {
      if (!isSluiceError(error)) throw error;
      if (error.reason === doneBy) return;
      if (Date.now() > until) throw error;
    }
    await delay(50);
  }
}

async function checkRepaired(platform: TestPlatform): Promise<void> {
  const plugins = platform.clients.get(PluginServiceService);
  const runs = platform.clients.get(RunServiceService);
  const nodes = platform.processes.filter(({ services }) => services.includes('execution')).length;
  await expect
    .poll(
      async () => {
        const status = await plugins.getPluginStatus({});
        return status.nodes.filter(({ current, fault }) => current && fault === '').length >= nodes;
      },
      { timeout: 30_000 },
    )
    .toBe(true);
  const kept = async () =>
    (await plugins.listPlugins({ name: NAME, mounted: false, pageSize: 1000, pageToken: '' })).plugins;
  await expect.poll(async () => (await kept()).map(({ version }) => version), { timeout: 75_000 }).toEqual(['1.0.0']);
  const stops = [{ name: 'a', bundle: STOP, properties: {} }];
  const { run } = await runs.startRun(startRequest({ name: 'after', stops, paths: [] }));
  expect(Number((await waitForEnd(runs, run?.id ?? '')).stops[0]?.outputs[0]?.rows)).toBe(1);
  const open = async (): Promise<string[]> => {
    const live = [
      RunState.RUN_STATE_PENDING,
      RunState.RUN_STATE_QUEUED,
      RunState.RUN_STATE_RUNNING,
      RunState.RUN_STATE_RETRYING,
    ];
    return (await runs.listRuns(ListRunsRequest.fromPartial({ states: live, pageSize: 100 }))).runs.map(({ id }) => id);
  };
  await expect.poll(open, { timeout: 30_000 }).toEqual([]);
  // A last start clears what the killed ones have left on the disk.
  for (const index of platform.processes.keys()) {
    await platform.processes[index]?.stop('SIGKILL');
    await platform.restart(index);
  }
  const packages = await readdir(join(platform.home, 'cache', 'packages'));
  expect(packages.filter((name) => name.startsWith('staging-'))).toEqual([]);
  const alive = platform.processes.map(({ pid }) => `node-${pid}-`);
  const orphaned = async (): Promise<string[]> =>
    (await readdir(join(platform.home, 'scratch'))).filter(
      (name) => name.startsWith('node-') && !alive.some((start) => name.startsWith(start)),
    );
  await expect.poll(orphaned, { timeout: 75_000 }).toEqual([]);
}

/** Processes below those of the platform that run a module. */
function childrenOf(platform: TestPlatform, module: string): number[] {
  return platform.processes.flatMap(({ pid }) => descendants(pid)).filter((pid) => commandOf(pid).includes(module));
}

/** Processes of this machine whose command names a folder. */
function processesOf(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && commandOf(Number(name)).includes(folder))
    .map((pid) => commandOf(Number(pid)));
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return ''; // it has just ended
  }
}
