import { mkdtemp, rm, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL, fileURLToPath } from 'node:url';
import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { startPlatform } from '../support/platform.js';
import type { Bench } from './figure.js';
import { rowOfStops, runFlow } from './flows.js';
import { descendants, peakMb } from './processes.js';

const ROWS = 5_000_000;
const BATCH = 2_048;

/** Rows through a JavaScript stop, out of the engine and into it. */
export const bench: Bench = {
  name: 'js-rows',
  about: '5 M rows out of and into the engine through a JavaScript stop, 6 mixed columns',
  async run() {
    const home = await mkdtemp(join(tmpdir(), 'sluice-js-rows-'));
    const plugin = join(home, 'plugins', 'rows');
    await mkdir(plugin, { recursive: true });
    await writeFile(join(plugin, 'package.json'), packageJson());
    await writeFile(join(plugin, 'index.js'), pluginCode());
    const platform = await startPlatform({
      home,
      env: { SLUICE_EXECUTION_WARM_RUNNERS: '1', SLUICE_EXECUTION_MAX_RUNS: '1' },
    });
    try {
      const runs = platform.clients.get(RunServiceService);
      const make = (rows: number) => ({ name: 'make', bundle: 'bench.make', properties: { rows } });
      const drain = { name: 'drain', bundle: 'bench.drain', properties: {} };
      const write = {
        name: 'write',
        bundle: 'sluice.parquet.write',
        properties: { path: 'hdfs:///rows.parquet', saveMode: 'overwrite' },
      };
      const read = { name: 'read', bundle: 'sluice.parquet.read', properties: { path: 'hdfs:///rows.parquet' } };
      const pid = platform.processes[0]?.pid ?? 0;
      const seconds = async (stops: Parameters<typeof rowOfStops>[1]): Promise<number> => {
        const began = performance.now();
        await runFlow(runs, rowOfStops('rows', stops));
        return (performance.now() - began) / 1000;
      };
      const peak = (): number => Math.max(...descendants(pid).map(peakMb));
      await seconds([make(ROWS / 5), write]);
      const small = peak();
      const into = await seconds([make(ROWS), write]);
      const out = await seconds([read, drain]);
      return [
        { figure: 'into the engine (and to parquet)', value: ROWS / into / 1e6, unit: 'M rows/s', target: '>= 1' },
        { figure: 'out of the engine (from parquet)', value: ROWS / out / 1e6, unit: 'M rows/s', target: '>= 1' },
        { figure: 'peak memory after 1 M rows', value: small, unit: 'MB', target: '' },
        { figure: 'peak memory, 5 M rows / 1 M rows', value: peak() / small, unit: 'x', target: '<= 1.5' },
      ];
    } finally {
      await platform.close();
      await rm(home, { recursive: true, force: true });
    }
  },
};

function packageJson(): string {
  const sluice = { kind: 'stops', sdk: '^1', entry: './index.js' };
  return JSON.stringify({ name: 'bench-rows', version: '1.0.0', type: 'module', sluice });
}

/** A plugin as an author would write it. */
function pluginCode(): string {
  const sdk = pathToFileURL(fileURLToPath(import.meta.resolve('@sluice/plugin-sdk'))).href;
  return `import { definePlugin, defineStop, none, property, single } from '${sdk}';
const text = (en) => ({ en });
const columns = [['id', 'bigint'], ['n', 'int'], ['x', 'double'], ['name', 'string'], ['ok', 'boolean'], ['day', 'date']]
  .map(([name, type]) => ({ name, type }));
const make = defineStop({
  name: 'bench.make', title: text('Make'), description: text('Makes rows.'), groups: ['Bench'],
  ports: { in: none, out: single }, properties: { rows: property.integer({ required: true }) }, engines: ['duckdb'],
  run: ({ properties, engine }) => engine.fromRows(columns, batches(properties.rows)),
});
async function* batches(rows) {
  for (let first = 0; first < rows; first += ${BATCH}) {
    const length = Math.min(${BATCH}, rows - first);
    const id = new BigInt64Array(length), n = new Int32Array(length), x = new Float64Array(length);
    const name = new Array(length), ok = new Array(length), day = new Int32Array(length);
    for (let i = 0; i < length; i++) {
      const row = first + i;
      id[i] = BigInt(row); n[i] = row % 1000; x[i] = row / 3; name[i] = 'name-' + (row % 5000);
      ok[i] = row % 7 === 0 ? null : row % 2 === 0; day[i] = 20000 + (row % 365);
    }
    yield { length, columns: [id, n, x, name, ok, day] };
  }
}
const drain = defineStop({
  name: 'bench.drain', title: text('Drain'), description: text('Reads rows.'), groups: ['Bench'],
  ports: { in: single, out: none }, properties: {}, engines: ['duckdb'],
  async run({ inputs, log }) {
    let rows = 0, sum = 0;
    for await (const batch of inputs.get().batches()) {
      rows += batch.length;
      for (let i = 0; i < batch.length; i++) sum += batch.columns[1][i] + batch.columns[3][i].length;
    }
    log.info(rows + ' rows, ' + sum);
  },
});
export default definePlugin({ stops: [make, drain] });
`;
}
