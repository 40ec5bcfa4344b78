import { randomUUID } from 'node:crypto';
import { inject, injectable } from 'tsyringe';
import {
  SluiceError,
  isSluiceError,
  type ForeignMessage,
  type Logger,
  type ReceivedEvent,
  type Vault,
} from '@sluice/chassis';
import type { Chore } from '../engine/engine.js';
import type { Clock } from '../engine/clock.js';
import { Definitions } from '../schedules/definitions.js';
import { Schedules } from '../schedules/schedule.service.js';
import { ScheduleStore } from '../schedules/schedule.store.js';
import type { TickRecord } from '../ticks/tick-record.js';
import { CLOCK, LOG, VAULT } from '../tokens.js';
import { causeKey } from '../triggers/dependency.js';
import type { EventRules } from '../triggers/trigger.js';
import { matches, valueAt } from './filter.js';
import { Flood, MOST_A_MINUTE } from './flood.js';
import { opensHook, type HookProof } from './hook-secret.js';
import { Listeners, type Listener } from './listeners.js';
import { isOwnSubject } from './own-subject.js';
import { readForeignPayload, readOwnPayload } from './payload.js';

const WRITE_EVERY_MS = 1_000;
const MOST_PAYLOAD = 60_000;
const SUBJECT = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;

/** What is wrong with one event or one schedule, whoever hears of it. */
const NOT_TAKEN: readonly string[] = ['REQUEST_TOO_LARGE', 'SCHEDULE_NOT_FOUND'];

/** What became of an event at a schedule. */
export type Receipt = { readonly scheduleId: string } & (
  { readonly kind: 'filtered' | 'dropped' } | { readonly kind: 'taken'; readonly tick: TickRecord }
);

interface Incoming {
  readonly subject: string;
  /** Its own identifier; empty where it brought none. */
  readonly id: string;
  readonly payload: unknown;
}

/** Makes ticks of events: those of the bus, those that other programs publish, and those that callers bring. */
@injectable()
export class Events {
  constructor(
    @inject(Schedules) private readonly schedules: Schedules,
    @inject(ScheduleStore) private readonly store: ScheduleStore,
    @inject(Definitions) private readonly definitions: Definitions,
    @inject(Listeners) private readonly listeners: Listeners,
    @inject(Flood) private readonly flood: Flood,
    @inject(CLOCK) private readonly clock: Clock,
    @inject(LOG) private readonly log: Logger,
    @inject(VAULT) private readonly vault: Vault,
  ) {}

  /** Writes down from time to time how many events came too fast. */
  chore(): Chore {
    return { name: 'events', everyMs: WRITE_EVERY_MS, work: () => this.flood.write() };
  }

  /**
   * Takes an event that a caller brings to a schedule's hook.
   *
   * @returns the tick, or undefined when the filters do not let it through
   * @throws EVENT_FORBIDDEN for a wrong secret or signature; EVENTS_TOO_MANY when it was only counted
   */
  async receive(id: string, proof: HookProof, eventId: string, payload: unknown): Promise<TickRecord | undefined> {
    const record = await this.store.get(id);
    const { trigger } = record.spec;
    const isHook = trigger?.$case === 'event' && trigger.value.source?.$case === 'hook';
    // The same answer for both, so that nobody learns which schedules have hooks.
    if (!isHook || !opensHook(record.spec, proof, id, this.vault)) {
      const message = `the schedule '${id}' has no hook with this secret, or none that a signature opens`;
      throw new SluiceError('EVENT_FORBIDDEN', message);
    }
    const definition = this.definitions.ofRecord(record);
    if (definition.trigger.kind !== 'event') return undefined;
    const receipt = await this.give(id, definition.trigger, { subject: '', id: eventId, payload });
    if (receipt.kind === 'taken') return receipt.tick;
    if (receipt.kind === 'filtered') return undefined;
    const message = `events of the schedule '${id}' come faster than ${MOST_A_MINUTE} a minute; this one was only counted`;
    throw new SluiceError('EVENTS_TOO_MANY', message);
  }

