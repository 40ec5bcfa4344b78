import { launch } from '@sluice/chassis';
import { RunState } from '@sluice/proto/execution/v1/run';
import { ListRunsRequest, RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPlatform } from '../support/platform.js';
import { benchDatabase } from './database.js';
import { median, type Bench } from './figure.js';
import type { RunClient } from './flows.js';

const RUNS = 1_000_000;
const ROUNDS = 15;
const BEGINNING_MS = 1_700_000_000_000;

/** Lists at a million runs. */
export const bench: Bench = {
  name: 'list',
  about: 'ListRuns at 1 M runs: first and 1,000th page, with filters; 50 runs a page, over gRPC',
  async run() {
    const figures = await measure('SQLite', {});
    const mariadb = await benchDatabase();
    if (mariadb === undefined) return figures;
    try {
      return [...figures, ...(await measure('MariaDB', { SLUICE_DATABASE_URL: mariadb.url }))];
    } finally {
      await mariadb.drop();
    }
  },
};

async function measure(name: string, env: Readonly<Record<string, string>>) {
  const home = await mkdtemp(join(tmpdir(), 'sluice-list-'));
  const retention = { SLUICE_EXECUTION_RETENTION_DAYS: '0', ...env };
  try {
    await (await startPlatform({ home, env: retention, processes: [['execution']] })).close();
    await fill(home, env);
    const platform = await startPlatform({ home, env: retention, processes: [['execution']] });
    try {
      const runs = platform.clients.get(RunServiceService);
      const deep = await tokenOfPage(runs, 1_000);
      const figure = async (what: string, request: Partial<ListRunsRequest>, rows = 50) => ({
        figure: `${name}: ${what}`,
        value: await time(runs, request, rows),
        unit: 'ms',
        target: '<= 20',
      });
      const from = new Date(BEGINNING_MS + 400_000_000);
      return [
        await figure('first page', {}),
        await figure('1,000th page', { pageToken: deep }),
        await figure('by flow', { flowId: 'flow-7' }),
        await figure('by state FAILED', { states: [RunState.RUN_STATE_FAILED] }),
        await figure('by flow, state and time', {
          flowId: 'flow-7',
          states: [RunState.RUN_STATE_FAILED],
          createdFrom: from,
          createdBefore: new Date(from.getTime() + 500_000_000),
        }),
        await figure('by a label of 1 run in 1,000', { labels: { batch: '17' } }),
        await figure('by a state that no run has', { states: [RunState.RUN_STATE_QUEUED] }, 0),
      ];
    } finally {
      await platform.close();
    }
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** Inserts runs that have ended, one a second. */
async function fill(home: string, env: Readonly<Record<string, string>>): Promise<void> {
  const launched = await launch([], {
    environment: { SLUICE_HOME: home, SLUICE_GRPC_PORT: '0', SLUICE_LOG_LEVEL: 'silent', ...env },
  });
  try {
    const { database } = launched.platform;
    const size = 5_000;
    for (let first = 0; first < RUNS; first += size) {
      const numbers = Array.from({ length: size }, (_, i) => first + i);
      await database.transaction(async (trx) => {
        await trx.batchInsert('execution_runs', numbers.map(runRow), 250);
        const labels = numbers.map((n) => ({
          name: 'batch',
          value: String(n % 1_000),
          created_ms: createdMs(n),
          run_id: runId(n),
        }));
        await trx.batchInsert('execution_run_labels', labels, 250);
      });
    }
    if (database.dialect === 'mysql') await database.knex.raw('ANALYZE TABLE execution_runs, execution_run_labels');
    else await database.knex.raw('ANALYZE');
  } finally {
    await launched.close();
  }
}

function runRow(n: number): Record<string, unknown> {
  return {
    id: runId(n),
    flow_id: `flow-${n % 100}`,
    flow_version: 1,
    flow_name: `Flow ${n % 100}`,
    state: n % 11 === 0 ? 'FAILED' : 'SUCCEEDED',
    attempt: 1,
    max_attempts: 1,
    epoch: 1,
    sequence: 5,
    mode: 'RUN',
    engine: 'duckdb',
    generation: 'g',
    node: 'n',
    progress: 1,
    created_ms: createdMs(n),
    ready_ms: createdMs(n),
    started_ms: createdMs(n) + 5,
    ended_ms: createdMs(n) + 900,
    request_digest: 'd',
    labels: JSON.stringify({ batch: String(n % 1_000) }),
    checkpoints: '[]',
    stops: JSON.stringify([{ name: 'read', type: 't', state: 'SUCCEEDED', inputs: [], outputs: [], rejected: 0 }]),
    request: JSON.stringify({ flow: { name: `Flow ${n % 100}` }, filler: 'x'.repeat(400) }),
  };
}

function createdMs(n: number): number {
  return BEGINNING_MS + n * 1_000;
}

function runId(n: number): string {
  return `application_${createdMs(n)}_${String(n % 10_000).padStart(4, '0')}`;
}

async function tokenOfPage(runs: RunClient, page: number): Promise<string> {
  let token = '';
  for (let i = 1; i < page; i++)
    token = (await runs.listRuns(ListRunsRequest.fromPartial({ pageToken: token }))).nextPageToken;
  return token;
}

async function time(runs: RunClient, request: Partial<ListRunsRequest>, rows: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const began = performance.now();
    const found = await runs.listRuns(ListRunsRequest.fromPartial(request));
    times.push(performance.now() - began);
    if (found.runs.length !== rows) throw new Error(`a page has ${found.runs.length} runs, not ${rows}`);
  }
  return median(times.slice(3));
}
