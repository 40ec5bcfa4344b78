import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, Figure } from './figure.js';
import { compareWithPandas } from './sql-pandas.js';
import { benchPlatform, benchServers, compare, parquet } from './sql.js';

/** Rows out of databases. */
export const bench: Bench = {
  name: 'sql-read',
  about: '2 M rows x 8 mixed columns from MariaDB and PostgreSQL to parquet through a run, beside the driver alone',
  async run() {
    const servers = await benchServers();
    if (servers.length === 0) throw new Error('no server is named; see deploy/dev/services.sh env');
    const home = await mkdtemp(join(tmpdir(), 'sluice-sql-read-'));
    const platform = await benchPlatform(home, servers);
    const figures: Omit<Figure, 'bench'>[] = [];
    try {
      for (const server of servers) {
        await server.fill();
        await server.rawRead();
        const began = performance.now();
        await server.rawRead();
        const raw = (performance.now() - began) / 1000;
        const read = {
          name: 'read',
          bundle: 'sluice.table.read',
          properties: { datasource: server.type, table: 'rows_in' },
        };
        await platform.seconds(read, parquet.write);
        const ours = await platform.seconds(read, parquet.write);
        figures.push(...compare(server.name, ours, raw));
        figures.push(...(await compareWithPandas('read', server, 'rows_in', join(home, 'pandas.parquet'), ours)));
      }
      figures.push({ figure: 'peak memory of the runner', value: platform.peak(), unit: 'MB', target: '<= 300' });
      return figures;
    } finally {
      await platform.close();
      for (const server of servers) await server.drop();
      await rm(home, { recursive: true, force: true });
    }
  },
};
