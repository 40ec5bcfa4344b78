import type { Knex } from 'knex';
import type { Logger } from 'pino';
import { toBytes } from '../database/columns.js';
import type { Database } from '../database/database.js';
import type { EventMetrics } from '../metrics.js';
import type { EventBus, StoredEvent } from './delivery.js';
import { OUTBOX_TABLE, RELAY_TABLE, type OutboxRow } from './outbox.js';

const BATCH = 500;
const SWEEP_MS = 1_000;
/** Commits that follow each other this closely share one read of the outbox. */
const GATHER_MS = 5;
const CLEAN_EVERY_MS = 60_000;

/** What the relay works with. */
export interface RelayParts {
  readonly database: Database;
  readonly bus: Pick<EventBus, 'publish' | 'isDurable'>;
  readonly log: Logger;
  readonly metrics: EventMetrics;
  /** Hours after which an event that the bus would not take is given up. */
  readonly retentionHours: number;
}

function toEvent(row: OutboxRow): StoredEvent {
  return {
    id: row.event_id,
    subject: row.subject,
    key: row.event_key,
    time: new Date(Number(row.created_at)),
    payload: { type: row.type, value: toBytes(row.payload) },
  };
}

/** Takes events from the outbox to the bus: when woken, and each second in case that a wake was lost with its process. */
export class Relay {
  readonly #parts: RelayParts;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #isWanted = false;
  #isClosed = true;
  #isFailing = false;
  #isGathering = false;
  #cleanedAt = 0;

  constructor(parts: RelayParts) {
    this.#parts = parts;
  }

  /** Begins to relay. */
  start(): void {
    this.#isClosed = false;
    this.wake();
  }

  /** Asks for the outbox to be looked at soon. */
  wake(): void {
    if (this.#isClosed) return;
    this.#isWanted = true;
    // While the bus refuses, only the sweep tries again: each commit would otherwise pay for a refusal.
    // A pause that has begun is not begun again: commits that never stop would put it off for ever.
    if (this.#working === undefined && !this.#isFailing && !this.#isGathering) this.#schedule(GATHER_MS);
  }

  /**
   * Relays what is there a last time and ends. With a bus that dies with this process the events stay in the outbox, for
   * the next start.
   */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#working;
    if (this.#parts.bus.isDurable && !this.#isFailing) await this.#drain();
  }

  #schedule(ms: number): void {
    clearTimeout(this.#timer);
    this.#isGathering = ms === GATHER_MS;
    this.#timer = setTimeout(() => {
      this.#isGathering = false;
      this.#working = this.#drain().finally(() => {
        this.#working = undefined;
        if (!this.#isClosed) this.#schedule(this.#isWanted && !this.#isFailing ? GATHER_MS : SWEEP_MS);
      });
    }, ms);
  }

  async #drain(): Promise<void> {
    this.#isWanted = false;
    const { log, metrics } = this.#parts;
    try {
      for (let count = BATCH; count === BATCH;) {
        count = await this.#relayBatch();
        metrics.published(count);
      }
      if (this.#isFailing) log.info('events are published again');
      this.#isFailing = false;
      metrics.backlog(0);
    } catch (err) {
      metrics.publishFailed();
      if (!this.#isFailing) log.warn({ err }, 'events cannot be published; they wait in the outbox');
      this.#isFailing = true;
    }
    if (Date.now() - this.#cleanedAt > CLEAN_EVERY_MS) await this.#clean();
  }

  /** Publishes up to a batch of events and gives how many. */
  async #relayBatch(): Promise<number> {
    const { database, bus } = this.#parts;
    const select = (knex: Knex): Knex.QueryBuilder => knex<OutboxRow>(OUTBOX_TABLE).orderBy('id').limit(BATCH);
    if (database.dialect === 'sqlite') {
      // SQLite has one connection, which must not be held while the bus answers. One writer at a time commits in the
      // order of ids, so nothing can appear below the last id that was read.
      const rows = (await select(database.knex)) as OutboxRow[];
      const last = rows.at(-1);
      if (last === undefined) return 0;
      await bus.publish(rows.map(toEvent));
      await database.knex(OUTBOX_TABLE).where('id', '<=', last.id).delete();
      return rows.length;
    }
    // One relay at a time, of all processes, so that events of one key stay in order. The rows themselves are read
    // without locks: those of a transaction that is still open would make the relay wait for its end.
    return database.transaction(async (trx) => {
      await trx(RELAY_TABLE).where({ name: 'relay' }).forUpdate();
      const rows = (await select(trx)) as OutboxRow[];
      if (rows.length === 0) return 0;
      await bus.publish(rows.map(toEvent));
      const ids = rows.map((row) => row.id);
      await trx(OUTBOX_TABLE).whereIn('id', ids).delete();
      return rows.length;
    });
  }

  /** Counts what waits, and gives up what has waited too long: the database has what it told of. */
  async #clean(): Promise<void> {
    const { database, log, metrics, retentionHours } = this.#parts;
    this.#cleanedAt = Date.now();
    try {
      const before = Date.now() - retentionHours * 3_600_000;
      const dropped = await database.knex(OUTBOX_TABLE).where('created_at', '<', before).delete();
      if (dropped > 0) log.error({ dropped, retentionHours }, 'events waited for the bus too long and were given up');
      const rows = (await database.knex(OUTBOX_TABLE).count({ count: '*' })) as { count: number }[];
      metrics.backlog(Number(rows[0]?.count ?? 0));
    } catch (err) {
      log.warn({ err }, 'the outbox could not be cleaned');
    }
  }
}
