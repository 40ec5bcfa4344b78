import { spawn } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { startPlatform } from '../support/platform.js';
import { median, type Bench } from './figure.js';
import { rowOfStops, runFlow, type RunClient } from './flows.js';
import { descendants, peakMb, resetPeak } from './processes.js';

const ROWS = 5_000_000;
const ROUNDS = 7;

const COLUMNS =
  'id BIGINT, user_id INT, product STRING, price DOUBLE, quantity INT, country STRING, day DATE, note STRING';

/** A five-stop flow against the same SQL in DuckDB by hand. */
export const bench: Bench = {
  name: 'fused',
  about:
    '5 M rows x 8 columns CSV -> filter -> derived column -> group -> parquet, against raw DuckDB in a fresh process',
  async run() {
    const home = await mkdtemp(join(tmpdir(), 'sluice-fused-'));
    const csv = join(home, 'files', 'rows.csv');
    const platform = await startPlatform({
      home,
      env: { SLUICE_EXECUTION_WARM_RUNNERS: '1', SLUICE_EXECUTION_MAX_RUNS: '1' },
    });
    try {
      await raw(['make', csv, String(ROWS)]);
      const runs = platform.clients.get(RunServiceService);
      const flow = fusedFlow('hdfs:///rows.csv', 'hdfs:///out.parquet');
      const [own, other]: [Sample[], Sample[]] = [[], []];
      await runFlow(runs, flow);
      for (let i = 0; i < ROUNDS; i++) {
        own.push(await sluice(runs, flow, platform.processes[0]?.pid ?? 0));
        other.push(await raw(['query', csv, join(home, 'files', 'raw.parquet')]));
      }
      const ratio = (of: (sample: Sample) => number): number =>
        median(own.map((each, i) => of(each) / of(other[i] ?? each)));
      return [
        { figure: 'CSV', value: (await stat(csv)).size / 1e6, unit: 'MB', target: '' },
        { figure: 'raw query, median', value: median(other.map((each) => each.queryMs)), unit: 'ms', target: '' },
        { figure: 'query in the run, median', value: median(own.map((each) => each.queryMs)), unit: 'ms', target: '' },
        { figure: 'query time, run / raw', value: ratio((each) => each.queryMs), unit: 'x', target: '<= 1.05' },
        { figure: 'whole run / raw process', value: ratio((each) => each.wholeMs), unit: 'x', target: '<= 1.1' },
        {
          figure: 'peak memory, runner / raw process',
          value: ratio((each) => each.peakMb),
          unit: 'x',
          target: '<= 1.2',
        },
      ];
    } finally {
      await platform.close();
      await rm(home, { recursive: true, force: true });
    }
  },
};

interface Sample {
  readonly queryMs: number;
  readonly wholeMs: number;
  readonly peakMb: number;
}

function fusedFlow(from: string, to: string): object {
  return rowOfStops('fused', [
    { name: 'read', bundle: 'sluice.csv.read', properties: { path: from, header: true, schema: COLUMNS } },
    {
      name: 'filter',
      bundle: 'cn.piflow.bundle.common.Filter',
      properties: { condition: "price > 20 AND country <> 'XX'" },
    },
    {
      name: 'derive',
      bundle: 'cn.piflow.bundle.common.ExecuteSQLStop',
      properties: { viewName: 't', sql: 'SELECT country, day, user_id, price * quantity AS amount FROM t' },
    },
    {
      name: 'group',
      bundle: 'cn.piflow.bundle.common.ExecuteSQLStop',
      properties: {
        viewName: 't',
        sql: 'SELECT country, day, count(*) AS orders, sum(amount) AS amount, max(user_id) AS last FROM t GROUP BY country, day',
      },
    },
    { name: 'write', bundle: 'sluice.parquet.write', properties: { path: to, saveMode: 'overwrite' } },
  ]);
}

async function sluice(runs: RunClient, flow: object, pid: number): Promise<Sample> {
  // The peak of this run, not of all that the warm runner has done.
  for (const child of descendants(pid)) resetPeak(child);
  const began = performance.now();
  const run = await runFlow(runs, flow);
  const wholeMs = performance.now() - began;
  const write = run.stops.find((stop) => stop.name === 'write');
  const queryMs = (write?.endTime?.getTime() ?? 0) - (write?.startTime?.getTime() ?? 0);
  return { queryMs, wholeMs, peakMb: Math.max(...descendants(pid).map(peakMb)) };
}

/** Runs raw-duckdb.js in a fresh process. */
async function raw(args: readonly string[]): Promise<Sample> {
  const script = fileURLToPath(new URL('raw-duckdb.js', import.meta.url));
  const began = performance.now();
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`raw DuckDB ended with ${String(code)}`);
  const { queryMs, peakKb } = JSON.parse(output) as { queryMs: number; peakKb: number };
  return { queryMs, wholeMs: performance.now() - began, peakMb: (peakKb * 1024) / 1e6 };
}
