import { setTimeout as delay } from 'node:timers/promises';
import { startPlatform } from '../support/platform.js';
import { median, type Bench } from './figure.js';
import { descendants, residentMb } from './processes.js';

const ROUNDS = 5;
/** After this time the warm runners wait. */
const SETTLED_MS = 4_000;

/** What a platform that nobody uses costs. */
export const bench: Bench = {
  name: 'idle',
  about: '`sluice up` after start: resident memory of all its processes; start to ready',
  async run() {
    const starts: number[] = [];
    const memory: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      const began = performance.now();
      const platform = await startPlatform();
      starts.push(performance.now() - began);
      await delay(SETTLED_MS);
      const pids = platform.processes.flatMap(({ pid }) => [pid, ...descendants(pid)]);
      memory.push(pids.reduce((sum, pid) => sum + residentMb(pid), 0));
      await platform.close();
    }
    return [
      { figure: 'resident memory of all processes, median', value: median(memory), unit: 'MB', target: '<= 450' },
      { figure: 'start to ready, median', value: median(starts) / 1000, unit: 's', target: '<= 2' },
    ];
  },
};
