/** Offsets of time zones, for times that JavaScript reads and shows. DuckDB's own functions serve columns. */
const formats = new Map<string, Intl.DateTimeFormat | null>();

/** Java's short names that are no names elsewhere. */
const SHORT: Readonly<Record<string, string>> = {
  ACT: 'Australia/Darwin',
  AET: 'Australia/Sydney',
  AGT: 'America/Argentina/Buenos_Aires',
  ART: 'Africa/Cairo',
  AST: 'America/Anchorage',
  BET: 'America/Sao_Paulo',
  BST: 'Asia/Dhaka',
  CAT: 'Africa/Harare',
  CNT: 'America/St_Johns',
  CST: 'America/Chicago',
  CTT: 'Asia/Shanghai',
  EAT: 'Africa/Addis_Ababa',
  ECT: 'Europe/Paris',
  EST: '-05:00',
  HST: '-10:00',
  IET: 'America/Indiana/Indianapolis',
  IST: 'Asia/Kolkata',
  JST: 'Asia/Tokyo',
  MIT: 'Pacific/Apia',
  MST: '-07:00',
  NET: 'Asia/Yerevan',
  NST: 'Pacific/Auckland',
  PLT: 'Asia/Karachi',
  PNT: 'America/Phoenix',
  PRT: 'America/Puerto_Rico',
  PST: 'America/Los_Angeles',
  SST: 'Pacific/Guadalcanal',
  VST: 'Asia/Ho_Chi_Minh',
};

/** The fixed offset in milliseconds of a zone written as one, such as `+08:00`, `UTC-3` or `Z`. */
export function fixedOffset(zone: string): number | undefined {
  if (/^(?:Z|UTC|GMT|UT)$/.test(zone)) return 0;
  const match =
    /^(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?(\d{2})(?::?(\d{2}))?)?$/.exec(zone) ??
    /^(?:UTC|GMT|UT)?([+-])(\d{1,2}):(\d{1,2})$/.exec(zone);
  if (!match) return undefined;
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = match;
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  if (total > 18 * 3600 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  return (sign === '-' ? -1 : 1) * total * 1000;
}

/** Java's zone for a name: short ones such as CST mean a region. */
export const regionOf = (zone: string): string => SHORT[zone] ?? zone;

function formatOf(zone: string): Intl.DateTimeFormat | null {
  let format = formats.get(zone);
  if (format === undefined) {
    try {
      format = new Intl.DateTimeFormat('en-US', {
        timeZone: zone,
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
        era: 'short',
      });
    } catch {
      // Intl says by a RangeError that the name is no zone; null is how callers learn it.
      format = null;
    }
    formats.set(zone, format);
  }
  return format;
}

/** Whether a text names a time zone. */
export function isZone(zone: string): boolean {
  const region = regionOf(zone);
  return fixedOffset(region) !== undefined || (/^[A-Z]/.test(region) && formatOf(region) !== null);
}

/** Offsets of days on which they do not change, by zone: looking one up takes some microseconds. */
const days = new Map<string, Map<number, number | null>>();
const DAY = 86_400_000;
const MANY_DAYS = 100_000;

/** What a zone's clocks are ahead of UTC at an instant, in milliseconds. */
export function offsetOf(zone: string, instant: number): number {
  const region = regionOf(zone);
  const fixed = fixedOffset(region);
  if (fixed !== undefined) return fixed;
  let known = days.get(region);
  if (known === undefined || known.size > MANY_DAYS) days.set(region, (known = new Map<number, number | null>()));
  const day = Math.floor(instant / DAY);
  let offset = known.get(day);
  if (offset === undefined) {
    const [first, last] = [lookUp(region, day * DAY), lookUp(region, (day + 1) * DAY - 1)];
    known.set(day, (offset = first === last ? first : null));
  }
  return offset ?? lookUp(region, instant);
}

function lookUp(zone: string, instant: number): number {
  const format = formatOf(zone);
  if (!format) throw new RangeError(`'${zone}' is no time zone`);
  const part: Record<string, string> = {};
  for (const { type, value } of format.formatToParts(new Date(instant))) part[type] = value;
  const year = part['era'] === 'BC' ? 1 - Number(part['year']) : Number(part['year']);
  const wall = new Date(0);
  wall.setUTCFullYear(year, Number(part['month']) - 1, Number(part['day']));
  wall.setUTCHours(Number(part['hour']), Number(part['minute']), Number(part['second']));
  return wall.getTime() - Math.floor(instant / 1000) * 1000;
}

/** The instant in microseconds that a wall clock means: the earlier one where clocks go back, shifted in a gap. */
export function instantIn(zone: string, wallMicros: bigint): bigint {
  const wall = Number(wallMicros / 1000n);
  const before = offsetOf(zone, wall - 86_400_000);
  const after = offsetOf(zone, wall + 86_400_000);
  const early = wall - Math.max(before, after);
  const late = wall - Math.min(before, after);
  let offset = before;
  if (before !== after) {
    if (offsetOf(zone, early) === Math.max(before, after)) offset = Math.max(before, after);
    else if (offsetOf(zone, late) === Math.min(before, after)) offset = Math.min(before, after);
  }
  return wallMicros - BigInt(offset) * 1000n;
}
