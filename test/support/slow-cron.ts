/**
 * Cron by looking at every day and asking the clock of the zone about every time: slow, and written from the rules of
 * docs/cron.md alone, so that it shares no thought with the product's search.
 */

interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  readonly length: number;
}

const MONTHS = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ');
const WEEKDAYS = 'SUN MON TUE WED THU FRI SAT'.split(' ');
const DAY = 86_400_000;

/** The next times strictly after an instant, at most `count`, looking at most `days` days ahead. */
export function slowTimes(expression: string, zone: string, after: number, count: number, days: number): number[] {
  const fields = expression.toUpperCase().split(' ');
  if (fields.length === 5) fields.unshift('0');
  const unix = expression.split(' ').length === 5;
  const [seconds = '', minutes = '', hours = '', days4 = '', months = '', weekdays = '', years = '*'] = fields;
  const times: string[] = [];
  for (const h of values(hours, 0, 23)) {
    for (const m of values(minutes, 0, 59)) for (const s of values(seconds, 0, 59)) times.push(clock(h, m, s));
  }
  const found: number[] = [];
  // The clock of any zone is at most a day away from UTC.
  for (let n = -1; n <= days && found.length < count; n++) {
    const date = new Date(Math.floor(after / DAY) * DAY + n * DAY);
    const day = dayOf(date);
    if (!values(months, 1, 12, MONTHS).includes(day.month)) continue;
    if (years !== '*' && !values(years, 1970, 2199).includes(day.year)) continue;
    if (!(unix ? unixDay(days4, weekdays, day) : quartzDay(days4, weekdays, day))) continue;
    for (const time of times) {
      const instant = instantOf(`${date.toISOString().slice(0, 10)}T${time}`, zone);
      if (instant !== undefined && instant > after && instant % 1000 === 0) found.push(instant);
      if (found.length >= count) break;
    }
  }
  return found;
}

function quartzDay(days: string, weekdays: string, day: Day): boolean {
  if (days === '?') return quartzWeekday(weekdays, day);
  return days.split(',').some((part) => {
    const last = /^L(?:-(\d+))?(W?)$/.exec(part);
    if (last !== null) {
      const wanted = day.length - Number(last[1] ?? 0);
      return wanted >= 1 && day.day === (last[2] === 'W' ? working(wanted, day) : wanted);
    }
    if (part.endsWith('W')) {
      const wanted = Number(part.slice(0, -1));
      return wanted <= day.length && day.day === working(wanted, day);
    }
    return values(part, 1, 31).includes(day.day);
  });
}

function quartzWeekday(text: string, day: Day): boolean {
  const nth = /^(\w+)#(\d)$/.exec(text);
  if (nth !== null) return isWeekday(nth[1] ?? '', day) && Math.ceil(day.day / 7) === Number(nth[2]);
  if (text === 'L') return day.weekday === 6;
  if (text.endsWith('L')) return isWeekday(text.slice(0, -1), day) && day.day + 7 > day.length;
  return values(text, 1, 7, WEEKDAYS).includes(day.weekday + 1);
}

function isWeekday(text: string, day: Day): boolean {
  return values(text, 1, 7, WEEKDAYS)[0] === day.weekday + 1;
}

function unixDay(days: string, weekdays: string, day: Day): boolean {
  const byDay = values(days, 1, 31).includes(day.day);
  const list = weekdays.startsWith('*') ? values(weekdays, 0, 6) : values(weekdays, 0, 7, WEEKDAYS);
  const byWeekday = list.some((weekday) => weekday % 7 === day.weekday);
  return days.startsWith('*') || weekdays.startsWith('*') ? byDay && byWeekday : byDay || byWeekday;
}

/** The working day nearest to a day of the same month, by trying the days around it. */
function working(wanted: number, { day, weekday, length }: Day): number {
  for (const distance of [0, -1, 1, -2, 2]) {
    const tried = wanted + distance;
    const its = (((weekday + tried - day) % 7) + 7) % 7;
    if (tried >= 1 && tried <= length && its !== 0 && its !== 6) return tried;
  }
  throw new Error('no month is without a working day');
}

const lists = new Map<string, number[]>();

/** What a field's list counts, in order. */
function values(text: string, min: number, max: number, names: readonly string[] = []): number[] {
  const key = `${text} ${min} ${max} ${names.length}`;
  let list = lists.get(key);
  if (list === undefined) lists.set(key, (list = count(text, min, max, names)));
  return list;
}

function count(text: string, min: number, max: number, names: readonly string[]): number[] {
  const number = (word: string): number => (names.includes(word) ? names.indexOf(word) + min : Number(word));
  const all = new Set<number>();
  for (const part of text.split(',')) {
    const [range = '', step = '1'] = part.split('/');
    const [from, to] = range.split('-');
    const first = range === '*' || range === '' ? min : number(from ?? '');
    const last = to !== undefined ? number(to) : range === '*' || range === '' || part.includes('/') ? max : first;
    const size = max - min + 1;
    const length = last >= first ? last - first : last - first + size;
    for (let i = 0; i <= length; i += Number(step)) all.add(((first - min + i) % size) + min);
  }
  return [...all].sort((a, b) => a - b);
}

function dayOf(date: Date): Day {
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + 1];
  const length = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return { year, month, day: date.getUTCDate(), weekday: date.getUTCDay(), length };
}

function clock(...parts: readonly number[]): string {
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** The last instant at which the clock of a zone shows a local time, or none. */
function instantOf(local: string, zone: string): number | undefined {
  const asUtc = Date.parse(`${local}Z`);
  const guesses = new Set([-DAY, 0, DAY].map((around) => asUtc - (shown(asUtc + around, zone) - (asUtc + around))));
  const right = [...guesses].filter((instant) => shown(instant, zone) === asUtc);
  return right.length === 0 ? undefined : Math.max(...right);
}

/** What the clock of a zone shows, written as if it were UTC. */
function shown(instant: number, zone: string): number {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
    formats.set(zone, format);
  }
  return Date.parse(`${format.format(instant).replace(' ', 'T')}Z`);
}
