import { inject, injectable } from 'tsyringe';
import { SluiceError, type Database } from '@sluice/chassis';
import { Calendar, type Pool } from '@sluice/proto/scheduling/v1/calendar_service';
import type { CalendarRules } from '../policies/calendar.js';
import { DATABASE } from '../tokens.js';
import { readCalendars } from './calendar-rows.js';

/** All SQL of calendars and pools. */
@injectable()
export class CalendarStore {
  constructor(@inject(DATABASE) private readonly database: Database) {}

  /** The calendars of some names, as decisions look at them. */
  rules(names: readonly string[]): Promise<Map<string, CalendarRules>> {
    return names.length === 0 ? Promise.resolve(new Map()) : readCalendars(this.database.knex, names);
  }

  async put(calendar: Calendar): Promise<void> {
    const body = JSON.stringify(Calendar.toJSON(calendar));
    await this.database.knex('scheduling_calendars').insert({ name: calendar.name, body }).onConflict('name').merge();
  }

  async get(name: string): Promise<Calendar> {
    const row = (await this.database.knex('scheduling_calendars').where({ name }).first('body')) as
      { body: string } | undefined;
    if (row !== undefined) return Calendar.fromJSON(JSON.parse(row.body));
    throw new SluiceError('CALENDAR_NOT_FOUND', `there is no calendar '${name}'`, { details: { calendar: name } });
  }

  async list(after: string, limit: number): Promise<Calendar[]> {
    const rows = (await this.database
      .knex('scheduling_calendars')
      .where('name', '>', after)
      .orderBy('name')
      .limit(limit)
      .select('body')) as { body: string }[];
    return rows.map(({ body }) => Calendar.fromJSON(JSON.parse(body)));
  }

  async remove(name: string): Promise<void> {
    await this.get(name);
    const pattern = `%,${name.replace(/[%_!]/g, '!$&')},%`;
    await this.refuseWhileUsed('calendar', name, "calendars like ? escape '!'", pattern);
    await this.database.knex('scheduling_calendars').where({ name }).delete();
  }

  async putPool({ name, description, slots }: Pool): Promise<void> {
    await this.database.knex('scheduling_pools').insert({ name, description, slots }).onConflict('name').merge();
  }

  async pool(name: string): Promise<Pool> {
    const [found] = await this.pools('', 1, name);
    if (found !== undefined) return found;
    throw new SluiceError('POOL_NOT_FOUND', `there is no pool '${name}'; store it before schedules name it`, {
      details: { pool: name },
    });
  }

  /** Pools by name, with what schedules have taken of them. */
  async pools(after: string, limit: number, name?: string): Promise<Pool[]> {
    const query = this.database.knex('scheduling_pools').where('name', '>', after).orderBy('name').limit(limit);
    if (name !== undefined) void query.where({ name });
    const rows = (await query) as { name: string; description: string; slots: number }[];
    const names = rows.map((row) => row.name);
    const used = (await this.database
      .knex('scheduling_ticks')
      .whereIn('pool', names)
      .where('live', 1)
      .groupBy('pool', 'state')
      .select('pool', 'state', this.database.knex.raw('sum(slots) as slots, count(*) as n'))) as {
      pool: string;
      state: string;
      slots: number | string;
      n: number | string;
    }[];
    const sum = (pool: string, isWaiting: boolean, of: 'slots' | 'n'): number =>
      used
        .filter((each) => each.pool === pool && (each.state === 'WAITING') === isWaiting)
        .reduce((total, each) => total + Number(each[of]), 0);
    return rows.map((row) => ({
      ...row,
      slots: Number(row.slots),
      taken: sum(row.name, false, 'slots'),
      waiting: sum(row.name, true, 'n'),
    }));
  }

  async removePool(name: string): Promise<void> {
    await this.pool(name);
    await this.refuseWhileUsed('pool', name, 'pool = ?', name);
    await this.database.knex('scheduling_pools').where({ name }).delete();
  }

  private async refuseWhileUsed(what: string, name: string, condition: string, value: string): Promise<void> {
    const rows = (await this.database
      .knex('scheduling_schedules')
      .whereRaw(condition, [value])
      .limit(5)
      .select('id')) as {
      id: string;
    }[];
    if (rows.length === 0) return;
    const names = rows.map(({ id }) => `'${id}'`).join(', ');
    throw new SluiceError('SCHEDULE_IN_USE', `the ${what} '${name}' is named by ${names}; change those first`);
  }
}
