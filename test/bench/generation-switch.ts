import { PluginServiceService } from '@sluice/proto/catalog/v1/plugin_service';
import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { mount, packCounting, packPlugin, sourceStop, upload } from '../support/plugin-archives.js';
import { startPlatform } from '../support/platform.js';
import { median, type Bench } from './figure.js';
import { runFlow } from './flows.js';

const CALLERS = 4;
const TURN_MS = 10_000;
/** Turns with and without upgrades, one after the other, so that other work on the machine falls on both. */
const TURNS = 3;

/** How much the runs of one plugin suffer while another one is upgraded. */
export const bench: Bench = {
  name: 'generation-switch',
  about: `runs of an uploaded stop, ${CALLERS} callers, while another plugin is upgraded once a second, against none`,
  async run() {
    const platform = await startPlatform();
    try {
      const plugins = platform.clients.get(PluginServiceService);
      const runs = platform.clients.get(RunServiceService);
      await upload(plugins, await packCounting('@bench/steady', 'bench.Steady', '1.0.0'));
      await mount(plugins, '@bench/steady', '1.0.0');
      const flow = { name: 'steady', stops: [{ name: 's', bundle: 'bench.Steady', properties: {} }], paths: [] };
      const turn = async (): Promise<number> => {
        const until = performance.now() + TURN_MS;
        let done = 0;
        const caller = async (): Promise<void> => {
          for (; performance.now() < until; done += 1) await runFlow(runs, flow);
        };
        await Promise.all(Array.from({ length: CALLERS }, caller));
        return (done / TURN_MS) * 1000;
      };
      let version = 0;
      const upgrade = async (): Promise<void> => {
        version += 1;
        const entry = sourceStop('bench.Changing', `return give(engine, ${version});`);
        await upload(plugins, await packPlugin('@bench/changing', `1.${version}.0`, entry));
        await mount(plugins, '@bench/changing', `1.${version}.0`);
      };
      await turn();
      const [without, during]: [number[], number[]] = [[], []];
      for (let i = 0; i < TURNS; i++) {
        without.push(await turn());
        const upgrading = every(1_000, upgrade);
        during.push(await turn());
        await upgrading.end();
      }
      const [plain, upgraded] = [median(without), median(during)];
      return [
        { figure: 'runs, no upgrades', value: plain, unit: 'runs/s', target: '' },
        { figure: 'runs, an upgrade a second', value: upgraded, unit: 'runs/s', target: '' },
        { figure: 'upgrades made', value: version, unit: '', target: '>= 1' },
        { figure: 'the second against the first', value: upgraded / plain, unit: '', target: '>= 0.9' },
      ];
    } finally {
      await platform.close();
    }
  },
};

/** Does something again and again until told to end; one at a time. */
function every(ms: number, work: () => Promise<void>): { end(): Promise<void> } {
  let going = true;
  let wake = (): void => undefined;
  const working = (async () => {
    while (going) {
      const began = performance.now();
      await work();
      const pause = Math.max(0, ms - (performance.now() - began));
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pause);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  })();
  return {
    end() {
      going = false;
      wake();
      return working;
    },
  };
}
