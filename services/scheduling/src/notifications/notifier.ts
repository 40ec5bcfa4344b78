import { randomUUID } from 'node:crypto';
import type { Logger } from '@sluice/chassis';
import { isSluiceError } from '@sluice/chassis';
import type { NotificationTarget } from '@sluice/proto/scheduling/v1/notification_service';
import type { Zone } from '../cron/index.js';
import type { Deliver } from './delivery.js';
import { noticesOf, type NoticeEvent, type TickFacts } from './facts.js';
import { noticeText, sampleText } from './notice-texts.js';
import type { NotificationRecord } from './notification-record.js';
import type { NotificationStore } from './notification.store.js';
import { interestOf } from './target.js';
import type { TargetStore } from './target.store.js';

/** The pauses after each failed attempt; after the last one a notification is given up. Each outlasts an attempt. */
export const PAUSES_MS = [30_000, 60_000, 300_000, 900_000, 3_600_000, 14_400_000];
const LOOK_EVERY_MS = 1_000;
const WATCH_EVERY_MS = 5_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const AT_ONCE = 200;
const SENT_AT_ONCE = 8;

/** What the notifier needs besides its stores. */
export interface NotifierOptions {
  readonly deliver: Deliver;
  /** What went wrong in a run, in words; empty when that is not known. */
  readonly errorOf: (runId: string) => Promise<string>;
  /** The zone whose clock texts show. */
  readonly zone: Zone;
  readonly now: () => number;
  readonly log: Logger;
  /** For how many days notifications are kept; 0 keeps them. */
  readonly retentionDays: number;
}

/**
 * Deals out what happened to the targets that want to hear of it, watches what is under way, and brings notifications
 * to their targets until they are taken or given up. Any number of processes may do so at once: the database decides
 * who sends. A process that dies between the sending and writing it down sends again.
 */
export class Notifier {
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #watchedMs = 0;
  #purgedMs = 0;

  constructor(
    private readonly targets: TargetStore,
    private readonly store: NotificationStore,
    private readonly options: NotifierOptions,
  ) {}

  /** Works once a second from now on. */
  start(): void {
    this.#timer = setInterval(() => {
      this.#working ??= this.work()
        .catch((error: unknown) => this.options.log.warn({ err: error }, 'notifications wait'))
        .finally(() => (this.#working = undefined));
    }, LOOK_EVERY_MS);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#working;
  }

  /** Does all that is to be done now. */
  async work(): Promise<void> {
    const nowMs = this.options.now();
    const targets = await this.targets.enabled();
    await this.deal(targets, nowMs);
    if (nowMs - this.#watchedMs >= WATCH_EVERY_MS || nowMs < this.#watchedMs) {
      this.#watchedMs = nowMs;
      await this.watch(targets, nowMs);
    }
    await this.send(targets);
    if (nowMs - this.#purgedMs >= HOUR_MS) {
      this.#purgedMs = nowMs;
      await this.purge(nowMs);
    }
  }

  /** Sends a sample; rejects unless it was taken. */
  async test(target: NotificationTarget): Promise<void> {
    const sample = sampleText(target.name, target.language);
    await this.options.deliver(target, { ...sample, id: `test_${randomUUID()}`, event: 'TEST', facts: undefined });
  }

  private async deal(targets: readonly NotificationTarget[], nowMs: number): Promise<void> {
    for (let found = AT_ONCE; found === AT_ONCE;) {
      const causes = await this.store.causes(AT_ONCE);
      found = causes.length;
      for (const { id, facts } of causes) {
        const heard = targets.flatMap((target) =>
          noticesOf(facts, interestOf(target), nowMs).map((event) => ({ target, event })),
        );
        if (heard.length === 0) {
          await this.store.deal(id, []);
          continue;
        }
        const error =
          facts.error === '' && facts.end === 'FAILED' && facts.runId !== '' ? await this.errorOf(facts.runId) : '';
        const told = error === '' ? facts : { ...facts, error };
        await this.store.deal(
          id,
          heard.map(({ target, event }) => this.notification(target, event, told, nowMs)),
        );
      }
    }
  }

  private async watch(targets: readonly NotificationTarget[], nowMs: number): Promise<void> {
    const interests = targets.map((target) => ({ target, interest: interestOf(target) }));
    const least = (event: NoticeEvent, of: 'lateMs' | 'longMs'): number =>
      Math.min(...interests.flatMap(({ interest }) => (interest.events.includes(event) ? [interest[of]] : [])));
    const [late, long] = [least('LATE', 'lateMs'), least('LONG_RUN', 'longMs')];
    if (late === Infinity && long === Infinity) return;
    const since = (ms: number): number => (ms === Infinity ? -1 : nowMs - ms);
    for (let after = '', more = true; more;) {
      const ticks = await this.store.live(since(late), since(long), after, AT_ONCE);
      after = ticks.at(-1)?.[0] ?? '';
      more = ticks.length === AT_ONCE;
      const heard = ticks.flatMap(([, facts]) =>
        interests.flatMap(({ target, interest }) =>
          noticesOf(facts, interest, nowMs).map((event) => this.notification(target, event, facts, nowMs)),
        ),
      );
      await this.store.add(heard);
    }
  }

  private notification(
    target: NotificationTarget,
    event: NoticeEvent,
    facts: TickFacts,
    nowMs: number,
  ): NotificationRecord {
    return {
      ...noticeText(event, facts, target.language, this.options.zone, nowMs),
      id: `notification_${randomUUID()}`,
      targetId: target.id,
      event,
      facts,
      state: 'PENDING',
      attempts: 0,
      lastError: '',
      createdMs: nowMs,
      sentMs: undefined,
      nextMs: nowMs,
    };
  }

  private async send(targets: readonly NotificationTarget[]): Promise<void> {
    const byId = new Map(targets.map((target) => [target.id, target]));
    const due = await this.store.due(this.options.now(), AT_ONCE);
    for (let first = 0; first < due.length; first += SENT_AT_ONCE) {
      await Promise.all(
        due.slice(first, first + SENT_AT_ONCE).map((each) => this.sendOne(byId.get(each.targetId), each)),
      );
    }
  }

  private async sendOne(target: NotificationTarget | undefined, record: NotificationRecord): Promise<void> {
    const pause = PAUSES_MS[record.attempts];
    const nowMs = this.options.now();
    if (!(await this.store.claim(record, nowMs + (pause ?? HOUR_MS)))) return;
    try {
      if (target === undefined) throw new Error('the target is disabled or gone');
      await this.options.deliver(target, record);
      await this.store.sent(record.id, this.options.now());
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const isLast = pause === undefined || target === undefined;
      await this.store.failed(record.id, message, isLast);
      const about = { notification: record.id, target: record.targetId, attempt: record.attempts + 1, why: message };
      if (!isSluiceError(error) && target !== undefined)
        this.options.log.error({ err: error, ...about }, 'sending failed');
      else this.options.log.warn(about, isLast ? 'a notification is given up' : 'a notification was not taken');
    }
  }

  private async errorOf(runId: string): Promise<string> {
    try {
      return await this.options.errorOf(runId);
    } catch (error) {
      // The notification is worth more than its reason.
      this.options.log.warn({ err: error, run: runId }, 'why the run failed is not known yet');
      return '';
    }
  }

  private async purge(nowMs: number): Promise<void> {
    const { retentionDays } = this.options;
    if (retentionDays === 0) return;
    for (let gone = AT_ONCE; gone === AT_ONCE;) gone = await this.store.purge(nowMs - retentionDays * DAY_MS, AT_ONCE);
  }
}
