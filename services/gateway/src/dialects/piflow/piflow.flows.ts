import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError, isSluiceError } from '@sluice/chassis';
import { RowsKind, RunServiceService } from '@sluice/proto/execution/v1/run_service';
import type { Run } from '@sluice/proto/execution/v1/run';
import type { DialectHandler, DialectRequest, DialectTools } from '../../dialect.js';
import { CHARTS } from './piflow.charts.js';
import { REASON_HEADER, nothingNamed, notYet } from './piflow.errors.js';
import * as mapping from './piflow.mapping.js';
import { compact, pretty, text } from './piflow.replies.js';
import type { DebugDataReply } from './piflow.wire.js';

/** The most rows that go into a chart; GetRows gives no more at a time. */
const CHART_ROWS = 10_000;

/** What answers the routes under `/flow`. */
export function flowHandlers({ clients, config }: Pick<DialectTools, 'clients' | 'config'>) {
  const runs = clients.get(RunServiceService);
  const zone = config.time.zone;
  /** The folder that stands for HDFS; a flow that reads what lies there may say `hdfs:` or `file:`. */
  const hdfs = config.files.mounts['hdfs://*'] ?? join(config.home, 'files');

  async function find({ path, query, signal }: DialectRequest): Promise<Run> {
    const id = runId(query);
    if (id === '') throw nothingNamed('run', `${path}?appID=application_...`);
    const { run } = await runs.getRun({ id }, { signal });
    if (run === undefined) throw new SluiceError('RUN_NOT_FOUND', `there is no run '${id}'`);
    return run;
  }

  return {
    start: async ({ body, headers }) => {
      const resumed = mapping.resumedRun(body);
      if (resumed !== '') {
        throw notYet(
          `Sluice cannot start from the checkpoints of an earlier run yet ('${resumed}'); ` +
            'leave checkpointParentProcessId out to run the whole flow.',
        );
      }
      const key = headers['idempotency-key'];
      const idempotencyKey = typeof key === 'string' ? key : '';
      // A client that hangs up after it sent a flow has started it all the same, as in PiFlow.
      const { run } = await runs.startRun(
        { source: { $case: 'document', value: body }, variables: {}, options: undefined, labels: {}, idempotencyKey },
        { idempotent: idempotencyKey !== '' },
      );
      if (run === undefined) throw new SluiceError('INTERNAL', 'execution stored no run');
      return compact(mapping.toFlowStart(run));
    },
    stop: async ({ body }) => {
      const id = mapping.namedRun(body);
      if (id === '') throw nothingNamed('run', 'a body such as {"appID":"application_..."}');
      await runs.cancelRun({ id, reason: 'stopped by a client of the PiFlow routes' }, { idempotent: true });
      return text('ok');
    },
    info: async (request) => {
      try {
        return pretty(mapping.toFlowInfo(await find(request), zone));
      } catch (error) {
        // PiFlow tells of a flow that nobody knows as of one that failed; its page ends such rows by that.
        if (!isSluiceError(error) || error.reason !== 'RUN_NOT_FOUND') throw error;
        return pretty(mapping.toUnknownFlowInfo(runId(request.query)), { [REASON_HEADER]: error.reason });
      }
    },
    progress: async (request) => pretty(mapping.toFlowProgress(await find(request))),
    log: async (request) => compact(mapping.toFlowLog(await find(request), request.origin, Date.now())),
    checkpoints: async (request) => compact({ checkpoints: mapping.toCheckpoints(await find(request)) }),
    debugData: async (request) => {
      const run = await find(request);
      const stop = stopOf(run, request.query);
      const port = request.query.get('port')?.trim() || 'default';
      if (/[/\\]|^\.{1,2}$/.test(port)) throw new SluiceError('ROWS_NOT_FOUND', `'${port}' is no name of a port`);
      const folder = join(hdfs, 'user/piflow/debug', run.id, stop);
      const reply: DebugDataReply = {
        schema: await schemaOf(run, stop, port, folder, request.signal),
        debugDataPath: `file://${join(folder, port)}`,
      };
      return compact(reply);
    },
    visualizationData: async (request) => {
      const run = await find(request);
      const stop = stopOf(run, request.query);
      const chart = CHARTS[request.query.get('visualizationType')?.trim() ?? ''];
      if (chart === undefined) return text('');
      const { rows } = await runs.getRows({ ...rowsOf(run.id, stop, ''), pageSize: CHART_ROWS }, request);
      return pretty(chart(rows ?? { columns: [], rows: [] }));
    },
    testDataPath: async () => {
      const folder = join(hdfs, 'user/piflow/testData');
      // Who asks for it goes on to write there.
      await mkdir(folder, { recursive: true });
      return text(`file://${folder}/`);
    },
  } satisfies Record<string, DialectHandler>;

  /** The names of a port's columns: from the file that PiFlow's clients read, else as execution knows them. */
  async function schemaOf(run: Run, stop: string, port: string, folder: string, signal: AbortSignal): Promise<string> {
    try {
      return (await readFile(join(folder, `${port}_schema`), 'utf8')).trimEnd();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    const wish = rowsOf(run.id, stop, port === 'default' ? '' : port);
    const { rows } = await runs.getRows({ ...wish, pageSize: 1 }, { signal });
    return (rows?.columns ?? []).map(({ name }) => name).join(',');
  }
}

/** The server reads `appID`; the manual writes `appId` in places. */
function runId(query: URLSearchParams): string {
  return (query.get('appID') ?? query.get('appId') ?? '').trim();
}

function stopOf(run: Run, query: URLSearchParams): string {
  const name = query.get('stopName') ?? '';
  if (run.stops.some((stop) => stop.name === name)) return name;
  const names = run.stops.map((stop) => `'${stop.name}'`).join(', ');
  throw new SluiceError('STOP_NOT_FOUND', `run '${run.id}' has no stop '${name}'; its stops are ${names}`);
}

function rowsOf(run: string, stop: string, port: string) {
  return { runId: run, stop, port, kind: RowsKind.ROWS_KIND_DEBUG, columns: [], condition: '', pageToken: '' };
}
