import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PluginServiceService } from '@sluice/proto/catalog/v1/plugin_service';
import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { RunState, type Run } from '@sluice/proto/execution/v1/run';
import { startRequest, waitForEnd, type RunClient } from '../bench/flows.js';
import { mount, packCounting, unmount, upload, type PluginClient } from '../support/plugin-archives.js';
import { startPlatform } from '../support/platform.js';
import { measureHome, type HomeSize } from './home-size.js';
import { median } from '../bench/figure.js';
import { residentMb } from '../bench/processes.js';

const NAME = '@chaos/count';
const STOP = 'chaos.Count';
const FRESH = '@chaos/fresh';
/** Every so many cycles a version comes that was never there, and the one before it goes. */
const FRESH_EVERY = 10;
const BREATH_MS = 150;

/** Versions of the stop that a run may use: both of its two stops must give the same one. */
type Right = readonly number[];

/** What was seen, so far and at every cycle that was measured. */
export interface HotPlugState {
  cycles: number;
  /** Runs under load, and those that asked for the version of a moment. */
  runs: number;
  failed: number;
  /** Runs in which another version answered than may have. */
  wrong: number;
  /** Runs whose two stops had different versions. */
  mixed: number;
  /** What went wrong, the first few. */
  readonly faults: string[];
  readonly samples: Sample[];
}

/** A measurement after a cycle. */
export interface Sample extends HomeSize {
  readonly cycle: number;
  /** Counts the starts of the platform: memory of two of them is not compared. */
  readonly session: number;
  readonly memoryMb: number;
}

export interface HotPlugOptions {
  readonly cycles: number;
  /** Where the platform's home and what was seen are kept, so that a run that was ended goes on; else it begins anew. */
  readonly folder?: string;
  /** How many cycles lie between two measurements. */
  readonly sampleEvery: number;
  readonly onCycle?: (state: HotPlugState) => void;
}

const NOTHING_SEEN: HotPlugState = { cycles: 0, runs: 0, failed: 0, wrong: 0, mixed: 0, faults: [], samples: [] };

/**
 * Cycles of mount, upgrade, rollback and unmount under a constant load of runs. Runs pin a version, follow a range or
 * take the default; each has two stops of the plugin, and the number of their rows says which version answered.
 */
export async function hotPlug({ cycles, folder, sampleEvery, onCycle }: HotPlugOptions): Promise<HotPlugState> {
  const state = await readState(folder);
  const home = folder === undefined ? undefined : join(folder, 'home');
  if (home !== undefined) await mkdir(home, { recursive: true });
  const platform = await startPlatform(home === undefined ? {} : { home });
  try {
    const plugins = platform.clients.get(PluginServiceService);
    const runs = platform.clients.get(RunServiceService);
    const session = (state.samples.at(-1)?.session ?? 0) + 1;
    const judge = judgeOf(runs, state);
    for (const version of ['1.0.0', '2.0.0', '3.0.0']) await upload(plugins, await packCounting(NAME, STOP, version));
    for (const version of ['1.0.0', '2.0.0']) await mount(plugins, NAME, version);
    await unmount(plugins, NAME, '3.0.0');
    const ending = { now: false };
    // Whoever ends it goes on later: nothing is left running meanwhile.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => (ending.now = true));
    const load = { going: true };
    const loads = [
      keepRunning(load, () => judge(`${STOP}@1.0.0`, [1])),
      keepRunning(load, () => judge(`${STOP}@^2`, [2])),
      keepRunning(load, () => judge(STOP, [2, 3])),
    ];
    try {
      while (state.cycles < cycles && !ending.now) {
        await cycle(plugins, judge);
        if (state.cycles % FRESH_EVERY === 0) await replaceFresh(plugins, judge, state.cycles / FRESH_EVERY);
        state.cycles += 1;
        if (state.cycles % sampleEvery === 0) {
          const size = await measureHome(platform.home);
          const memoryMb = residentMb(platform.processes[0]?.pid ?? 0);
          state.samples.push({ cycle: state.cycles, session, memoryMb, ...size });
          await keepState(folder, state);
        }
        onCycle?.(state);
      }
    } finally {
      load.going = false;
      await Promise.all(loads);
    }
    await keepState(folder, state);
    return state;
  } finally {
    await platform.close();
  }
}

