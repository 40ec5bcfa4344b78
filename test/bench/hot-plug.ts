import { PluginServiceService } from '@sluice/proto/catalog/v1/plugin_service';
import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { RunState } from '@sluice/proto/execution/v1/run';
import { mount, packCounting, unmount, upload } from '../support/plugin-archives.js';
import { startPlatform } from '../support/platform.js';
import type { Bench } from './figure.js';
import { startRequest, waitForEnd } from './flows.js';

const CYCLES = Number(process.env['SLUICE_TEST_CYCLES'] ?? 300);
const NAME = '@chaos/count';
const STOP = 'chaos.Count';

/**
 * Mounts, upgrades, rolls back and unmounts under a constant load of runs. Each run pins a version or takes the default;
 * the number of its rows says which version answered.
 */
export const bench: Bench = {
  name: 'hot-plug',
  about: `${CYCLES} cycles of upgrade, rollback, unmount and mount, while runs check which version answered`,
  async run() {
    const platform = await startPlatform();
    try {
      const plugins = platform.clients.get(PluginServiceService);
      const runs = platform.clients.get(RunServiceService);
      for (const version of ['1.0.0', '2.0.0', '3.0.0']) await upload(plugins, await packCounting(NAME, STOP, version));
      await mount(plugins, NAME, '1.0.0');
      await mount(plugins, NAME, '2.0.0');
      let going = true;
      let done = 0;
      let failed = 0;
      let wrong = 0;
      const load = async (bundle: string, right: readonly number[]): Promise<void> => {
        while (going) {
          const flow = { name: 'chaos', stops: [{ name: 's', bundle, properties: {} }], paths: [] };
          const { run } = await runs.startRun(startRequest(flow));
          const ended = await waitForEnd(runs, run?.id ?? '');
          done += 1;
          if (ended.state !== RunState.RUN_STATE_SUCCEEDED) failed += 1;
          else if (!right.includes(Number(ended.stops[0]?.outputs[0]?.rows ?? 0))) wrong += 1;
        }
      };
      const loads = [load(`${STOP}@1.0.0`, [1]), load(STOP, [2, 3])];
      const began = performance.now();
      for (let cycle = 0; cycle < CYCLES; cycle++) {
        await mount(plugins, NAME, '3.0.0');
        await plugins.rollbackPlugins({ generation: undefined, wait: { seconds: 20n, nanos: 0 }, actor: 'chaos' });
        await mount(plugins, NAME, '3.0.0');
        await unmount(plugins, NAME, '3.0.0');
      }
      const seconds = (performance.now() - began) / 1000;
      going = false;
      await Promise.all(loads);
      return [
        { figure: 'runs under way meanwhile', value: done, unit: 'runs', target: '>= 1' },
        { figure: 'failed runs', value: failed, unit: 'runs', target: '<= 0' },
        { figure: 'runs with a wrong version', value: wrong, unit: 'runs', target: '<= 0' },
        { figure: 'cycles', value: CYCLES / seconds, unit: '/s', target: '' },
      ];
    } finally {
      await platform.close();
    }
  },
};
