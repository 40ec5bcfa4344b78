import { inject, injectable } from 'tsyringe';
import type { Clock } from '../engine/clock.js';
import { Definitions } from '../schedules/definitions.js';
import { SHARDS } from '../schedules/schedule-record.js';
import { ScheduleStore } from '../schedules/schedule.store.js';
import { CLOCK } from '../tokens.js';
import type { EventRules } from '../triggers/trigger.js';

/** How long the list is kept; a hint renews it sooner. */
const KEEP_MS = 2_000;
const ALL_SHARDS = Array.from({ length: SHARDS }, (_, shard) => shard);

/** A schedule that listens to a subject. */
export interface Listener {
  readonly id: string;
  readonly trigger: EventRules;
  /** Whether a subject is one that it listens to. */
  hears(subject: string): boolean;
}

/** The schedules that listen to subjects. */
@injectable()
export class Listeners {
  private kept: Promise<readonly Listener[]> | undefined;
  private keptAt = 0;

  constructor(
    @inject(ScheduleStore) private readonly store: ScheduleStore,
    @inject(Definitions) private readonly definitions: Definitions,
    @inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** As they were a moment ago: for what comes often. */
  recent(): Promise<readonly Listener[]> {
    const now = this.clock.now();
    if (this.kept === undefined || Math.abs(now - this.keptAt) > KEEP_MS) return this.current();
    return this.kept;
  }

  /** As they are. */
  current(): Promise<readonly Listener[]> {
    this.keptAt = this.clock.now();
    const reading = this.read();
    this.kept = reading;
    reading.catch(() => this.forget());
    return reading;
  }

  /** A schedule was changed: the list is read again. */
  forget(): void {
    this.kept = undefined;
  }

  private async read(): Promise<readonly Listener[]> {
    const rows = await this.store.ofKind('event', ALL_SHARDS);
    return rows.flatMap((row) => {
      const { trigger } = this.definitions.of(row);
      if (trigger.kind !== 'event' || trigger.subject === '') return [];
      const pattern = patternOf(trigger.subject);
      return [{ id: row.id, trigger, hears: (subject: string) => pattern.test(subject) }];
    });
  }
}

function patternOf(subject: string): RegExp {
  const words = subject.split('.').map((word) => (word === '*' ? '[^.]+' : word === '>' ? '.+' : word));
  return new RegExp(`^${words.join('\\.')}$`);
}
