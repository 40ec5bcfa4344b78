import { inject, injectable } from 'tsyringe';
import { SluiceError, type Database, type Knex } from '@sluice/chassis';
import type { Pool } from '@sluice/proto/scheduling/v1/pool_service';
import { DATABASE } from '../tokens.js';

/** All SQL of pools but that of their slots. */
@injectable()
export class PoolStore {
  constructor(@inject(DATABASE) private readonly database: Database) {}

  async put({ name, description, slots }: Pool): Promise<void> {
    await this.database.knex('scheduling_pools').insert({ name, description, slots }).onConflict('name').merge();
  }

  async get(name: string): Promise<Pool> {
    const [found] = await this.list('', 1, name);
    if (found !== undefined) return found;
    const message = `there is no pool '${name}'; store it before schedules and runs name it ('sluice pool set')`;
    throw new SluiceError('POOL_NOT_FOUND', message, { details: { pool: name } });
  }

  /** Pools by name, with what is taken of them and how much waits. */
  async list(after: string, limit: number, name?: string): Promise<Pool[]> {
    const { knex } = this.database;
    const query = knex('scheduling_pools').where('name', '>', after).orderBy('name').limit(limit);
    if (name !== undefined) void query.where({ name });
    const rows = (await query) as { name: string; description: string; slots: number }[];
    const names = rows.map((row) => row.name);
    const sums = 'sum(slots) as slots, count(*) as n';
    const ticks = knex('scheduling_ticks').whereIn('pool', names).where('live', 1);
    const runs = knex('scheduling_pool_runs').whereIn('pool', names);
    const used = (await Promise.all([
      ...split(ticks, "state = 'WAITING'", knex.raw(sums)),
      ...split(runs, 'granted_ms is null', knex.raw(sums)),
    ])) as Used[][];
    const [waitingTicks = [], takenTicks = [], waitingRuns = [], takenRuns = []] = used;
    const sum = (found: readonly Used[], pool: string, of: 'slots' | 'n'): number =>
      found.filter((each) => each.pool === pool).reduce((total, each) => total + Number(each[of]), 0);
    return rows.map((row) => ({
      ...row,
      slots: Number(row.slots),
      taken: sum([...takenTicks, ...takenRuns], row.name, 'slots'),
      waiting: sum([...waitingTicks, ...waitingRuns], row.name, 'n'),
    }));
  }

  async remove(name: string): Promise<void> {
    await this.get(name);
    const { knex } = this.database;
    const schedules = (await knex('scheduling_schedules').where({ pool: name }).limit(5).pluck('id')) as string[];
    const runs = (await knex('scheduling_pool_runs').where({ pool: name }).limit(5).pluck('run_id')) as string[];
    const users = [...schedules, ...runs].map((id) => `'${id}'`).join(', ');
    if (users !== '') {
      const message = `the pool '${name}' is needed by ${users}; change those schedules and wait for those runs first`;
      throw new SluiceError('POOL_IN_USE', message, { details: { pool: name } });
    }
    await knex('scheduling_pools').where({ name }).delete();
  }
}

interface Used {
  readonly pool: string;
  readonly slots: number | string;
  readonly n: number | string;
}

/** Sums by pool of what waits, and of all else. */
function split(rows: Knex.QueryBuilder, isWaiting: string, sums: Knex.Raw): Knex.QueryBuilder[] {
  return [isWaiting, `not (${isWaiting})`].map((condition) =>
    rows.clone().whereRaw(condition).groupBy('pool').select('pool', sums),
  );
}
