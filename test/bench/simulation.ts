import { freshDatabase, migrate, testConfig } from '@sluice/chassis/testing';
import scheduling from '@sluice/scheduling';
import { simulate } from '@sluice/scheduling/testing';
import type { Bench } from './figure.js';

/** SLUICE_SEED repeats a run that went wrong; SLUICE_SIMULATION_DAYS and SLUICE_SIMULATION_SCHEDULES make it longer. */
export const bench: Bench = {
  name: 'simulation',
  about: '3 schedulers, 1,000 schedules, 30 days with deaths, lost databases and jumping clocks',
  async run() {
    const seed = Number(process.env['SLUICE_SEED'] ?? Date.now() % 1_000_000_007);
    const days = Number(process.env['SLUICE_SIMULATION_DAYS'] ?? 30);
    const schedules = Number(process.env['SLUICE_SIMULATION_SCHEDULES'] ?? 1_000);
    console.log(`  seed ${seed}, ${schedules} schedules, ${days} days`);
    const fresh = await freshDatabase('sqlite');
    try {
      const database = await fresh.open();
      await migrate(database, [scheduling]);
      const config = testConfig({
        'scheduling.leaseMs': 1_800_000,
        'scheduling.sweepMs': 600_000,
        'scheduling.windowMs': 3_600_000,
      });
      const began = performance.now();
      const report = await simulate({ seed, schedules, days, schedulers: 3, database, config });
      for (const wrong of report.wrong.slice(0, 20)) console.log(`  ${wrong}`);
      console.log(`  ${JSON.stringify({ outcomes: report.outcomes, faults: report.faults })}`);
      return [
        { figure: 'ticks that had to be', value: report.expected, unit: '', target: '' },
        { figure: 'runs', value: report.runs, unit: '', target: '' },
        { figure: 'lost, doubled or unexplained', value: report.wrong.length, unit: '', target: '<= 0' },
        { figure: 'time', value: (performance.now() - began) / 1000, unit: 's', target: '' },
      ];
    } finally {
      await fresh.drop();
    }
  },
};
