import { freshDatabase, migrate, testConfig, type OpenDatabase } from '@sluice/chassis/testing';
import scheduling from '@sluice/scheduling';
import { holdAndTick } from '@sluice/scheduling/testing';
import { percentile, type Bench } from './figure.js';

const SCHEDULES = 1_000_000;
const DUE_A_SECOND = 1_000;
const SECONDS = 60;

/** The real engine on SQLite; the job that it starts does nothing, so that only scheduling is measured. */
export const bench: Bench = {
  name: 'ticks',
  about: '1 M schedules held, 1,000 due each second for 60 s',
  async run() {
    const fresh = await freshDatabase('sqlite');
    try {
      const database: OpenDatabase = await fresh.open();
      await migrate(database, [scheduling]);
      // The window takes all of them in, which is the most that one scheduler can hold.
      const config = testConfig({ 'scheduling.windowMs': 30 * 86_400_000 });
      const wish = { schedules: SCHEDULES, dueASecond: DUE_A_SECOND, seconds: SECONDS, database, config };
      const { lateMs, held, loadMs, memoryBytes, decided } = await holdAndTick(wish);
      return [
        { figure: 'held', value: held, unit: '', target: `>= ${SCHEDULES}` },
        { figure: 'ticks decided', value: decided, unit: '', target: `>= ${DUE_A_SECOND * SECONDS}` },
        { figure: 'lateness of the decision, p99', value: percentile(lateMs, 0.99), unit: 'ms', target: '<= 50' },
        { figure: 'lateness of the decision, median', value: percentile(lateMs, 0.5), unit: 'ms', target: '' },
        { figure: 'load from the database', value: loadMs / 1000, unit: 's', target: '<= 20' },
        { figure: 'memory of the process', value: memoryBytes / 2 ** 20, unit: 'MB', target: '<= 600' },
      ];
    } finally {
      await fresh.drop();
    }
  },
};
