import { inject, injectable } from 'tsyringe';
import type { Database, Knex } from '@sluice/chassis';
import type { Definition } from '../schedules/definition.js';
import { Definitions } from '../schedules/definitions.js';
import { SHORT_COLUMNS, type ScheduleRow, type ShortRow } from '../schedules/schedule-record.js';
import { DATABASE } from '../tokens.js';
import type { ReadSchedule } from './candidate.js';

/** Schedules that were read, and those whose content is not understood. */
interface ReadSchedules {
  readonly schedules: readonly ReadSchedule[];
  readonly unreadable: readonly { readonly id: string; readonly error: unknown }[];
}

/** The content of a schedule, with the version that it is of. */
type SpecRow = Pick<ScheduleRow, 'id' | 'version' | 'spec'>;

/** Reads schedules for decisions, with their rows locked or not. Their content is read once for each version. */
@injectable()
export class ScheduleLocks {
  constructor(
    @inject(DATABASE) private readonly database: Database,
    @inject(Definitions) private readonly definitions: Definitions,
  ) {}

  /** Locks the rows of some schedules until the transaction ends; those that are gone are left out. */
  lock(trx: Knex.Transaction, ids: readonly string[]): Promise<ReadSchedules> {
    return this.find(trx, ids, this.database.dialect === 'mysql');
  }

  /** Reads schedules as they are now. */
  read(ids: readonly string[]): Promise<ReadSchedules> {
    return this.find(this.database.knex, ids, false);
  }

  private async find(knex: Knex, ids: readonly string[], locks: boolean): Promise<ReadSchedules> {
    const query = knex('scheduling_cursors as c')
      .join('scheduling_schedules as s', 's.id', 'c.schedule_id')
      // In one order, so that two schedulers do not wait for each other.
      .orderBy('c.schedule_id')
      .whereIn('c.schedule_id', ids as string[])
      .select(...SHORT_COLUMNS);
    if (locks) void query.forUpdate();
    const rows = (await query) as ShortRow[];
    const known = ({ id, version }: ShortRow): Definition | undefined => this.definitions.known(id, Number(version));
    const unknown = rows.filter((row) => known(row) === undefined).map(({ id }) => id);
    const specs = await readSpecs(knex, unknown);
    const schedules: ReadSchedule[] = [];
    const unreadable: { id: string; error: unknown }[] = [];
    for (const row of rows) {
      try {
        const definition = known(row) ?? this.definitions.of({ ...row, spec: '', ...specs.get(row.id) });
        schedules.push({ row, definition });
      } catch (error) {
        // It was right when it was stored: a newer build stored it, or a zone has gone from the machine.
        unreadable.push({ id: row.id, error });
      }
    }
    return { schedules, unreadable };
  }
}

async function readSpecs(knex: Knex, ids: readonly string[]): Promise<Map<string, SpecRow>> {
  if (ids.length === 0) return new Map();
  const rows = (await knex('scheduling_schedules')
    .whereIn('id', ids as string[])
    .select('id', 'version', 'spec')) as SpecRow[];
  return new Map(rows.map((row) => [row.id, row]));
}
