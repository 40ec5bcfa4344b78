import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isSluiceError } from '@sluice/chassis';
import { sandboxSupport } from '@sluice/kernel';
import { PluginServiceService } from '@sluice/proto/catalog/v1/plugin_service';
import { RunOptions, RunState, type Run } from '@sluice/proto/execution/v1/run';
import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { startRequest, waitForEnd, type RunClient } from '../bench/flows.js';
import { KIT, stopOf, type Trick } from '../support/hostile-kit.js';
import { mount, packPlugin, sourceStop, unmount, upload, type PluginClient } from '../support/plugin-archives.js';
import { startPlatform, type TestPlatform } from '../support/platform.js';
import { ROOT } from '../support/root.js';

const support = sandboxSupport();
/** Whether this machine lets us make control groups, as the execution node looks for them. */
const hasGroups = existsSync('/sys/fs/cgroup/pids') && process.getuid?.() === 0;
const CAN = { permissions: support.permissions, network: support.network, groups: hasGroups } as const;

const flowOf = (bundle: string): object => ({
  name: bundle,
  stops: [
    { name: 'evil', bundle, properties: {} },
    { name: 'show', bundle: 'cn.piflow.bundle.external.ShowData', properties: { showNumber: '5' } },
  ],
  paths: [{ from: 'evil', outport: '', inport: '', to: 'show' }],
});

/** What became of each trick: the table that is printed at the end. */
const results: (readonly [trick: Trick, verdict: string, ms: number])[] = [];

describe('a package that', () => {
  let platform: TestPlatform;
  let plugins: PluginClient;
  let runs: RunClient;

  beforeAll(async () => {
    platform = await startPlatform({
      env: { SLUICE_EXECUTION_SWEEP_MS: '200', SLUICE_EXECUTION_CANCEL_GRACE_MS: '500' },
    });
    plugins = platform.clients.get(PluginServiceService);
    runs = platform.clients.get(RunServiceService);
    await upload(plugins, await packPlugin('@acme/good', '1.0.0', sourceStop('acme.Good', 'return give(engine, 1);')));
    await mount(plugins, '@acme/good', '1.0.0');
  }, 60_000);
  afterAll(async () => {
    await platform?.close();
    const wide = Math.max(...results.map(([{ does }]) => does.length));
    const lines = results.map(([{ does, at }, verdict, ms]) => {
      const [said = ''] = verdict.split('\n');
      return `${does.padEnd(wide)}  ${at.padEnd(6)}  ${String(Math.round(ms)).padStart(6)} ms  ${said.slice(0, 110)}`;
    });
    console.log(['A package that ...', ...lines].join('\n'));
  });

  const run = async (bundle: string, options: Partial<RunOptions> = {}): Promise<Run> => {
    const request = startRequest(flowOf(bundle), { options: RunOptions.fromPartial(options) });
    return waitForEnd(runs, (await runs.startRun(request)).run?.id ?? '');
  };
  const said = (error: unknown): string => {
    if (!isSluiceError(error)) throw error;
    const rule = error.details['rule'] === undefined ? '' : ` ${error.details['rule']}`;
    return `${error.reason}${rule}: ${error.message}`;
  };
  const perform = async ({ does, at, archive, fileName, signature, timeout, memoryBytes }: Trick): Promise<string> => {
    const about = {
      ...(fileName === undefined ? {} : { fileName }),
      ...(signature === undefined ? {} : { signature }),
    };
    const plugin = await upload(plugins, await archive(), about);
    if (at === 'upload') return 'taken';
    await mount(plugins, plugin.name, plugin.version, { grant: at === 'run' });
    const ended = await run(stopOf(does), {
      ...(timeout === undefined ? {} : { timeout: { seconds: BigInt(timeout), nanos: 0 } }),
      ...(memoryBytes === undefined ? {} : { memoryBytes: BigInt(memoryBytes) }),
    });
    await unmount(plugins, plugin.name, plugin.version);
    if (ended.state === RunState.RUN_STATE_SUCCEEDED) return 'succeeded';
    return `${ended.error?.reason}: ${ended.error?.message}`;
  };

  test.each(KIT.map((trick) => [trick.does, trick] as const))(
    '%s does no harm to others',
    async (_, trick) => {
      if (trick.needs !== undefined && !CAN[trick.needs]) {
        results.push([trick, `not tried: no ${trick.needs}`, 0]);
        return;
      }
      const began = performance.now();
      const verdict = await perform(trick).catch(said);
      results.push([trick, verdict, performance.now() - began]);
      expect(verdict).toMatch(trick.verdict);
      const good = await run('acme.Good');
      expect(good.error?.message).toBeUndefined();
      expect(Number(good.stops[0]?.outputs[0]?.rows)).toBe(1);
    },
    60_000,
  );

  test('is refused leaves nothing behind', async () => {
    const { plugins: mounted } = await plugins.listPlugins({ name: '', mounted: true, pageSize: 0, pageToken: '' });
    expect(mounted.map(({ name }) => name)).toEqual(['@acme/good']);
    const staging = readdirSync(join(platform.home, 'cache/packages')).filter((name) => name.startsWith('staging'));
    expect(staging).toEqual([]);
    if (!hasGroups) return;
    // What a plugin has started and left, also outside of its process group, is ended with its runner.
    const sleepers = readdirSync('/proc').filter((pid) => {
      const command =
        /^\d+$/.test(pid) && existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : '';
      return command === 'sleep\u00001000\u0000';
    });
    expect(sleepers).toEqual([]);
  });
});

test('every trick of the kit stands in the page about security', () => {
  const page = readFileSync(join(ROOT, 'docs/plugin-security.md'), 'utf8');
  expect(KIT.filter(({ does }) => !page.includes(does)).map(({ does }) => does)).toEqual([]);
});
