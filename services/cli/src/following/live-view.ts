import type { RunEvent, StopRun } from '@sluice/proto/execution/v1/run';
import type { Session } from '../session.js';
import { formatBytes, formatCount, formatTime, printable } from '../terminal/format.js';
import { fit, pad, widthOf } from '../terminal/width.js';
import type { RunView } from './follow.js';
import { stateWord, type RunModel } from './run-model.js';
import { countsText, stateMark } from './summary.js';

const REDRAW_MS = 100;
const BAR_WIDTH = 30;
const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';

/** A block on the terminal that is drawn anew as the run goes on: a bar, and a line for each stop. */
export class LiveView implements RunView {
  #model: RunModel | undefined;
  #timer: NodeJS.Timeout | undefined;
  #drawn = 0;
  #turn = 0;
  readonly #began = Date.now();
  readonly #showCursor = (): void => void process.stdout.write(SHOW_CURSOR);

  constructor(private readonly session: Session) {}

  update(model: RunModel, _event: RunEvent, _changed: readonly StopRun[]): void {
    this.#model = model;
    if (this.#timer !== undefined) return;
    process.stdout.write(HIDE_CURSOR);
    process.once('exit', this.#showCursor);
    // Drawn by the clock alone: thousands of events a second would only flicker.
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
  }

  note(line: string): void {
    this.#clear();
    this.session.err(line);
    if (this.#timer !== undefined) this.#draw();
  }

  /** Takes the block away; the summary says it all. */
  end(): void {
    clearInterval(this.#timer);
    this.#clear();
    if (this.#timer === undefined) return;
    this.#showCursor();
    process.off('exit', this.#showCursor);
    this.#timer = undefined;
  }

  #clear(): void {
    if (this.#drawn > 0) process.stdout.write(`\r\u001b[${this.#drawn}A\u001b[0J`);
    this.#drawn = 0;
  }

  #draw(): void {
    if (this.#model === undefined) return;
    const room = Math.max(3, (process.stdout.rows ?? 24) - 3);
    const lines = this.#lines(this.#model, room);
    // One write, so that no terminal shows a half.
    const up = this.#drawn > 0 ? `\r\u001b[${this.#drawn}A` : '';
    process.stdout.write(`${up}\u001b[0J${lines.join('\n')}\n`);
    this.#drawn = lines.length;
  }

  #lines(model: RunModel, room: number): string[] {
    const { session } = this;
    const { style, texts } = session;
    // The last column stays free: a terminal that wraps there would break the count of lines.
    const width = session.width - 1;
    const { run } = model;
    const began = run.startTime?.getTime() ?? run.createTime?.getTime() ?? this.#began;
    const turn = SPINNER[this.#turn++ % SPINNER.length] ?? '';
    const state = stateWord(run.state);
    const title = fit(`${printable(run.flowName)}  ${run.id}`, Math.max(10, width - 30));
    const head = `${style.accent(turn)} ${style.bold(title)}  ${texts.words.states[state] ?? state}  ${formatTime(Math.max(0, Date.now() - began))}`;
    const shown = this.#shownStops(run.stops, room - 2);
    const nameWidth = Math.min(40, Math.max(0, ...shown.map(({ name }) => widthOf(printable(name)))));
    const stops = shown.map((stop) => {
      const counts = countsText(session, stop.outputs.length > 0 ? stop.outputs : stop.inputs);
      const took =
        stop.startTime === undefined
          ? ''
          : formatTime((stop.endTime ?? new Date()).getTime() - stop.startTime.getTime());
      const rest = [counts, took].filter((part) => part !== '').join('  ');
      return `  ${stateMark(session, stop.state)} ${fit(`${pad(fit(printable(stop.name), nameWidth), nameWidth)}  ${rest}`, width - 4)}`;
    });
    const hidden = run.stops.length - shown.length;
    return [
      head,
      `  ${run.waitingFor === '' ? this.#bar(model) : style.dim(fit(printable(run.waitingFor), width - 2))}`,
      ...stops,
      ...(hidden > 0 ? [`  ${style.dim(texts.follow.moreStops(hidden))}`] : []),
    ];
  }

  #bar(model: RunModel): string {
    const { style, texts, width } = this.session;
    const room = Math.max(5, Math.min(BAR_WIDTH, width - 40));
    const full = Math.round(model.share * room);
    const { rows, bytes } = model.read;
    const parts = [
      `${Math.floor(model.share * 100)} %`,
      rows > 0n ? texts.words.rows(formatCount(rows), rows) : '',
      bytes > 0n ? formatBytes(bytes) : '',
    ];
    const bar = style.accent('█'.repeat(full)) + style.dim('░'.repeat(room - full));
    return `${bar}  ${parts.filter((part) => part !== '').join('  ')}`;
  }

  /** All stops where there is room; else those that run, and those next to them. */
  #shownStops(stops: readonly StopRun[], room: number): readonly StopRun[] {
    if (stops.length <= room) return stops;
    const first = stops.findIndex(({ state }) => ['RUNNING', 'WAITING'].includes(stateWord(state)));
    const begin = Math.max(0, Math.min((first < 0 ? stops.length : first) - 1, stops.length - (room - 1)));
    return stops.slice(begin, begin + room - 1);
  }
}
