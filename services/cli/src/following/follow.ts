import { setTimeout as delay } from 'node:timers/promises';
import { SluiceError, isSluiceError, type Connection } from '@sluice/chassis';
import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import type { Run, RunEvent, StopRun } from '@sluice/proto/execution/v1/run';
import { RunModel, hasEnded } from './run-model.js';

/** How a run that is followed is shown. */
export interface RunView {
  /** Something happened; `changed` are the stops whose state is another one now. */
  update(model: RunModel, event: RunEvent, changed: readonly StopRun[]): void;
  /** A line for the user while the run goes on. */
  note(line: string): void;
  /** Nothing more comes. */
  end(): void;
}

/** How long a platform may be away before following it is given up. */
const PATIENCE_MS = 60_000;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Follows a run to its end. When the platform goes away in between, it is asked again from the last event seen.
 *
 * @throws SERVICE_UNAVAILABLE when it stays away; CALL_CANCELLED when the signal is aborted.
 */
export async function followRun(
  connection: Connection,
  run: Run,
  view: RunView,
  signal: AbortSignal,
  lost: string,
): Promise<Run> {
  const model = new RunModel(run);
  const runs = connection.get(RunServiceService);
  let sequence = 0n;
  let goneSince: number | undefined;
  let pause = 100;
  try {
    for (;;) {
      try {
        for await (const { event } of runs.watchRun({ id: run.id, afterSequence: sequence }, { signal })) {
          goneSince = undefined;
          pause = 100;
          if (event === undefined) continue;
          if (event.sequence > sequence) sequence = event.sequence;
          view.update(model, event, model.apply(event));
          if (event.event?.$case === 'run' && hasEnded(model.run)) return model.run;
        }
        // A service that closes ends its streams in order.
        throw new SluiceError('SERVICE_UNAVAILABLE', `the platform stopped telling of run ${run.id} before it ended`);
      } catch (error) {
        if (!isSluiceError(error) || error.code !== 'UNAVAILABLE' || signal.aborted) throw error;
        if (goneSince === undefined) view.note(lost);
        goneSince ??= Date.now();
        if (Date.now() - goneSince > PATIENCE_MS) throw error;
        await delay(pause, undefined, { signal });
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
    }
  } finally {
    view.end();
  }
}
