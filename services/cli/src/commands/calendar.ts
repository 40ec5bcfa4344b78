import { SluiceError, type Client } from '@sluice/chassis';
import { CalendarImportServiceService } from '@sluice/proto/scheduling/v1/calendar_import_service';
import { Calendar, CalendarServiceService, ListCalendarsResponse } from '@sluice/proto/scheduling/v1/calendar_service';
import { readDocument } from '../flow-source.js';
import type { Session } from '../session.js';
import { printable } from '../terminal/format.js';
import { table } from '../terminal/table.js';

const ALL = 500;
const MOST_DAYS = 10_000;
const DAY_MS = 86_400_000;
const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** The options of `sluice calendar set`. */
export interface CalendarOptions {
  readonly off?: readonly string[];
  readonly on?: readonly string[];
  readonly weekdaysOff?: string;
  readonly zone?: string;
  readonly description?: string;
}

async function calendarsOf(session: Session): Promise<Client<typeof CalendarServiceService>> {
  return (await session.connect()).get(CalendarServiceService);
}

/** Stores a calendar, in place of an earlier one. */
export async function setCalendar(session: Session, options: CalendarOptions, name: string): Promise<void> {
  const calendar = Calendar.fromPartial({
    name,
    description: options.description ?? '',
    zone: options.zone ?? '',
    weekdaysOff: readWeekdays(options.weekdaysOff ?? ''),
    daysOff: (options.off ?? []).flatMap((text) => readDays('--off', text)),
    daysOn: (options.on ?? []).flatMap((text) => readDays('--on', text)),
  });
  const put = await (await calendarsOf(session)).putCalendar({ name, calendar }, { idempotent: true });
  tellSaved(session, put.calendar);
}

/** Stores the days of an iCalendar file, in place of an earlier calendar. */
export async function importCalendar(
  session: Session,
  options: { readonly onWord?: readonly string[]; readonly weekdaysOff?: string; readonly zone?: string },
  name: string,
  file: string,
): Promise<void> {
  const ics = await readDocument(file);
  const client = (await session.connect()).get(CalendarImportServiceService);
  const request = {
    name,
    ics,
    onWords: [...(options.onWord ?? [])],
    weekdaysOff: readWeekdays(options.weekdaysOff ?? ''),
    zone: options.zone ?? '',
  };
  const { calendar, leftOut } = await client.importCalendar(request, { idempotent: true });
  tellSaved(session, calendar);
  if (leftOut > 0 && !session.json && !session.quiet) session.err(session.texts.calendar.leftOut(leftOut));
}

/** Lists calendars by name. */
export async function listCalendars(session: Session): Promise<void> {
  const found = await (await calendarsOf(session)).listCalendars({ pageSize: ALL, pageToken: '' });
  if (session.json) return session.outJson(ListCalendarsResponse.toJSON(found));
  if (session.quiet) return session.out(...found.calendars.map(({ name }) => name));
  const { calendar: texts } = session.texts;
  if (found.calendars.length === 0) return session.err(texts.none);
  const titles = Object.values(texts.columns).map((title) => ({ title }));
  const rows = found.calendars.map((each) => [
    each.name,
    each.zone,
    weekdayText(session, each.weekdaysOff),
    String(each.daysOff.length),
    String(each.daysOn.length),
    printable(each.description),
  ]);
  session.out(...table(titles, rows, session.width, session.style.dim));
}

/** Shows one calendar. */
export async function showCalendar(session: Session, _options: object, name: string): Promise<void> {
  const { calendar = Calendar.create() } = await (await calendarsOf(session)).getCalendar({ name });
  if (session.json) return session.outJson(Calendar.toJSON(calendar));
  const { columns } = session.texts.calendar;
  const facts: [string, string][] = [
    [columns.name, calendar.name],
    [columns.meaning, printable(calendar.description)],
    [columns.zone, calendar.zone],
    [columns.weekdays, weekdayText(session, calendar.weekdaysOff)],
    [columns.off, rangesOf(calendar.daysOff).join(', ')],
    [columns.on, rangesOf(calendar.daysOn).join(', ')],
  ];
  for (const [name, value] of facts) if (value !== '') session.out(`${session.style.dim(name)}  ${value}`);
}

/** Deletes a calendar that no schedule names. */
export async function removeCalendar(session: Session, _options: object, name: string): Promise<void> {
  await (await calendarsOf(session)).deleteCalendar({ name });
  if (session.json) session.outJson({});
  else if (!session.quiet) session.out(session.texts.calendar.removed(name));
}

function tellSaved(session: Session, saved: Calendar | undefined): void {
  const calendar = saved ?? Calendar.create();
  if (session.json) return session.outJson(Calendar.toJSON(calendar));
  if (session.quiet) return session.out(calendar.name);
  const { name, daysOff, daysOn } = calendar;
  session.out(`${session.style.good('✓')} ${session.texts.calendar.saved(name, daysOff.length, daysOn.length)}`);
}

function weekdayText({ texts }: Session, weekdays: readonly number[]): string {
  return weekdays.map((day) => texts.calendar.weekdays[day - 1] ?? '').join(' ');
}

/** `sat,sun` as 6 and 7. */
function readWeekdays(text: string): number[] {
  const words = text.split(/[,\s]+/).filter((word) => word !== '');
  return words.map((word) => {
    const place = WEEKDAYS.indexOf(word.toLowerCase().slice(0, 3));
    if (place >= 0) return place + 1;
    const message = `--weekdays-off: '${word}' is no day of the week; write such as ${WEEKDAYS.join(', ')}`;
    throw new SluiceError('REQUEST_INVALID', message);
  });
}

/** `2026-10-01`, or each day of `2026-10-01..2026-10-07`. */
function readDays(option: string, text: string): string[] {
  const [first = '', last = first] = text.split('..');
  const [from, to] = [Date.parse(`${first}T00:00:00Z`), Date.parse(`${last}T00:00:00Z`)];
  const isDay = (ms: number, day: string): boolean => !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
  const isRange =
    isDay(from, first) && isDay(to, last) && /^\d{4}-\d{2}-\d{2}(\.\.\d{4}-\d{2}-\d{2})?$/.test(text) && from <= to;
  if (!isRange || (to - from) / DAY_MS >= MOST_DAYS) {
    const message = `${option}: '${text}' is no day; write 2026-10-01, or 2026-10-01..2026-10-07`;
    throw new SluiceError('REQUEST_INVALID', message);
  }
  const count = (to - from) / DAY_MS + 1;
  return Array.from({ length: count }, (_, day) => new Date(from + day * DAY_MS).toISOString().slice(0, 10));
}

/** Days that follow each other as one range. */
function rangesOf(days: readonly string[]): string[] {
  const ranges: [first: string, last: string][] = [];
  for (const day of [...days].sort()) {
    const range = ranges.at(-1);
    if (range !== undefined && Date.parse(day) - Date.parse(range[1]) === DAY_MS) range[1] = day;
    else ranges.push([day, day]);
  }
  return ranges.map(([first, last]) => (first === last ? first : `${first}..${last}`));
}