/**
 * The median of a measurement over the first and the last part of the cycles, and how much larger the last is. Garbage
 * that waits to be collected makes single measurements of memory large.
 */
export function growth(samples: readonly Sample[], part: number, of: (sample: Sample) => number): number {
  const last = samples.at(-1)?.session;
  const same = samples.filter(({ session }) => session === last);
  const size = Math.max(1, Math.floor(same.length * part));
  return median(same.slice(-size).map(of)) / median(same.slice(0, size).map(of)) - 1;
}

/** Each step is asked at once which version answers now: the one that the step has brought, on every node. */
async function cycle(plugins: PluginClient, judge: (bundle: string, right: Right) => Promise<void>): Promise<void> {
  await mount(plugins, NAME, '3.0.0');
  await judge(STOP, [3]);
  await plugins.rollbackPlugins({ generation: undefined, wait: { seconds: 20n, nanos: 0 }, actor: 'chaos' });
  await judge(STOP, [2]);
  await mount(plugins, NAME, '3.0.0');
  await judge(`${STOP}@>=1`, [3]);
  await unmount(plugins, NAME, '3.0.0');
  await judge(STOP, [2]);
}

/** Brings a version that was never there, and takes away the one before. */
async function replaceFresh(
  plugins: PluginClient,
  judge: (bundle: string, right: Right) => Promise<void>,
  number: number,
): Promise<void> {
  const version = `4.0.${number}`;
  await upload(plugins, await packCounting(FRESH, 'chaos.Fresh', version, `void ${number}`));
  await mount(plugins, FRESH, version);
  await judge('chaos.Fresh', [4]);
  const { plugins: kept } = await plugins.listPlugins({ name: FRESH, mounted: false, pageSize: 100, pageToken: '' });
  for (const old of kept.filter((each) => each.version !== version && !each.removing)) {
    if (old.mounted) await unmount(plugins, FRESH, old.version);
    await plugins.removePlugin({ name: FRESH, version: old.version, actor: 'chaos' });
  }
}

/** Runs a flow of two stops and says what was wrong with what answered. */
function judgeOf(runs: RunClient, state: HotPlugState): (bundle: string, right: Right) => Promise<void> {
  const fault = (kind: 'failed' | 'wrong' | 'mixed', what: string): void => {
    state[kind] += 1;
    if (state.faults.length < 20) state.faults.push(`cycle ${state.cycles}: ${what}`);
  };
  return async (bundle, right) => {
    state.runs += 1;
    const stops = ['a', 'b'].map((name) => ({ name, bundle, properties: {} }));
    let ended: Run;
    try {
      const { run } = await runs.startRun(startRequest({ name: 'chaos', stops, paths: [] }));
      ended = await waitForEnd(runs, run?.id ?? '');
    } catch (error) {
      return fault('failed', `a run of ${bundle}: ${String(error)}`);
    }
    if (ended.state !== RunState.RUN_STATE_SUCCEEDED)
      return fault('failed', `${ended.id} of ${bundle}: ${ended.error?.reason} ${ended.error?.message}`);
    const [a, b] = ended.stops.map((stop) => Number(stop.outputs[0]?.rows ?? 0));
    if (a !== b) fault('mixed', `${ended.id} of ${bundle} had versions ${a} and ${b}`);
    else if (a === undefined || !right.includes(a))
      fault('wrong', `${ended.id} of ${bundle} had version ${a}, not ${right.join(' or ')}`);
  };
}

async function keepRunning(load: { readonly going: boolean }, run: () => Promise<void>): Promise<void> {
  // A breath between two runs, so that the cycles have their turn on small machines.
  for (; load.going; await delay(BREATH_MS)) await run();
}

async function readState(folder: string | undefined): Promise<HotPlugState> {
  const fresh = structuredClone(NOTHING_SEEN);
  if (folder === undefined) return fresh;
  const text = await readFile(join(folder, 'state.json'), 'utf8').catch(() => undefined);
  return text === undefined ? fresh : (JSON.parse(text) as HotPlugState);
}

async function keepState(folder: string | undefined, state: HotPlugState): Promise<void> {
  if (folder === undefined) return;
  await writeFile(join(folder, 'state.new'), JSON.stringify(state));
  await rename(join(folder, 'state.new'), join(folder, 'state.json'));
}
