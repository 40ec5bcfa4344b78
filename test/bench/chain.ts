import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { startPlatform } from '../support/platform.js';
import { median, type Bench } from './figure.js';
import { rowOfStops, runFlow, type RunClient } from './flows.js';

const STOPS = 100;
const ROUNDS = 15;

/** What a stop costs that only composes: a flow with 100 of them against one with one. */
export const bench: Bench = {
  name: 'chain',
  about: '100 stops in a row against 1, whole runs',
  async run() {
    const platform = await startPlatform();
    try {
      const runs = platform.clients.get(RunServiceService);
      const [long, short]: [number[], number[]] = [[], []];
      await time(runs, STOPS);
      for (let i = 0; i < ROUNDS; i++) {
        short.push(await time(runs, 1));
        long.push(await time(runs, STOPS));
      }
      const each = (median(long) - median(short)) / (STOPS - 1);
      return [
        { figure: 'run with 1 stop between, median', value: median(short), unit: 'ms', target: '' },
        { figure: 'run with 100 stops between, median', value: median(long), unit: 'ms', target: '' },
        { figure: 'each further stop', value: each, unit: 'ms', target: '<= 1' },
      ];
    } finally {
      await platform.close();
    }
  },
};

async function time(runs: RunClient, stops: number): Promise<number> {
  const filters = Array.from({ length: stops }, (_, i) => ({
    name: `Filter${i}`,
    bundle: 'cn.piflow.bundle.common.Filter',
    properties: { condition: `age >= ${-i}` },
  }));
  const flow = rowOfStops('chain', [
    { name: 'MockData', bundle: 'cn.piflow.bundle.common.MockData', properties: { schema: 'age:Int', count: '10' } },
    ...filters,
    { name: 'ShowData', bundle: 'cn.piflow.bundle.external.ShowData', properties: { showNumber: '5' } },
  ]);
  const began = performance.now();
  await runFlow(runs, flow);
  return performance.now() - began;
}
