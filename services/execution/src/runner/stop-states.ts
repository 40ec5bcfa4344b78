import type { Plan, StopStateWord, WireError } from './protocol.js';
import type { Reporter } from './reporter.js';

/**
 * The states of a run's stops. A stop that only composed its rows has not done its work yet: it is done when its own
 * code has ended and every stop that takes its rows is done, because the queries of those contain it.
 */
export class StopStates {
  private readonly states = new Map<string, StopStateWord>();
  private readonly workDone = new Set<string>();
  private readonly consumers = new Map<string, Set<string>>();
  private readonly producers = new Map<string, Set<string>>();

  constructor(
    plan: Plan,
    private readonly reporter: Reporter,
  ) {
    for (const stop of plan.stops) {
      this.states.set(stop.name, 'WAITING');
      this.consumers.set(stop.name, new Set());
      this.producers.set(stop.name, new Set(stop.inputs.map((input) => input.from.stop)));
    }
    for (const stop of plan.stops) {
      for (const input of stop.inputs) this.consumers.get(input.from.stop)?.add(stop.name);
    }
  }

  /** The stop's own code, or a query that contains it, runs. */
  running(stop: string): void {
    if (this.states.get(stop) === 'WAITING') this.set(stop, 'RUNNING');
  }

  /** The stop's own code has ended well, with all that it did itself. */
  ended(stop: string): void {
    this.workDone.add(stop);
    this.settle(stop);
  }

  failed(stop: string, error: WireError): void {
    this.running(stop);
    this.set(stop, 'FAILED', error);
  }

  /** The run is over: what ran was ended with it, what waited was not needed any more. */
  close(): void {
    for (const [stop, state] of this.states) {
      if (state === 'RUNNING') this.set(stop, 'CANCELLED');
      if (state === 'WAITING') this.set(stop, 'SKIPPED');
    }
  }

  private settle(stop: string): void {
    const state = this.states.get(stop);
    if (state !== 'WAITING' && state !== 'RUNNING') return;
    const consumers = [...(this.consumers.get(stop) ?? [])];
    if (!this.workDone.has(stop) || !consumers.every((each) => this.states.get(each) === 'SUCCEEDED')) return;
    this.running(stop);
    this.set(stop, 'SUCCEEDED');
    for (const producer of this.producers.get(stop) ?? []) this.settle(producer);
  }

  private set(stop: string, state: StopStateWord, error?: WireError): void {
    this.states.set(stop, state);
    this.reporter.change({ stop, state, at: Date.now(), error });
  }
}
