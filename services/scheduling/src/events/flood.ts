import { inject, injectable } from 'tsyringe';
import type { Logger } from '@sluice/chassis';
import type { Clock } from '../engine/clock.js';
import { SchedulingMetrics } from '../engine/metrics.js';
import { ScheduleStore } from '../schedules/schedule.store.js';
import { CLOCK, LOG } from '../tokens.js';

/** How many events of one schedule one process takes in a minute; the rest is counted. */
export const MOST_A_MINUTE = 600;
const MINUTE_MS = 60_000;

/** Bounds how many events become ticks. What goes beyond is counted here, and written down from time to time. */
@injectable()
export class Flood {
  private minute = 0;
  private readonly taken = new Map<string, number>();
  private dropped = new Map<string, number>();

  constructor(
    @inject(ScheduleStore) private readonly store: ScheduleStore,
    @inject(SchedulingMetrics) private readonly metrics: SchedulingMetrics,
    @inject(CLOCK) private readonly clock: Clock,
    @inject(LOG) private readonly log: Logger,
  ) {}

  /** Whether another event of a schedule is taken now; one that is not is counted. */
  takes(id: string): boolean {
    const minute = Math.floor(this.clock.now() / MINUTE_MS);
    if (minute !== this.minute) {
      this.minute = minute;
      this.taken.clear();
    }
    const taken = this.taken.get(id) ?? 0;
    this.taken.set(id, taken + 1);
    if (taken < MOST_A_MINUTE) return true;
    if (taken === MOST_A_MINUTE) {
      this.log.warn({ schedule: id }, 'events come too fast; the rest of the minute is only counted');
    }
    this.drop(id);
    return false;
  }

  /** Counts an event that was not taken. */
  drop(id: string): void {
    this.metrics.eventDropped();
    this.dropped.set(id, (this.dropped.get(id) ?? 0) + 1);
  }

  /** Writes down what was counted since the last time. */
  async write(): Promise<void> {
    const dropped = this.dropped;
    this.dropped = new Map();
    for (const [id, events] of dropped) {
      try {
        await this.store.countDropped(id, events);
        dropped.delete(id);
      } finally {
        // What could not be written is written with the next.
        if (dropped.has(id)) {
          for (const [each, left] of dropped) this.dropped.set(each, (this.dropped.get(each) ?? 0) + left);
        }
      }
    }
  }
}
