import { inject, injectable } from 'tsyringe';
import type { Logger } from '@sluice/chassis';
import { Definitions } from '../schedules/definitions.js';
import { SHARDS, type ScheduleRow } from '../schedules/schedule-record.js';
import { ScheduleStore } from '../schedules/schedule.store.js';
import { LOG } from '../tokens.js';
import type { EventRules } from '../triggers/trigger.js';

const ALL_SHARDS = Array.from({ length: SHARDS }, (_, shard) => shard);

/** A schedule that listens to a subject. */
export interface Listener {
  readonly id: string;
  readonly trigger: EventRules;
  /** Whether a subject is one that it listens to. */
  hears(subject: string): boolean;
}

/** The schedules that listen to subjects. The list is read again when one of them was changed. */
@injectable()
export class Listeners {
  private kept: readonly Listener[] = [];
  /** How many changes there had been when the list was read. */
  private changes = -1;
  private looking: Promise<readonly Listener[]> | undefined;
  private next: Promise<readonly Listener[]> | undefined;

  constructor(
    @inject(ScheduleStore) private readonly store: ScheduleStore,
    @inject(Definitions) private readonly definitions: Definitions,
    @inject(LOG) private readonly log: Logger,
  ) {}

  /** As they are: every change that was stored before the call is in it. Calls at the same time share one look. */
  current(): Promise<readonly Listener[]> {
    if (this.looking === undefined) {
      this.looking = this.look().finally(() => (this.looking = undefined));
      return this.looking;
    }
    // The look that is under way may have been too early for a change before this call.
    this.next ??= this.looking
      .catch(() => undefined) // Whoever began it hears of its failure.
      .then(() => {
        this.next = undefined;
        return this.current();
      });
    return this.next;
  }

  private async look(): Promise<readonly Listener[]> {
    const changes = await this.store.listenerChanges();
    if (changes === this.changes) return this.kept;
    const rows = await this.store.ofKind('event', ALL_SHARDS);
    this.kept = rows.map((row) => this.listener(row)).filter((each) => each !== undefined);
    this.changes = changes;
    return this.kept;
  }

  private listener(row: ScheduleRow): Listener | undefined {
    try {
      const { trigger } = this.definitions.of(row);
      if (trigger.kind !== 'event' || trigger.subject === '') return undefined;
      const pattern = patternOf(trigger.subject);
      return { id: row.id, trigger, hears: (subject) => pattern.test(subject) };
    } catch (err) {
      // It was right when it was stored: a newer build stored it.
      this.log.error({ err, schedule: row.id }, 'a schedule cannot be read and hears nothing');
      return undefined;
    }
  }
}

function patternOf(subject: string): RegExp {
  const words = subject.split('.').map((word) => (word === '*' ? '[^.]+' : word === '>' ? '.+' : word));
  return new RegExp(`^${words.join('\\.')}$`);
}
