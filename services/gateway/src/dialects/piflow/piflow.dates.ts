/** Letters that Java gives to zones without summer time and Intl does not; all others are written by their offset. */
const NAMES: Readonly<Record<string, string>> = {
  'Asia/Shanghai': 'CST',
  'Asia/Chongqing': 'CST',
  'Asia/Chungking': 'CST',
  'Asia/Harbin': 'CST',
  'Asia/Macau': 'CST',
  'Asia/Taipei': 'CST',
  PRC: 'CST',
  ROC: 'CST',
  'Asia/Hong_Kong': 'HKT',
  'Asia/Tokyo': 'JST',
  'Asia/Seoul': 'KST',
  'Asia/Singapore': 'SGT',
  'Europe/Moscow': 'MSK',
};

/** Where Intl knows a zone by letters, it does so in the English of the people who live in it. */
const LOCALES = ['en-US', 'en-GB', 'en-AU', 'en-NZ', 'en-IN', 'en-ZA'];

/**
 * A time as `java.util.Date.toString()` writes it in a zone: `Tue Nov 27 14:37:03 CST 2018`.
 *
 * @param zone a name of the IANA database; empty is the machine's zone
 */
export function javaDate(time: Date, zone: string): string {
  const timeZone = zone === '' ? new Intl.DateTimeFormat().resolvedOptions().timeZone : zone;
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    month: 'short',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    year: 'numeric',
  }).formatToParts(time);
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find((each) => each.type === type)?.value ?? '';
  const clock = `${part('hour')}:${part('minute')}:${part('second')}`;
  return `${part('weekday')} ${part('month')} ${part('day')} ${clock} ${zoneName(time, timeZone)} ${part('year')}`;
}

/** The zone by letters, else as `GMT+08:00`, which Java's formats read as well. */
function zoneName(time: Date, timeZone: string): string {
  const known = NAMES[timeZone];
  if (known !== undefined) return known;
  for (const locale of LOCALES) {
    const name = intlName(time, timeZone, locale, 'short');
    if (/^[A-Z]{2,5}$/.test(name)) return name;
  }
  return intlName(time, timeZone, 'en-US', 'longOffset');
}

function intlName(time: Date, timeZone: string, locale: string, timeZoneName: 'short' | 'longOffset'): string {
  const parts = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName }).formatToParts(time);
  return parts.find((each) => each.type === 'timeZoneName')?.value ?? 'GMT';
}
