import { randomUUID } from 'node:crypto';
import { Run, RunMode, RunOptions } from '@sluice/proto/execution/v1/run';
import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { readFlowSource } from '../flow-source.js';
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
  readonly pool?: string;
  readonly poolSlots?: string;
  readonly priority?: string;
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
  // Loaded only now, while the platform works already: what draws takes longer to load than what asks.
  const { follow } = await import('./follow-run.js');
  await follow(session, connection, stored, options.local === true);
}

function readRunOptions(options: RunCommandOptions): RunOptions {
  const { debug, engine, timeout, memory, threads, attempts, exact, pool, poolSlots, priority } = options;
  const ms = timeout === undefined ? 0 : readDuration('--timeout', timeout);
  return RunOptions.fromPartial({
    mode: debug === true ? RunMode.RUN_MODE_DEBUG : RunMode.RUN_MODE_UNSPECIFIED,
    engine: engine ?? '',
    maxAttempts: attempts === undefined ? 0 : readCount('--attempts', attempts),
    ...(ms > 0 ? { timeout: { seconds: BigInt(Math.floor(ms / 1_000)), nanos: (ms % 1_000) * 1_000_000 } } : {}),
    memoryBytes: BigInt(memory === undefined ? 0 : readSize('--memory', memory)),
    threads: threads === undefined ? 0 : readCount('--threads', threads),
    exactAccounting: exact === true,
    pool: pool ?? '',
    poolSlots: poolSlots === undefined ? 0 : readCount('--pool-slots', poolSlots),
    priority: priority === undefined ? 0 : readCount('--priority', priority, 0),
  });
}
