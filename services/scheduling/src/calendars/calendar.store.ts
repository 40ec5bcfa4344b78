import { inject, injectable } from 'tsyringe';
import { SluiceError, type Database } from '@sluice/chassis';
import { Calendar } from '@sluice/proto/scheduling/v1/calendar_service';
import type { CalendarRules } from '../policies/calendar.js';
import { DATABASE } from '../tokens.js';
import { readCalendars } from './calendar-rows.js';

/** All SQL of calendars. */
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
    const rows = (await this.database
      .knex('scheduling_schedules')
      .whereRaw("calendars like ? escape '!'", [pattern])
      .limit(5)
      .pluck('id')) as string[];
    if (rows.length > 0) {
      const names = rows.map((id) => `'${id}'`).join(', ');
      throw new SluiceError('SCHEDULE_IN_USE', `the calendar '${name}' is named by ${names}; change those first`);
    }
    await this.database.knex('scheduling_calendars').where({ name }).delete();
  }
}
