import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, Figure } from './figure.js';
import { compareWithPandas, pandasMissing, pandasSeconds } from './sql-pandas.js';
import { benchPlatform, benchServers, COLUMNS, compare, parquet, ROWS } from './sql.js';

const LINES = 2000;

/** Rows into databases. */
export const bench: Bench = {
  name: 'sql-write',
  about: '2 M rows x 8 mixed columns from parquet to MariaDB and PostgreSQL through a run, beside the driver alone',
  async run() {
    const servers = await benchServers();
    const [first] = servers;
    if (first === undefined) throw new Error('no server is named; see deploy/dev/services.sh env');
    const home = await mkdtemp(join(tmpdir(), 'sluice-sql-write-'));
    const platform = await benchPlatform(home, servers);
    const figures: Omit<Figure, 'bench'>[] = [];
    try {
      await first.fill();
      const read = {
        name: 'read',
        bundle: 'sluice.table.read',
        properties: { datasource: first.type, table: 'rows_in' },
      };
      await platform.seconds(read, parquet.write);
      // The same rows for pandas, in a file of its own making.
      const file = join(home, 'pandas.parquet');
      if ((await pandasMissing()) === undefined) await pandasSeconds('read', first, 'rows_in', file);
      for (const server of servers) {
        const time = server.type === 'mariadb' ? COLUMNS.replace('TIMESTAMP', 'DATETIME(6)') : COLUMNS;
        await server.run(`CREATE TABLE rows_raw (${time})`, `CREATE TABLE rows_out (${time})`);
        const began = performance.now();
        await server.rawWrite(lines);
        const raw = (performance.now() - began) / 1000;
        await server.run('DROP TABLE rows_raw');
        const write = {
          name: 'out',
          bundle: 'sluice.table.write',
          properties: { datasource: server.type, table: 'rows_out' },
        };
        const ours = await platform.seconds(parquet.read, write);
        figures.push(...compare(server.name, ours, raw));
        await server.run('TRUNCATE TABLE rows_out');
        figures.push(...(await compareWithPandas('write', server, 'rows_out', file, ours)));
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

/** The same rows as lines, some thousand in a piece. */
function* lines(): Generator<string> {
  let piece = '';
  for (let id = 1; id <= ROWS; id++) {
    const note = id % 10 === 0 ? '\\N' : `note 备注 ${id}`;
    const at = new Date(1_577_836_800_000 + id * 1000).toISOString();
    const time = `${at.slice(0, 10)} ${at.slice(11, 23)}`;
    piece += `${id}\t${id % 1000}\t${(id / 7).toFixed(2)}\t${id / 3}\tname ${id % 5000}\t${note}\t${at.slice(0, 10)}\t${time}\n`;
    if (id % LINES === 0) {
      yield piece;
      piece = '';
    }
  }
  yield piece;
}
