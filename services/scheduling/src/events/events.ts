import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createFileRegistry, fromBinary, toJson, type FileRegistry } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { inject, injectable } from 'tsyringe';
import { SluiceError, type Logger, type ReceivedEvent } from '@sluice/chassis';
import { SchedulingMetrics } from '../engine/metrics.js';
import type { Clock } from '../engine/clock.js';
import { Definitions } from '../schedules/definitions.js';
import { SHARDS } from '../schedules/schedule-record.js';
import { Schedules } from '../schedules/schedule.service.js';
import { ScheduleStore } from '../schedules/schedule.store.js';
import type { TickRecord } from '../ticks/tick-record.js';
import { CLOCK, LOG } from '../tokens.js';
import { causeKey } from '../triggers/dependency.js';
import type { EventRules } from '../triggers/trigger.js';
import { matches } from './filter.js';

/** How many events of one schedule become ticks in a minute; the rest is counted. */
const MOST_A_MINUTE = 600;
const MINUTE_MS = 60_000;
/** How long the list of schedules that listen to subjects is kept; a hint renews it sooner. */
const KEEP_MS = 2_000;
const ALL_SHARDS = Array.from({ length: SHARDS }, (_, shard) => shard);
const MOST_PAYLOAD = 60_000;

interface Listener {
  readonly id: string;
  readonly trigger: EventRules;
  readonly subject: RegExp;
}

/** Makes ticks of events: those of the bus, and those that callers bring to hooks. */
@injectable()
export class Events {
  private listeners: Promise<readonly Listener[]> | undefined;
  private listenersAt = 0;
  private registry: FileRegistry | undefined;
  private minute = 0;
  private readonly taken = new Map<string, number>();

  constructor(
    @inject(Schedules) private readonly schedules: Schedules,
    @inject(ScheduleStore) private readonly store: ScheduleStore,
    @inject(Definitions) private readonly definitions: Definitions,
    @inject(SchedulingMetrics) private readonly metrics: SchedulingMetrics,
    @inject(CLOCK) private readonly clock: Clock,
    @inject(LOG) private readonly log: Logger,
  ) {}

  /**
   * Takes an event that a caller brings to a schedule's hook.
   *
   * @returns the tick, or undefined when the filters do not let it through
   * @throws EVENT_FORBIDDEN for a wrong secret; EVENTS_TOO_MANY when it was only counted
   */
  async receive(id: string, secret: string, eventId: string, payload: unknown): Promise<TickRecord | undefined> {
    const record = await this.store.get(id);
    const { trigger } = record.spec;
    const isHook = trigger?.$case === 'event' && trigger.value.source?.$case === 'hook';
    // The same answer for both, so that nobody learns which schedules have hooks.
    if (!isHook || !this.schedules.knowsSecret(record, secret)) {
      throw new SluiceError('EVENT_FORBIDDEN', `the schedule '${id}' has no hook with this secret`);
    }
    const definition = this.definitions.ofRecord(record);
    if (definition.trigger.kind !== 'event' || !matches(payload, definition.trigger.filters)) return undefined;
    const tick = await this.make(id, eventId === '' ? randomUUID() : eventId, payload);
    if (tick !== undefined) return tick;
    const message = `events of the schedule '${id}' come faster than ${MOST_A_MINUTE} a minute; this one was only counted`;
    throw new SluiceError('EVENTS_TOO_MANY', message);
  }

  /** Gives an event of the bus to every schedule that listens to its subject. */
  async heard(event: ReceivedEvent): Promise<void> {
    const listeners = (await this.list()).filter(({ subject }) => subject.test(event.subject));
    if (listeners.length === 0) return;
    const payload = this.read(event);
    for (const { id, trigger } of listeners) {
      if (matches(payload, trigger.filters)) await this.make(id, event.id, payload);
    }
  }

  /** A schedule was changed: the list is read again. */
  forget(): void {
    this.listeners = undefined;
  }

  private async make(id: string, eventId: string, payload: unknown): Promise<TickRecord | undefined> {
    const minute = Math.floor(this.clock.now() / MINUTE_MS);
    if (minute !== this.minute) {
      this.minute = minute;
      this.taken.clear();
    }
    const taken = this.taken.get(id) ?? 0;
    this.taken.set(id, taken + 1);
    if (taken >= MOST_A_MINUTE) {
      this.metrics.eventDropped();
      if (taken === MOST_A_MINUTE)
        this.log.warn({ schedule: id }, 'events come too fast; the rest of the minute is counted');
      await this.store.countDropped(id, 1);
      return undefined;
    }
    const text = JSON.stringify(payload);
    if (text.length > MOST_PAYLOAD) {
      throw new SluiceError(
        'REQUEST_TOO_LARGE',
        `an event's payload has ${text.length} characters; ${MOST_PAYLOAD} are taken`,
      );
    }
    return this.schedules.make({
      scheduleId: id,
      key: causeKey('e', eventId),
      source: 'EVENT',
      logicalMs: this.clock.now(),
      variables: { SLUICE_EVENT: text, SLUICE_EVENT_ID: eventId },
    });
  }

  private list(): Promise<readonly Listener[]> {
    const now = this.clock.now();
    if (this.listeners === undefined || Math.abs(now - this.listenersAt) > KEEP_MS) {
      this.listenersAt = now;
      this.listeners = this.store.ofKind('event', ALL_SHARDS).then((rows) =>
        rows.flatMap((row) => {
          const { trigger } = this.definitions.of(row);
          if (trigger.kind !== 'event' || trigger.subject === '') return [];
          return [{ id: row.id, trigger, subject: subjectPattern(trigger.subject) }];
        }),
      );
      this.listeners.catch(() => (this.listeners = undefined));
    }
    return this.listeners;
  }

  /** The payload as JSON, by the descriptors of the contract. */
  private read({ payload, subject, key, id }: ReceivedEvent): unknown {
    const common = { subject, key, id };
    this.registry ??= createFileRegistry(
      fromBinary(
        FileDescriptorSetSchema,
        readFileSync(createRequire(import.meta.url).resolve('@sluice/proto/image.binpb')),
      ),
    );
    const type = this.registry.getMessage(payload.type);
    if (type === undefined) return common;
    const message = toJson(type, fromBinary(type, payload.value), { registry: this.registry });
    return { ...common, ...(message as Readonly<Record<string, unknown>>) };
  }
}

function subjectPattern(subject: string): RegExp {
  const words = subject.split('.').map((word) => (word === '*' ? '[^.]+' : word === '>' ? '.+' : word));
  return new RegExp(`^${words.join('\\.')}$`);
}
