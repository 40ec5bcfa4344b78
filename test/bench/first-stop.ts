import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { StopState } from '@sluice/proto/execution/v1/run';
import { startPlatform } from '../support/platform.js';
import { percentile, type Bench } from './figure.js';
import { mockFlow, startRequest } from './flows.js';

const WARM_UP = 50;
const RUNS = 300;

/** How soon a run begins: from the call of StartRun until a watcher is told that its first stop runs. */
export const bench: Bench = {
  name: 'first-stop',
  about: 'StartRun call -> first stop RUNNING on a warm pool',
  async run() {
    const platform = await startPlatform();
    try {
      const runs = platform.clients.get(RunServiceService);
      const times: number[] = [];
      for (let i = 0; i < WARM_UP + RUNS; i++) {
        const began = performance.now();
        const { run } = await runs.startRun(startRequest(mockFlow(10)));
        const id = run?.id ?? '';
        let seen = 0;
        for await (const { event } of runs.watchRun({ id, afterSequence: 1n })) {
          const what = event?.event;
          if (what?.$case === 'stop' && what.value.state !== StopState.STOP_STATE_WAITING && seen === 0) {
            seen = performance.now() - began;
          }
        }
        if (i >= WARM_UP) times.push(seen);
      }
      return [
        { figure: 'first stop RUNNING, p50', value: percentile(times, 0.5), unit: 'ms', target: '<= 10' },
        { figure: 'first stop RUNNING, p99', value: percentile(times, 0.99), unit: 'ms', target: '<= 50' },
      ];
    } finally {
      await platform.close();
    }
  },
};
