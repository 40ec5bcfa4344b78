import type { Session } from '../session.js';

/** How long after the first Ctrl-C the second may come, before the command leaves. */
const SECOND_MS = 4_000;

/** What Ctrl-C does while a run is followed. */
export interface Interrupts {
  /** Aborted when the command is to leave the run alone. */
  readonly signal: AbortSignal;
  /** Whether the user asked for the run's end. */
  readonly cancelled: boolean;
  /** Gives Ctrl-C back to Node. */
  dispose(): void;
}

/**
 * The first Ctrl-C asks: a second one cancels the run, else the command leaves and the run goes on. A third one ends the
 * command at once. A run that lives in this process (`local`) is cancelled by the first.
 *
 * @param note shows a line
 * @param cancel asks the platform to end the run
 */
export function onInterrupt(
  session: Session,
  { note, cancel, local }: { note: (line: string) => void; cancel: () => void; local: boolean },
): Interrupts {
  const leaving = new AbortController();
  let presses = 0;
  let cancelled = false;
  let timer: NodeJS.Timeout | undefined;
  const { texts } = session;
  const doCancel = (): void => {
    cancelled = true;
    clearTimeout(timer);
    note(texts.follow.cancelling);
    cancel();
  };
  const onSignal = (name: NodeJS.Signals): void => {
    presses += 1;
    if (name === 'SIGTERM') {
      if (local && !cancelled) doCancel();
      else leaving.abort();
    } else if (presses === 1 && !local) {
      note(texts.follow.interruptOnce(SECOND_MS / 1_000));
      timer = setTimeout(() => leaving.abort(), SECOND_MS);
    } else if (!cancelled) {
      doCancel();
    } else {
      leaving.abort();
    }
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    signal: leaving.signal,
    get cancelled() {
      return cancelled;
    },
    dispose() {
      clearTimeout(timer);
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    },
  };
}
