import { randomUUID } from 'node:crypto';
import { isSluiceError, type Connection } from '@sluice/chassis';
import { Run, RunMode, RunOptions } from '@sluice/proto/execution/v1/run';
import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { EXIT } from '../exit-codes.js';
import { readFlowSource } from '../flow-source.js';
import { followRun } from '../following/follow.js';
import { onInterrupt } from '../following/interrupts.js';
import { exitCodeOfRun, summaryLines } from '../following/summary.js';
import { viewFor } from '../following/views.js';
import type { Session } from '../session.js';
import { readCount, readDuration, readPairs, readSize } from '../values.js';

/** The options of `sluice run`. */
export interface RunCommandOptions {
  readonly var?: readonly string[];
  readonly label?: readonly string[];
  readonly debug?: boolean;
  readonly engine?: string;
  readonly timeout?: string;
  readonly memory?: string;
  readonly threads?: string;
  readonly attempts?: string;
  readonly exact?: boolean;
  readonly key?: string;
  readonly detach?: boolean;
  readonly local?: boolean;
}

/** Starts a run of a flow and follows it to its end. */
export async function run(session: Session, options: RunCommandOptions, flow: string): Promise<void> {
  // What is wrong here is said before anything is started.
  const request = {
    source: await readFlowSource(flow),
    variables: readPairs('--var', options.var ?? []),
    labels: readPairs('--label', options.label ?? []),
    options: readRunOptions(options),
    // With a key the call may be made again when its reply is lost, and there is still one run.
    idempotencyKey: options.key ?? randomUUID(),
  };
  const connection = await session.connect(options.local);
  const started = await connection.get(RunServiceService).startRun(request, { idempotent: true });
  const stored = started.run ?? Run.create();
  if (options.detach === true) {
    if (session.json) session.outJson(Run.toJSON(stored));
    else session.out(stored.id);
    if (!session.json && !session.quiet) session.err(session.texts.follow.detached(stored.id));
    return;
  }
  await follow(session, connection, stored, options.local === true);
}

/** Follows a run, prints what became of it, and sets the exit code by it. */
export async function follow(session: Session, connection: Connection, started: Run, local: boolean): Promise<void> {
  const { texts } = session;
  const view = viewFor(session);
  const note = (line: string): void => view.note(line);
  const cancel = (): void => {
    const asked = connection.get(RunServiceService).cancelRun({ id: started.id, reason: texts.follow.cancelReason });
    asked.catch((error: unknown) => note(isSluiceError(error) ? error.message : String(error)));
  };
  const interrupts = onInterrupt(session, { note, cancel, local });
  try {
    const ended = await followRun(connection, started, view, interrupts.signal, texts.follow.lost);
    if (!session.json && !session.quiet) session.out(...summaryLines(session, ended));
    else if (!session.json && ended.error !== undefined) session.err(ended.error.message);
    session.exitWith(interrupts.cancelled ? EXIT.interrupted : exitCodeOfRun(ended));
  } catch (error) {
    if (!interrupts.signal.aborted) throw error;
    if (!session.quiet && !local) session.err(texts.follow.detached(started.id));
    session.exitWith(EXIT.interrupted);
  } finally {
    interrupts.dispose();
  }
}

function readRunOptions(options: RunCommandOptions): RunOptions {
  const { debug, engine, timeout, memory, threads, attempts, exact } = options;
  const ms = timeout === undefined ? 0 : readDuration('--timeout', timeout);
  return RunOptions.fromPartial({
    mode: debug === true ? RunMode.RUN_MODE_DEBUG : RunMode.RUN_MODE_UNSPECIFIED,
    engine: engine ?? '',
    maxAttempts: attempts === undefined ? 0 : readCount('--attempts', attempts),
    ...(ms > 0 ? { timeout: { seconds: BigInt(Math.floor(ms / 1_000)), nanos: (ms % 1_000) * 1_000_000 } } : {}),
    memoryBytes: BigInt(memory === undefined ? 0 : readSize('--memory', memory)),
    threads: threads === undefined ? 0 : readCount('--threads', threads),
    exactAccounting: exact === true,
  });
}
