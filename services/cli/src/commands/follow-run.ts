import { isSluiceError, type Connection } from '@sluice/chassis';
import type { Run } from '@sluice/proto/execution/v1/run';
import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { EXIT } from '../exit-codes.js';
import { followRun } from '../following/follow.js';
import { onInterrupt } from '../following/interrupts.js';
import { exitCodeOfRun, summaryLines } from '../following/summary.js';
import { viewFor } from '../following/views.js';
import type { Session } from '../session.js';

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
