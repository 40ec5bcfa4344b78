import { SluiceError, pageOf, pageSize, readPageToken, type Handlers, type RpcServer } from '@sluice/chassis';
import {
  CalendarServiceService,
  type Calendar,
  type PutCalendarRequest,
} from '@sluice/proto/scheduling/v1/calendar_service';
import { parseZone } from '../cron/index.js';
import { isNeverOn } from '../policies/calendar.js';
import { toRules } from './calendar-rows.js';
import type { CalendarStore } from './calendar.store.js';

/** Mounts CalendarService. */
export function mountCalendars(server: RpcServer, store: CalendarStore, zone: string): void {
  const handlers: Handlers<typeof CalendarServiceService> = {
    async putCalendar(request) {
      const calendar = checkCalendar(request, zone);
      await store.put(calendar);
      return { calendar };
    },
    async getCalendar({ name }) {
      return { calendar: await store.get(name) };
    },
    async listCalendars(request) {
      const limit = pageSize(request.pageSize, 50, 500);
      const [after] = readPageToken(request.pageToken, ['calendars'], ['string']) ?? [''];
      const found = await store.list(after, limit + 1);
      const { items, nextPageToken } = pageOf(found, limit, ['calendars'], ({ name }) => [name]);
      return { calendars: [...items], nextPageToken };
    },
    async deleteCalendar({ name }) {
      await store.remove(name);
      return {};
    },
  };
  server.add(CalendarServiceService, handlers);
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MOST_DAYS = 10_000;

/** The calendar that a request wants stored; REQUEST_INVALID when it says no days, or days that there are not. */
export function checkCalendar({ name, calendar }: PutCalendarRequest, defaultZone: string): Calendar {
  checkName(name, calendar?.name);
  if (calendar === undefined) throw new SluiceError('REQUEST_INVALID', 'the request has no calendar');
  const zone = calendar.zone === '' ? defaultZone : calendar.zone;
  parseZone(zone);
  const days = [...calendar.daysOff, ...calendar.daysOn];
  if (days.length > MOST_DAYS) throw new SluiceError('REQUEST_INVALID', `a calendar has at most ${MOST_DAYS} days`);
  for (const day of days) {
    const isDay = DAY.test(day) && !Number.isNaN(Date.parse(day)) && new Date(day).toISOString().startsWith(day);
    if (!isDay) throw new SluiceError('REQUEST_INVALID', `'${day}' is no day; write one such as 2026-10-01`);
  }
  const weekday = calendar.weekdaysOff.find((each) => each < 1 || each > 7);
  if (weekday !== undefined) {
    throw new SluiceError('REQUEST_INVALID', `${weekday} is no day of the week; write 1 (Monday) to 7 (Sunday)`);
  }
  const stored = { ...calendar, name, zone };
  if (isNeverOn(toRules(stored))) {
    const message = `the calendar '${name}' has no day on: schedules that name it would never run`;
    throw new SluiceError('REQUEST_INVALID', message);
  }
  return stored;
}

/** Refuses what cannot be the name of a calendar or pool. */
export function checkName(name: string, inner: string | undefined): void {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(name)) {
    throw new SluiceError('REQUEST_INVALID', `'${name}' is no name; use 1 to 64 letters, digits, '-', '_' and '.'`);
  }
  if (inner !== undefined && inner !== '' && inner !== name) {
    throw new SluiceError('REQUEST_INVALID', `the request names both '${name}' and '${inner}'; give one of them`);
  }
}
