/** An interval as Spark keeps it. */
export interface IntervalValue {
  readonly months: bigint;
  readonly days: bigint;
  readonly micros: bigint;
}

const MONTHS: Readonly<Record<string, bigint>> = { YEAR: 12n, QUARTER: 3n, MONTH: 1n };
const MICROS: Readonly<Record<string, bigint>> = {
  HOUR: 3_600_000_000n,
  MINUTE: 60_000_000n,
  SECOND: 1_000_000n,
  MILLISECOND: 1_000n,
  MICROSECOND: 1n,
};

/** Reads amounts with units, such as `1 day 2 hours` or `-1.5 seconds`, with or without the word INTERVAL before them. */
export function parseIntervalText(text: string): { value: IntervalValue; units: string[] } | undefined {
  const body = text.trim().replace(/^interval\s+/i, '');
  const pattern = /\s*([+-]?)\s*(\d+)(?:\.(\d*))?\s+([A-Za-z]+)/gy;
  let months = 0n;
  let days = 0n;
  let micros = 0n;
  let end = 0;
  const units: string[] = [];
  for (let match = pattern.exec(body); match; match = pattern.exec(body)) {
    end = pattern.lastIndex;
    const unit = (match[4] ?? '').toUpperCase().replace(/S$/, '');
    const sign = match[1] === '-' ? -1n : 1n;
    const amount = sign * BigInt(match[2] ?? 0);
    if (match[3] !== undefined && unit !== 'SECOND') return undefined;
    if (unit in MONTHS) months += amount * (MONTHS[unit] ?? 0n);
    else if (unit === 'WEEK') days += amount * 7n;
    else if (unit === 'DAY') days += amount;
    else if (unit in MICROS) {
      micros += amount * (MICROS[unit] ?? 0n);
      if (match[3] !== undefined) micros += sign * BigInt(match[3].slice(0, 6).padEnd(6, '0'));
    } else return undefined;
    units.push(unit);
  }
  if (units.length === 0 || body.slice(end).trim() !== '') return undefined;
  return { value: { months, days, micros }, units };
}
