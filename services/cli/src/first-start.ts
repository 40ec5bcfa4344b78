import { randomUUID } from 'node:crypto';
import { cp, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect, isSluiceError, type Connection, type Launched } from '@sluice/chassis';
import { Run, RunMode, RunOptions } from '@sluice/proto/execution/v1/run';
import { GetRowsRequest, RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { rowLines } from './commands/rows.js';
import { httpAddress } from './http-address.js';
import { hasEnded } from './following/run-model.js';
import { summaryLines } from './following/summary.js';
import type { Session } from './session.js';

const FLOWS = fileURLToPath(new URL('../../../docs/flows/', import.meta.url));
const SAMPLE = 'orders.json';
/** The stop of the sample whose rows show what it is about. */
const SHOWN_STOP = 'by-country';

/**
 * Runs the sample flow on a platform that is new, and gives lines that show its rows and say where to look next. The
 * sample's data is copied to the platform's files, so that the sample runs wherever the platform was started.
 */
export async function showSample(session: Session, launched: Launched, signal: AbortSignal): Promise<string[]> {
  const connection = await connect(launched.address);
  try {
    const run = await runSample(connection, launched, signal);
    const request = GetRowsRequest.fromPartial({ runId: run.id, stop: SHOWN_STOP });
    const rows = run.error === undefined ? (await connection.get(RunServiceService).getRows(request)).rows : undefined;
    const { texts, style } = session;
    const name = relative(process.cwd(), join(FLOWS, SAMPLE));
    return [
      style.bold(texts.firstStart.title(name)),
      '',
      ...(rows === undefined ? [] : rowLines(session, rows).map((line) => `  ${line}`)),
      '',
      ...summaryLines(session, run).map((line) => (line === '' ? '' : `  ${line}`)),
      '',
      style.bold(texts.firstStart.next),
      ...texts.firstStart
        .commands(name, httpAddress(launched))
        .map(([command, about]) => `  ${style.accent(command)}\n      ${style.dim(about)}`),
    ];
  } catch (error) {
    if (signal.aborted || !isSluiceError(error)) throw error;
    // The platform is up all the same; the sample is only a greeting.
    return [session.style.warn(session.texts.firstStart.failed(error.message))];
  } finally {
    await connection.close();
  }
}

async function runSample(connection: Connection, launched: Launched, signal: AbortSignal): Promise<Run> {
  const files = launched.loaded.config.files.mounts['hdfs://*'] ?? join(launched.loaded.config.home, 'files');
  await cp(join(FLOWS, 'data'), join(files, 'samples'), { recursive: true });
  const runs = connection.get(RunServiceService);
  const { run } = await runs.startRun({
    source: { $case: 'document', value: await readFile(join(FLOWS, SAMPLE), 'utf8') },
    variables: { DATA: 'hdfs:///samples' },
    options: RunOptions.fromPartial({ mode: RunMode.RUN_MODE_DEBUG }),
    labels: { sample: 'first-start' },
    idempotencyKey: randomUUID(),
  });
  let latest = run ?? Run.create();
  for await (const { event } of runs.watchRun({ id: latest.id, afterSequence: 0n }, { signal })) {
    if (event?.event?.$case === 'run') latest = event.event.value;
    if (hasEnded(latest)) break;
  }
  return latest;
}
