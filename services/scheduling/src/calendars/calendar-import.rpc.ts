import type { Handlers, RpcServer } from '@sluice/chassis';
import { CalendarImportServiceService } from '@sluice/proto/scheduling/v1/calendar_import_service';
import { checkCalendar } from './calendar.rpc.js';
import type { CalendarStore } from './calendar.store.js';
import { readIcs } from './ics.js';

const ON_WORDS = ['补班', '上班'];
const YEARS_AHEAD = 10;

/** Mounts CalendarImportService. */
export function mountCalendarImport(server: RpcServer, store: CalendarStore, zone: string, now: () => number): void {
  const handlers: Handlers<typeof CalendarImportServiceService> = {
    async importCalendar(request) {
      const { name, ics, onWords, weekdaysOff } = request;
      const until = `${new Date(now()).getUTCFullYear() + YEARS_AHEAD}-12-31`;
      const { daysOff, daysOn, leftOut } = readIcs(ics, onWords.length > 0 ? onWords : ON_WORDS, until);
      const days = { daysOff: [...daysOff], daysOn: [...daysOn], weekdaysOff };
      const calendar = checkCalendar({ name, calendar: { name, description: '', zone: request.zone, ...days } }, zone);
      await store.put(calendar);
      return { calendar, leftOut };
    },
  };
  server.add(CalendarImportServiceService, handlers);
}
