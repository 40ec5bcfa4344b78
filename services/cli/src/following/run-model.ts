import { RunState, type Run, type RunEvent, type RunProgress, type StopRun } from '@sluice/proto/execution/v1/run';

const ENDED: ReadonlySet<RunState> = new Set([
  RunState.RUN_STATE_SUCCEEDED,
  RunState.RUN_STATE_FAILED,
  RunState.RUN_STATE_CANCELLED,
]);

/** Whether a run has reached its last state. */
export function hasEnded(run: Run): boolean {
  return ENDED.has(run.state);
}

/** `RUN_STATE_SUCCEEDED` as `SUCCEEDED`, for runs and for stops. */
export function stateWord(state: string): string {
  return state.replace(/^(RUN|STOP)_STATE_/, '');
}

/** What is known of a run that is watched. */
export class RunModel {
  #run: Run;
  #progress: RunProgress | undefined;

  constructor(run: Run) {
    this.#run = run;
  }

  get run(): Run {
    return this.#run;
  }

  /** The share of the work that is done, 0 to 1. */
  get share(): number {
    return Math.min(1, Math.max(this.#run.progress, this.#progress?.progress ?? 0));
  }

  /** Rows and bytes read so far: what the engine says of its progress, else what the first stops have counted. */
  get read(): { readonly rows: bigint; readonly bytes: bigint } {
    let [rows, bytes] = [this.#progress?.rows ?? 0n, this.#progress?.bytes ?? 0n];
    if (rows === 0n && bytes === 0n) {
      for (const { inputs, outputs } of this.#run.stops.filter(({ inputs }) => inputs.length === 0)) {
        for (const count of [...inputs, ...outputs]) [rows, bytes] = [rows + count.rows, bytes + count.bytes];
      }
    }
    return { rows, bytes };
  }

  /** Takes in an event and gives the stops whose state it changed. */
  apply({ event }: RunEvent): StopRun[] {
    switch (event?.$case) {
      case 'run': {
        const before = this.#run;
        const stops = event.value.stops.length > 0 ? event.value.stops : before.stops;
        this.#run = { ...event.value, stops };
        return stops.filter((stop) => before.stops.find(({ name }) => name === stop.name)?.state !== stop.state);
      }
      case 'stop': {
        const { value } = event;
        const before = this.#run.stops.find(({ name }) => name === value.name);
        const stops = this.#run.stops.map((stop) => (stop.name === value.name ? value : stop));
        this.#run = { ...this.#run, stops: before === undefined ? [...stops, value] : stops };
        return before?.state === value.state ? [] : [value];
      }
      case 'progress':
        this.#progress = event.value;
        return [];
      case undefined:
        return []; // An event of a newer platform.
    }
  }
}
