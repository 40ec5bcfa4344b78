import { SluiceError } from '@sluice/chassis';

/** A stretch of time in which a zone's clock keeps one distance from UTC. All in seconds. */
export interface Stretch {
  /** The instant at which it begins; it ends before `end`. */
  readonly start: number;
  readonly end: number;
  /** What is added to UTC to get local time. */
  readonly offset: number;
  /**
   * The local time from which on times are no longer this stretch's: those that come twice at its end belong to the
   * next one.
   */
  readonly localEnd: number;
}

/** A time zone: its name, and its clock's distance from UTC at every instant. */
export interface Zone {
  /** The name as the zone is known by: `Asia/Shanghai`, `UTC`, or `GMT+08:00` for a fixed distance. */
  readonly id: string;
  stretchAt(instant: number): Stretch;
}

/** Zones by the text that named them, so that a text is read once; bounded, as the texts come from users. */
const zones = new Map<string, Zone>();
const MOST_TEXTS = 2000;
/** What is known of the zones of the database, by the name that the process prefers. */
const clocks = new Map<string, ZoneClock>();

const FIXED = /^(?:GMT|UTC|UT)?([+-])(\d{1,2})(?::?(\d{2}))?$/i;
const MAX_FIXED_HOURS = 18;
const IS_UTC =
  /^(UTC|UCT|GMT[+-]?0?|UT|Z|Zulu|Universal|Greenwich|Etc\/(UTC|UCT|GMT[+-]?0?|Zulu|Universal|Greenwich))$/i;
/** Names of the database without a region. Others of three letters (`CST`, `IST`) mean several zones. */
const SHORT_NAMES =
  /^(PRC|ROC|ROK|NZ|NZ-CHAT|GB|GB-Eire|Japan|Singapore|Hongkong|Israel|Turkey|Egypt|Iran|Cuba|Eire|Jamaica|Libya|Poland|Portugal|Iceland|Navajo|Kwajalein|W-SU|CET|EET|MET|WET|EST|MST|HST|EST5EDT|CST6CDT|MST7MDT|PST8PDT)$/i;

/**
 * Reads a zone: a name of the IANA database in any case, `UTC`, `GMT`, `Z`, `GMT+08:00`, `GMT+8`, `UTC+8`, `+08:00`.
 * Names of three letters that stand for several zones (`CST`) are refused.
 *
 * @throws SCHEDULE_INVALID where there is no such zone
 */
export function parseZone(text: string): Zone {
  const kept = zones.get(text);
  if (kept !== undefined) return kept;
  const zone = readZone(text.trim());
  if (zone === undefined) {
    throw new SluiceError(
      'SCHEDULE_INVALID',
      `there is no time zone '${text}'; write a name such as Asia/Shanghai, UTC, or a fixed distance such as GMT+08:00`,
      { details: { zone: text } },
    );
  }
  if (zones.size >= MOST_TEXTS) zones.clear();
  zones.set(text, zone);
  return zone;
}

function readZone(text: string): Zone | undefined {
  if (IS_UTC.test(text)) return fixedZone('UTC', 0);
  const fixed = FIXED.exec(text);
  if (fixed === null) return namedZone(text);
  const seconds = secondsOf(fixed);
  if (Number(fixed[3] ?? 0) > 59 || Math.abs(seconds) > MAX_FIXED_HOURS * 3600) return undefined;
  if (seconds === 0) return fixedZone('UTC', 0);
  const minutes = Math.abs(seconds) / 60;
  const two = (n: number): string => String(n).padStart(2, '0');
  return fixedZone(`GMT${fixed[1]}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`, seconds);
}

function secondsOf([, sign, hours, minutes]: RegExpExecArray): number {
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes ?? 0) * 60);
}

function namedZone(text: string): Zone | undefined {
  if ((!text.includes('/') && !SHORT_NAMES.test(text)) || /^(Etc\/Unknown|SystemV\/.*)$/i.test(text)) return undefined;
  let preferred: string;
  try {
    preferred = new Intl.DateTimeFormat('en-US', { timeZone: text }).resolvedOptions().timeZone;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  let clock = clocks.get(preferred);
  if (clock === undefined) clocks.set(preferred, (clock = new ZoneClock(preferred)));
  // The process prefers old names (Asia/Calcutta): the user's own is kept, unless only its case is another one.
  const id = preferred.toLowerCase() === text.toLowerCase() ? preferred : text;
  return { id, stretchAt: (instant) => clock.stretchAt(instant) };
}

function fixedZone(id: string, offset: number): Zone {
  const stretch: Stretch = { start: -Infinity, end: Infinity, offset, localEnd: Infinity };
  return { id, stretchAt: () => stretch };
}

const WEEK = 7 * 86_400;

/**
 * The clock of a zone of the IANA database, as the process knows it. The stretches of a year are searched once, when they are first
 * asked for; no two changes of any zone lie within a week.
 */
class ZoneClock {
  readonly #format: Intl.DateTimeFormat;
  readonly #years = new Map<number, readonly Stretch[]>();
  #latest: Stretch | undefined;

  constructor(readonly id: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: id,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  stretchAt(instant: number): Stretch {
    const latest = this.#latest;
    if (latest !== undefined && instant >= latest.start && instant < latest.end) return latest;
    const year = new Date(instant * 1000).getUTCFullYear();
    let stretches = this.#years.get(year);
    if (stretches === undefined) this.#years.set(year, (stretches = this.#search(year)));
    const found = stretches.find(({ end }) => instant < end);
    if (found === undefined) throw new SluiceError('INTERNAL', `zone ${this.id} knows no offset at ${instant}`);
    return (this.#latest = found);
  }

  #search(year: number): Stretch[] {
    const last = Date.UTC(year + 1, 0, 1) / 1000;
    const stretches: Stretch[] = [];
    let start = Date.UTC(year, 0, 1) / 1000;
    let offset = this.#offsetAt(start);
    for (let at = start; at < last;) {
      const to = Math.min(at + WEEK, last);
      const next = this.#offsetAt(to);
      if (next !== offset) {
        const end = this.#change(at, to, offset);
        stretches.push({ start, end, offset, localEnd: end + Math.min(offset, next) });
        [start, offset] = [end, next];
      }
      at = to;
    }
    if (start < last) stretches.push({ start, end: last, offset, localEnd: last + offset });
    return stretches;
  }

  /** The first instant after `from`, at most `to`, at which the offset is no longer `offset`. */
  #change(from: number, to: number, offset: number): number {
    let [low, high] = [from, to];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#offsetAt(middle) === offset) low = middle;
      else high = middle;
    }
    return high;
  }

  #offsetAt(instant: number): number {
    const parts = /^(\d+)\/(\d+)\/(\d+), (\d+):(\d+):(\d+)$/.exec(this.#format.format(instant * 1000));
    if (parts === null) throw new SluiceError('INTERNAL', `zone ${this.id} gives no readable time`);
    const [, month, day, year, hour, minute, second] = parts.map(Number);
    const local = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second) / 1000;
    return local - instant;
  }
}
