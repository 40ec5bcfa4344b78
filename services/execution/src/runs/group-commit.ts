import {
  isDuplicateKey,
  isSluiceError,
  type Database,
  type Knex,
  type OutgoingEvent,
  type Outbox,
} from '@sluice/chassis';

/** What changes add to the transaction that they share; it is written with one insert each. */
export interface Shared {
  readonly trx: Knex.Transaction;
  readonly transitions: Record<string, unknown>[];
  readonly events: OutgoingEvent[];
}

interface Waiting {
  readonly change: (shared: Shared) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Commits changes together: while one transaction is under way, those that come are gathered for the next. A lone
 * change waits for nobody; many at once cost one commit, one insert of transitions and one of events.
 */
export class GroupCommit {
  private waiting: Waiting[] = [];
  private committing = false;

  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly transitionsTable: string,
  ) {}

  /**
   * Makes a change in a transaction that others may share. A change that fails must have changed nothing: it throws
   * before it writes, or its one statement fails. It may be made again when the transaction is.
   */
  run<T>(change: (shared: Shared) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.waiting.push({ change, resolve: resolve as (value: unknown) => void, reject });
      if (!this.committing) void this.commitAll();
    });
  }

  private async commitAll(): Promise<void> {
    this.committing = true;
    while (this.waiting.length > 0) {
      // What the same turn of the event loop brings goes along.
      await new Promise((resolve) => setImmediate(resolve));
      const group = this.waiting;
      this.waiting = [];
      await this.commit(group);
    }
    this.committing = false;
  }

  private async commit(group: readonly Waiting[]): Promise<void> {
    try {
      const results = await this.database.transaction(async (trx) => {
        const shared: Shared = { trx, transitions: [], events: [] };
        const made: { waiting: Waiting; error?: unknown; value?: unknown }[] = [];
        for (const waiting of group) {
          try {
            made.push({ waiting, value: await waiting.change(shared) });
          } catch (error) {
            // Its own failure, which leaves the transaction whole; any other ends the transaction for all.
            if (!isSluiceError(error) && !isDuplicateKey(error)) throw error;
            made.push({ waiting, error });
          }
        }
        for (const rows of chunks(shared.transitions)) await trx(this.transitionsTable).insert(rows);
        for (const events of chunks(shared.events)) await this.outbox.add(trx, events);
        return made;
      });
      for (const { waiting, error, value } of results) {
        if (error === undefined) waiting.resolve(value);
        else waiting.reject(error);
      }
    } catch (error) {
      for (const waiting of group) waiting.reject(error);
    }
  }
}

/** SQLite takes at most 500 rows in one insert. */
const ROWS_AN_INSERT = 250;

function* chunks<T>(all: readonly T[]): Generator<T[]> {
  for (let first = 0; first < all.length; first += ROWS_AN_INSERT) yield all.slice(first, first + ROWS_AN_INSERT);
}
