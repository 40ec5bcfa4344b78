import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { startPlatform } from '../support/platform.js';
import type { Bench } from './figure.js';
import { mockFlow, runFlow } from './flows.js';
import { benchDatabase } from './database.js';

const WARM_UP = 200;
const RUNS = 2_000;
const CALLERS = 16;

/** Many small runs: each caller starts one and waits for its end before the next. */
export const bench: Bench = {
  name: 'throughput',
  about: 'MockData -> ShowData, 10 rows, 2,000 runs, 16 callers',
  async run() {
    const figures = [
      { figure: 'runs, SQLite and in-process bus', value: await measure({}), unit: 'runs/s', target: '>= 300' },
    ];
    const nats = process.env['SLUICE_TEST_NATS_URL'];
    const mariadb = await benchDatabase();
    if (nats === undefined || mariadb === undefined) {
      console.error('  MariaDB and NATS are not there (deploy/dev/services.sh): the second figure is left out');
      return figures;
    }
    try {
      const value = await measure({ SLUICE_DATABASE_URL: mariadb.url, SLUICE_NATS_URL: nats });
      return [...figures, { figure: 'runs, MariaDB and NATS', value, unit: 'runs/s', target: '>= 150' }];
    } finally {
      await mariadb.drop();
    }
  },
};

async function measure(env: Readonly<Record<string, string>>): Promise<number> {
  const platform = await startPlatform({ env: { SLUICE_LOG_LEVEL: 'info', ...env } });
  try {
    const runs = platform.clients.get(RunServiceService);
    const many = async (count: number): Promise<number> => {
      let left = count;
      const began = performance.now();
      const caller = async (): Promise<void> => {
        while (left-- > 0) await runFlow(runs, mockFlow(10));
      };
      await Promise.all(Array.from({ length: CALLERS }, caller));
      return (count / (performance.now() - began)) * 1000;
    };
    await many(WARM_UP);
    return await many(RUNS);
  } finally {
    await platform.close();
  }
}
