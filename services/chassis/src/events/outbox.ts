import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { createTable } from '../database/columns.js';
import { insertRows } from '../database/many-rows.js';
import type { MigrationSet } from '../database/migrate.js';
import type { Outbox, OutgoingEvent } from './event.js';
import { checkSubject } from './subject.js';

/** The table in which events wait until the bus has them. */
export const OUTBOX_TABLE = 'outbox';

/** The table whose one row a relay locks while it works. */
export const RELAY_TABLE = 'outbox_relay';

/** A row of the outbox. */
export interface OutboxRow {
  readonly id: number;
  readonly event_id: string;
  readonly subject: string;
  readonly event_key: string;
  readonly type: string;
  readonly payload: unknown;
  readonly created_at: number;
}

/** The tables of the chassis itself. */
export const CHASSIS_MIGRATIONS: MigrationSet = {
  name: 'chassis',
  migrations: [
    {
      name: '0001_outbox',
      up: (knex) =>
        createTable(knex, OUTBOX_TABLE, (column) => {
          column.sequence('id');
          column.key('event_id', 36).notNullable();
          column.key('subject', 200).notNullable();
          column.key('event_key', 200).notNullable();
          column.key('type', 200).notNullable();
          column.bytes('payload').notNullable();
          column.time('created_at').notNullable();
        }),
    },
    {
      name: '0002_outbox_relay',
      up: async (knex) => {
        // A start that broke off may have left the table with its row.
        if (!(await knex.schema.hasTable(RELAY_TABLE))) {
          await createTable(knex, RELAY_TABLE, (column) => void column.key('name').primary());
        }
        await knex(RELAY_TABLE).insert({ name: 'relay' }).onConflict('name').ignore();
      },
    },
  ],
};

/** The outbox in the database. */
export class DatabaseOutbox implements Outbox {
  readonly #onCommit: () => void;

  /** @param onCommit called after a transaction with events was committed. */
  constructor(onCommit: () => void) {
    this.#onCommit = onCommit;
  }

  async add(trx: Knex.Transaction, events: OutgoingEvent | readonly OutgoingEvent[]): Promise<void> {
    const list = 'subject' in events ? [events] : events;
    if (list.length === 0) return;
    const now = Date.now();
    const rows = list.map(({ subject, key, payload }) => {
      checkSubject(subject);
      return {
        event_id: randomUUID(),
        subject,
        event_key: key,
        type: payload.type,
        payload: Buffer.from(payload.value),
        created_at: now,
      };
    });
    await insertRows(trx, OUTBOX_TABLE, rows);
    // A rollback needs no relay, and whoever began the transaction hears of its failure.
    trx.executionPromise.then(this.#onCommit, () => undefined);
  }

  wake(): void {
    this.#onCommit();
  }
}
