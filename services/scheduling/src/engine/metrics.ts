import { Counter, Gauge, Histogram } from 'prom-client';
import { inject, injectable } from 'tsyringe';
import type { Registry } from '@sluice/chassis';
import type { TickRecord } from '../ticks/tick-record.js';
import { METRICS } from '../tokens.js';

/** What a scheduler counts. */
@injectable()
export class SchedulingMetrics {
  private readonly lateness: Histogram;
  private readonly due: Counter;
  private readonly outcomes: Counter<'outcome' | 'reason'>;
  private readonly held: Gauge;
  private readonly shards: Gauge;
  private readonly jumps: Counter;
  private readonly dropped: Counter;

  constructor(@inject(METRICS) registry: Registry) {
    const registers = [registry];
    this.lateness = new Histogram({
      name: 'sluice_scheduling_lateness_seconds',
      help: 'How long after its time a tick was decided.',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300],
      registers,
    });
    this.due = new Counter({ name: 'sluice_scheduling_due_total', help: 'Ticks that were decided.', registers });
    this.outcomes = new Counter({
      name: 'sluice_scheduling_ticks_total',
      help: 'Ticks by outcome and reason.',
      labelNames: ['outcome', 'reason'],
      registers,
    });
    this.held = new Gauge({
      name: 'sluice_scheduling_held',
      help: 'Schedules that this process holds ready: those that are due within its window.',
      registers,
    });
    this.shards = new Gauge({ name: 'sluice_scheduling_shards', help: 'Shards of this process.', registers });
    this.jumps = new Counter({ name: 'sluice_scheduling_clock_jumps_total', help: 'Jumps of the clock.', registers });
    this.dropped = new Counter({
      name: 'sluice_scheduling_events_dropped_total',
      help: 'Events that came too fast and were only counted.',
      registers,
    });
  }

  /** A tick was found due. */
  found(tick: TickRecord, nowMs: number): void {
    this.due.inc();
    this.lateness.observe(Math.max(0, nowMs - tick.startMs) / 1000);
    if (tick.state !== 'STARTING' && tick.state !== 'WAITING') this.decided(tick);
  }

  /** A tick has its outcome. */
  decided(tick: Pick<TickRecord, 'state' | 'reason'>): void {
    this.outcomes.inc({ outcome: tick.state, reason: tick.state === 'FIRED' ? '' : tick.reason });
  }

  holds(schedules: number): void {
    this.held.set(schedules);
  }

  owns(shards: number): void {
    this.shards.set(shards);
  }

  clockJumped(): void {
    this.jumps.inc();
  }

  eventDropped(): void {
    this.dropped.inc();
  }
}
