import { SluiceError } from '@sluice/chassis';
import type { Zone } from './zone.js';

const LOCAL = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?)?$/;
const ABSOLUTE = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})$/i;

/**
 * Reads a moment: `2026-01-31T10:00:00+08:00`, `2026-01-31T02:00:00Z`, or without a distance from UTC as the clock of
 * the zone shows it (`2026-01-31T10:00`, `2026-01-31`). A local time that does not exist is the moment the clock would
 * have shown it, had it not changed; one that comes twice is the second.
 *
 * @throws REQUEST_INVALID for anything else
 */
export function readMoment(text: string, zone: Zone): Date {
  const given = text.trim();
  const local = LOCAL.exec(given);
  if (local !== null) {
    const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = local
      .slice(1)
      .map((part) => Number(part ?? 0));
    const shown = Date.UTC(year, month - 1, day, hour, minute, second);
    // Date.UTC lets 31 February be a day of March.
    if (new Date(shown).toISOString().startsWith(given.slice(0, 10)) && hour < 24 && minute < 60 && second < 60) {
      return new Date(instantOf(shown / 1000, zone) * 1000);
    }
  } else if (ABSOLUTE.test(given)) {
    const moment = new Date(given.replace(' ', 'T'));
    if (!Number.isNaN(moment.getTime())) return moment;
  }
  throw new SluiceError(
    'REQUEST_INVALID',
    `'${text}' is no moment; write it as 2026-01-31T10:00:00Z, 2026-01-31T10:00:00+08:00, or 2026-01-31T10:00 in the zone`,
    { details: { moment: text } },
  );
}

function instantOf(local: number, zone: Zone): number {
  const late = zone.stretchAt(local + 86_400).offset;
  const early = zone.stretchAt(local - 86_400).offset;
  // Where the clock changes between, the later offset is right if the clock shows the time then; else the earlier is.
  const instant = local - late;
  return zone.stretchAt(instant).offset === late ? instant : local - early;
}

/** A moment as the clock of a zone shows it, with its distance from UTC: `2026-01-31T10:00:00+08:00`, or `...Z`. */
export function showMoment(moment: Date, zone: Zone): string {
  const { offset } = zone.stretchAt(Math.floor(moment.getTime() / 1000));
  const clock = new Date(moment.getTime() + offset * 1000).toISOString().replace(/\.000Z$|Z$/, '');
  if (offset === 0) return `${clock}Z`;
  const minutes = Math.floor(Math.abs(offset) / 60);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${clock}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
