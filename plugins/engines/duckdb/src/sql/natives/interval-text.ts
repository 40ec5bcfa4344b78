const DAY = 86_400_000_000n;

/** An interval as a cast to string shows it: `INTERVAL '1-2' YEAR TO MONTH`, `1 years 2 days`. */
export function intervalText(months: bigint, days: bigint, micros: bigint, kind: string): string {
  if (kind.startsWith('year-month')) return yearMonthText(months, kind.slice(10));
  if (kind.startsWith('day-time')) return dayTimeText(days * DAY + micros, kind.slice(8));
  const parts: string[] = [];
  const add = (amount: bigint, unit: string): void => {
    if (amount !== 0n) parts.push(`${amount} ${unit}`);
  };
  add(months / 12n, 'years');
  add(months % 12n, 'months');
  add(days, 'days');
  add(micros / 3_600_000_000n, 'hours');
  add((micros / 60_000_000n) % 60n, 'minutes');
  const seconds = micros % 60_000_000n;
  if (seconds !== 0n) {
    const absolute = seconds < 0n ? -seconds : seconds;
    const fraction = String(absolute % 1_000_000n)
      .padStart(6, '0')
      .replace(/0+$/, '');
    parts.push(`${seconds < 0n ? '-' : ''}${absolute / 1_000_000n}${fraction === '' ? '' : `.${fraction}`} seconds`);
  }
  return parts.length === 0 ? '0 seconds' : parts.join(' ');
}

function yearMonthText(months: bigint, fields: string): string {
  const sign = months < 0n ? '-' : '';
  const absolute = months < 0n ? -months : months;
  if (fields === '00') return `INTERVAL '${sign}${absolute / 12n}' YEAR`;
  if (fields === '11') return `INTERVAL '${sign}${absolute}' MONTH`;
  return `INTERVAL '${sign}${absolute / 12n}-${absolute % 12n}' YEAR TO MONTH`;
}

function dayTimeText(total: bigint, fields: string): string {
  const [from = 0, to = 3] = [Number(fields[0]), Number(fields[1])];
  const sizes = [DAY, 3_600_000_000n, 60_000_000n, 1_000_000n];
  const names = ['DAY', 'HOUR', 'MINUTE', 'SECOND'];
  let rest = total < 0n ? -total : total;
  let text = total < 0n ? '-' : '';
  for (let i = from; i <= to; i++) {
    const size = sizes[i] ?? 1n;
    const amount = String(rest / size);
    rest %= size;
    text += i === from ? '' : i === 1 && from === 0 ? ' ' : ':';
    text += i === 0 ? amount : amount.padStart(2, '0');
    if (i === 3 && rest > 0n) text += `.${String(rest).padStart(6, '0').replace(/0+$/, '')}`;
  }
  return `INTERVAL '${text}' ${from === to ? names[from] : `${names[from]} TO ${names[to]}`}`;
}
