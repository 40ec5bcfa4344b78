import { RunEvent, type StopRun } from '@sluice/proto/execution/v1/run';
import type { Session } from '../session.js';
import { formatMoment, formatTime, printable } from '../terminal/format.js';
import type { RunView } from './follow.js';
import { LiveView } from './live-view.js';
import { hasEnded, stateWord, type RunModel } from './run-model.js';
import { countsText } from './summary.js';

/** The view that suits the session: JSON lines, nothing, a block that is drawn anew, or plain lines. */
export function viewFor(session: Session): RunView {
  if (session.json) return new JsonView(session);
  if (session.quiet) return new QuietView(session);
  return session.terminal ? new LiveView(session) : new PlainView(session);
}

/** Every event as one line of JSON. */
class JsonView implements RunView {
  constructor(private readonly session: Session) {}

  update(_model: RunModel, event: RunEvent): void {
    this.session.outJson(RunEvent.toJSON(event));
  }

  note(line: string): void {
    if (!this.session.quiet) this.session.err(line);
  }

  end(): void {}
}

/** Nothing but what the user must decide. */
class QuietView implements RunView {
  constructor(private readonly session: Session) {}

  update(): void {}

  note(line: string): void {
    this.session.err(line);
  }

  end(): void {}
}

/** One line for each change, on standard error, for logs and pipes. */
class PlainView implements RunView {
  #state = '';

  constructor(private readonly session: Session) {}

  update(model: RunModel, event: RunEvent, changed: readonly StopRun[]): void {
    const { session } = this;
    const { words } = session.texts;
    const at = formatMoment(event.time ?? new Date()).slice(11);
    for (const stop of changed) {
      const word = stateWord(stop.state);
      if (word === 'WAITING') continue;
      const counts = countsText(session, stop.outputs.length > 0 ? stop.outputs : stop.inputs);
      const took = stop.startTime && stop.endTime ? formatTime(stop.endTime.getTime() - stop.startTime.getTime()) : '';
      session.err(
        [at, printable(stop.name), words.states[word] ?? word, counts, took].filter((part) => part !== '').join('  '),
      );
    }
    const word = stateWord(model.run.state);
    const waitingFor = printable(model.run.waitingFor);
    const state = [words.states[word] ?? word, ...(waitingFor === '' ? [] : [waitingFor])].join('  ');
    if (state === this.#state || hasEnded(model.run)) return; // The summary tells of the end.
    this.#state = state;
    session.err([at, model.run.id, state].join('  '));
  }

  note(line: string): void {
    this.session.err(line);
  }

  end(): void {}
}
