import type { PortCount } from '@sluice/plugin-sdk';
import type { Update } from '../runner/protocol.js';
import type { PortRows, StopRecord, Transition } from '../runs/run-record.js';

const ENDED = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED', 'SKIPPED', 'RESTORED']);

/** The stop runs of an attempt, kept up to date from what its runner tells. */
export class StopTable {
  private readonly stops: Map<string, StopRecord>;
  private pending: Transition[] = [];

  constructor(stops: readonly StopRecord[]) {
    this.stops = new Map(stops.map((stop) => [stop.name, stop]));
  }

  get records(): readonly StopRecord[] {
    return [...this.stops.values()];
  }

  apply(update: Update): void {
    for (const change of update.changes) {
      this.edit(change.stop, (stop) => {
        this.pending.push({ stop: stop.name, from: stop.state, to: change.state, atMs: change.at });
        return {
          ...stop,
          state: change.state,
          startedMs: stop.startedMs ?? (change.state === 'RUNNING' ? change.at : undefined),
          endedMs: ENDED.has(change.state) ? change.at : undefined,
          error: change.error ?? stop.error,
        };
      });
    }
    for (const count of update.counts) {
      const side = count.side === 'in' ? 'inputs' : 'outputs';
      this.edit(count.stop, (stop) => ({ ...stop, [side]: withCount(stop[side], count) }));
    }
    for (const { stop, rows } of update.rejected) {
      this.edit(stop, (record) => ({ ...record, rejected: record.rejected + rows }));
    }
  }

  /** Ends what has not ended, for an attempt whose runner can tell no more. */
  abandon(atMs: number): void {
    for (const stop of this.records) {
      if (ENDED.has(stop.state)) continue;
      const state = stop.state === 'WAITING' ? 'SKIPPED' : 'CANCELLED';
      this.apply({ changes: [{ stop: stop.name, state, at: atMs }], counts: [], rejected: [], log: [] });
    }
  }

  /** The transitions since the last call. */
  takeTransitions(): Transition[] {
    const taken = this.pending;
    this.pending = [];
    return taken;
  }

  private edit(name: string, change: (stop: StopRecord) => StopRecord): void {
    const stop = this.stops.get(name);
    if (stop !== undefined) this.stops.set(name, change(stop));
  }
}

function withCount(ports: readonly PortRows[], count: PortCount): PortRows[] {
  const entry = { port: count.port, rows: count.rows, bytes: count.bytes };
  return [...ports.filter((each) => each.port !== count.port), entry];
}
