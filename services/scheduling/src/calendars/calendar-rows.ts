import type { Knex } from '@sluice/chassis';
import { Calendar } from '@sluice/proto/scheduling/v1/calendar_service';
import type { CalendarRules } from '../policies/calendar.js';

/** The calendars of some names; those that are gone are left out. */
export async function readCalendars(knex: Knex, names: readonly string[]): Promise<Map<string, CalendarRules>> {
  const rows = (await knex('scheduling_calendars').whereIn('name', names).select('name', 'body')) as {
    name: string;
    body: string;
  }[];
  return new Map(rows.map(({ name, body }) => [name, toRules(Calendar.fromJSON(JSON.parse(body)))]));
}

/** A calendar as decisions look at it. */
export function toRules(calendar: Calendar): CalendarRules {
  return {
    name: calendar.name,
    zone: calendar.zone,
    weekdaysOff: calendar.weekdaysOff,
    daysOff: new Set(calendar.daysOff),
    daysOn: new Set(calendar.daysOn),
  };
}
