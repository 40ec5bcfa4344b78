import { inject, injectable } from 'tsyringe';
import { isSluiceError, type Database, type Knex, type Logger } from '@sluice/chassis';
import type { Definition } from '../schedules/definition.js';
import { Definitions } from '../schedules/definitions.js';
import { SHORT_COLUMNS, type ScheduleRow, type ShortRow } from '../schedules/schedule-record.js';
import { DATABASE, LOG } from '../tokens.js';

/** A schedule whose row is locked, with what it says. */
export interface LockedSchedule {
  readonly row: ShortRow;
  readonly definition: Definition;
}

type SpecRow = Pick<ScheduleRow, 'id' | 'version' | 'spec' | 'created_ms'>;

/** Locks schedules for decisions. Their content is read once for each version, ahead of time where it can be. */
@injectable()
export class ScheduleLocks {
  constructor(
    @inject(DATABASE) private readonly database: Database,
    @inject(Definitions) private readonly definitions: Definitions,
    @inject(LOG) private readonly log: Logger,
  ) {}

  /** Locks the rows of some schedules; those that are gone are left out. */
  async lock(
    trx: Knex.Transaction,
    ids: readonly string[],
  ): Promise<{ readonly entries: readonly LockedSchedule[]; readonly unreadable: readonly string[] }> {
    const query = trx('scheduling_cursors as c')
      .join('scheduling_schedules as s', 's.id', 'c.schedule_id')
      // In one order, so that two schedulers do not wait for each other.
      .orderBy('c.schedule_id')
      .whereIn('c.schedule_id', ids as string[])
      .select(...SHORT_COLUMNS);
    if (this.database.dialect === 'mysql') void query.forUpdate();
    const rows = (await query) as ShortRow[];
    const known = ({ id, version }: ShortRow): Definition | undefined => this.definitions.known(id, Number(version));
    const unknown = rows.filter((row) => known(row) === undefined).map(({ id }) => id);
    const specs = await readSpecs(trx, unknown);
    const entries: LockedSchedule[] = [];
    const unreadable: string[] = [];
    for (const row of rows) {
      try {
        const spec = specs.get(row.id)?.spec ?? '';
        entries.push({ row, definition: known(row) ?? this.definitions.of({ ...row, spec }) });
      } catch (error) {
        // It was right when it was stored: a newer build stored it, or a zone has gone from the machine.
        this.log.error({ err: error, schedule: row.id }, 'a schedule cannot be read and is left alone');
        unreadable.push(row.id);
      }
    }
    return { entries, unreadable };
  }

  /** Whether a schedule's content was read; it may have changed since. */
  isPrepared(id: string): boolean {
    return this.definitions.known(id) !== undefined;
  }

  /** Reads the content of schedules that are due soon, so that nothing but their decision is left to do at their time. */
  async prepare(ids: readonly string[]): Promise<void> {
    for (const row of (await readSpecs(this.database.knex, ids)).values()) {
      try {
        this.definitions.of(row);
      } catch (error) {
        if (!isSluiceError(error)) throw error; // its decision says what is wrong with it
      }
    }
  }
}

async function readSpecs(knex: Knex, ids: readonly string[]): Promise<Map<string, SpecRow>> {
  if (ids.length === 0) return new Map();
  const rows = (await knex('scheduling_schedules')
    .whereIn('id', ids as string[])
    .select('id', 'version', 'spec', 'created_ms')) as SpecRow[];
  return new Map(rows.map((row) => [row.id, row]));
}
