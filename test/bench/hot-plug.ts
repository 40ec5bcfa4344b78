import { growth, hotPlug } from '../chaos/hot-plug.js';
import type { Bench } from './figure.js';

const CYCLES = Number(process.env['SLUICE_CHAOS_CYCLES'] ?? 10_000);
/** Where what was seen is kept, so that a run that was ended goes on; empty for beginning anew. */
const FOLDER = process.env['SLUICE_CHAOS_FOLDER'] ?? '';
/** The share of the cycles that is compared with the last ones: a thousand of ten thousand. */
const PART = 0.1;

/** The long version of test/chaos/hot-plug.test.ts. */
export const bench: Bench = {
  name: 'hot-plug',
  about: `${CYCLES} cycles of mount, upgrade, rollback and unmount, while runs check which version answered`,
  async run() {
    const began = performance.now();
    let from: number | undefined;
    const state = await hotPlug({
      cycles: CYCLES,
      sampleEvery: Math.max(1, Math.floor(CYCLES / 500)),
      ...(FOLDER === '' ? {} : { folder: FOLDER }),
      onCycle: ({ cycles }) => (from ??= cycles - 1),
    });
    for (const fault of state.faults) console.error(`  ${fault}`);
    const seconds = (performance.now() - began) / 1000;
    const percent = (of: Parameters<typeof growth>[2]): number => 100 * growth(state.samples, PART, of);
    return [
      { figure: 'runs meanwhile', value: state.runs, unit: 'runs', target: '>= 1' },
      { figure: 'failed runs', value: state.failed, unit: 'runs', target: '<= 0' },
      { figure: 'runs with a wrong version', value: state.wrong, unit: 'runs', target: '<= 0' },
      { figure: 'runs with mixed versions', value: state.mixed, unit: 'runs', target: '<= 0' },
      {
        figure: 'memory, last tenth against first',
        value: percent(({ memoryMb }) => memoryMb),
        unit: '%',
        target: '<= 5',
      },
      { figure: 'files of plugins, the same', value: percent(({ files }) => files), unit: '%', target: '<= 5' },
      { figure: 'rows of plugins, the same', value: percent(({ rows }) => rows), unit: '%', target: '<= 5' },
      {
        figure: 'database with all history, the same',
        value: percent(({ database }) => database),
        unit: '%',
        target: '',
      },
      { figure: 'cycles', value: (state.cycles - (from ?? 0)) / seconds, unit: '/s', target: '' },
    ];
  },
};
