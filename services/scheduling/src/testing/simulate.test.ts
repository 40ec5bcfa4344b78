import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freshDatabase, migrate, testConfig, type FreshDatabase } from '@sluice/chassis/testing';
import { migrations } from '../migrations/index.js';
import { simulate } from './simulate.js';

/** A fixed seed here; `npm run bench simulation` takes another each time, and more of everything. */
const SEEDS = [1, 20_261_121];

describe('a simulation', () => {
  let fresh: FreshDatabase;
  beforeEach(async () => (fresh = await freshDatabase('sqlite')));
  afterEach(() => fresh.drop());

  test.each(SEEDS)(
    'of three schedulers that die, lose the database and jump in time loses and doubles no tick (seed %d)',
    async (seed) => {
      const database = await fresh.open();
      await migrate(database, [{ name: 'scheduling', migrations }]);
      const config = testConfig({
        'scheduling.leaseMs': 1_800_000,
        'scheduling.sweepMs': 600_000,
        'scheduling.windowMs': 3_600_000,
      });
      const report = await simulate({ seed, schedules: 60, days: 6, schedulers: 3, database, config });
      expect(report.wrong).toEqual([]);
      expect(report.expected).toBeGreaterThan(300);
      expect(report.faults['deaths']).toBeGreaterThan(1);
      // What was due in the last hour may still be about to start.
      expect((report.outcomes['FIRED'] ?? 0) + (report.outcomes['STARTING'] ?? 0)).toBe(report.runs);
      expect(report.repeatedStarts).toBeGreaterThan(0);
    },
    120_000,
  );
});
