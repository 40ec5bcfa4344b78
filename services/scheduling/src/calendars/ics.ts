import ICAL from 'ical.js';
import { SluiceError } from '@sluice/chassis';

/** The days of an iCalendar file. */
export interface IcsDays {
  readonly daysOff: readonly string[];
  readonly daysOn: readonly string[];
  /** Events with a time of day, and those that are cancelled. */
  readonly leftOut: number;
}

/** More days are no calendar of holidays; what recurs without an end would have them. */
const MOST_DAYS = 10_000;
const MOST_TEXT = 4 * 2 ** 20;

/**
 * Reads the all-day events of an iCalendar file (RFC 5545); what recurs is followed until before `untilDay`.
 *
 * @param onWords events whose summary contains one of these make their days on
 * @throws REQUEST_INVALID for a text that is no iCalendar file, or one with too many days
 */
export function readIcs(text: string, onWords: readonly string[], untilDay: string): IcsDays {
  if (text.length > MOST_TEXT)
    throw new SluiceError('REQUEST_INVALID', `the file is larger than ${MOST_TEXT} characters`);
  const [off, on] = [new Set<string>(), new Set<string>()];
  let leftOut = 0;
  try {
    const calendar = new ICAL.Component(ICAL.parse(text) as ConstructorParameters<typeof ICAL.Component>[0]);
    if (calendar.name !== 'vcalendar') throw new Error('it does not begin with BEGIN:VCALENDAR');
    for (const component of calendar.getAllSubcomponents('vevent')) {
      const event = new ICAL.Event(component);
      const isCancelled = String(component.getFirstPropertyValue('status') ?? '').toUpperCase() === 'CANCELLED';
      if (isCancelled || !(event.startDate as ICAL.Time | null)?.isDate) {
        leftOut += 1;
        continue;
      }
      const summary = event.summary ?? '';
      const days = onWords.some((word) => word !== '' && summary.includes(word)) ? on : off;
      for (const day of daysOf(event, untilDay)) {
        days.add(day);
        if (days.size > MOST_DAYS) throw new Error(`it has more than ${MOST_DAYS} days`);
      }
    }
  } catch (error) {
    const message = `the text is no iCalendar file that can be read: ${error instanceof Error ? error.message : String(error)}`;
    throw new SluiceError('REQUEST_INVALID', message, { cause: error });
  }
  return { daysOff: [...off].sort(), daysOn: [...on].sort(), leftOut };
}

/** Each day of an event and of its repetitions. An event without an end is one day; the end itself is not part of it. */
function* daysOf(event: ICAL.Event, untilDay: string): Generator<string> {
  const length = Math.max(1, Math.round(event.duration.toSeconds() / 86_400));
  const starts = event.iterator();
  for (let start = starts.next() as ICAL.Time | null; start; start = starts.next() as ICAL.Time | null) {
    if (start.toString() >= untilDay && event.isRecurring()) return;
    for (let n = 0; n < length; n++) {
      const day = start.clone();
      day.adjust(n, 0, 0, 0);
      yield day.toString().slice(0, 10);
    }
  }
}