  /**
   * Gives an event that a caller brings to every schedule that listens to its subject.
   *
   * @throws REQUEST_INVALID for a subject that is none, or one of the platform's own
   */
  async publish(subject: string, eventId: string, payload: unknown): Promise<Receipt[]> {
    if (!SUBJECT.test(subject)) {
      const message = `'${subject}' is no subject; write words of letters, digits, '-' and '_', such as orders.created`;
      throw new SluiceError('REQUEST_INVALID', message);
    }
    if (isOwnSubject(subject)) {
      const message = `'${subject}' is a subject of the platform, which nobody else publishes to; begin it with another word`;
      throw new SluiceError('REQUEST_INVALID', message);
    }
    textOf(payload);
    const receipts: Receipt[] = [];
    // One event is one for all of them, whoever has taken it already when the call is made again.
    const id = eventId === '' ? randomUUID() : eventId;
    for (const { id: schedule, trigger, hears } of await this.listeners.current()) {
      if (hears(subject)) receipts.push(await this.give(schedule, trigger, { subject, id, payload }));
    }
    return receipts;
  }

  /** Gives an event of the platform to every schedule that listens to its subject. */
  heard(event: ReceivedEvent): Promise<void> {
    return this.tell(
      ({ hears }) => hears(event.subject),
      () => ({ subject: event.subject, id: event.id, payload: readOwnPayload(event) }),
    );
  }

  /** Gives a message of another program to every schedule that listens to just this. */
  heardForeign({ pattern, subject, id, data }: ForeignMessage): Promise<void> {
    return this.tell(
      ({ trigger }) => trigger.subject === pattern,
      () => ({ subject, id, payload: readForeignPayload(data) }),
    );
  }

  /** Counts a message that was dropped unread. */
  async overflowed(pattern: string): Promise<void> {
    for (const { id, trigger } of await this.listeners.current()) if (trigger.subject === pattern) this.flood.drop(id);
  }

  /** The subjects of other programs that schedules listen to. */
  async foreignSubjects(): Promise<string[]> {
    const subjects = (await this.listeners.current()).map(({ trigger }) => trigger.subject);
    return [...new Set(subjects)].filter((subject) => !isOwnSubject(subject));
  }

  /** Nobody waits for an answer: an event that one schedule cannot take must not keep it from the others. */
  private async tell(isFor: (listener: Listener) => boolean, read: () => Incoming): Promise<void> {
    const listeners = (await this.listeners.current()).filter(isFor);
    if (listeners.length === 0) return;
    const incoming = read();
    for (const { id, trigger } of listeners) {
      try {
        await this.give(id, trigger, incoming);
      } catch (error) {
        if (!isSluiceError(error) || !NOT_TAKEN.includes(error.reason)) throw error;
        this.flood.drop(id);
        this.log.warn({ err: error, schedule: id, event: incoming.id }, 'an event is not taken, only counted');
      }
    }
  }

  private async give(scheduleId: string, trigger: EventRules, { subject, id, payload }: Incoming): Promise<Receipt> {
    if (!matches(payload, trigger.filters)) return { scheduleId, kind: 'filtered' };
    const text = textOf(payload);
    if (!this.flood.takes(scheduleId)) return { scheduleId, kind: 'dropped' };
    const named = trigger.idPath === '' ? undefined : valueAt(payload, trigger.idPath);
    const eventId = named === undefined || named === null ? id || randomUUID() : nameOf(named);
    const tick = await this.schedules.make({
      scheduleId,
      key: causeKey('e', eventId),
      source: 'EVENT',
      logicalMs: this.clock.now(),
      variables: { SLUICE_EVENT: text, SLUICE_EVENT_ID: eventId, SLUICE_EVENT_SUBJECT: subject },
    });
    return { scheduleId, kind: 'taken', tick };
  }
}

function nameOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The payload as flows get it; REQUEST_TOO_LARGE when it is more than they can take. */
function textOf(payload: unknown): string {
  const text = JSON.stringify(payload);
  if (text.length <= MOST_PAYLOAD) return text;
  throw new SluiceError(
    'REQUEST_TOO_LARGE',
    `an event's payload has ${text.length} characters; ${MOST_PAYLOAD} are taken`,
  );
}
