import { expect, test } from 'vitest';
import { growth, hotPlug } from './hot-plug.js';

/** How many cycles; `npm run bench hot-plug` makes 10,000. */
const CYCLES = Number(process.env['SLUICE_CHAOS_CYCLES'] ?? 300);

test(
  `${CYCLES} cycles of mount, upgrade, rollback and unmount disturb no run`,
  async () => {
    const state = await hotPlug({ cycles: CYCLES, sampleEvery: 5 });
    expect(state.faults).toEqual([]);
    expect(state).toMatchObject({ cycles: CYCLES, failed: 0, wrong: 0, mixed: 0 });
    expect(state.runs).toBeGreaterThan(CYCLES * 4);
    // Generations are kept for going back, 200 of them: files alone are flat at once.
    const settled = state.samples.slice(Math.floor(state.samples.length / 4));
    expect(growth(settled, 0.3, ({ files }) => files)).toBeLessThan(0.05);
  },
  CYCLES * 2_500 + 60_000,
);
