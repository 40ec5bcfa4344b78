/** A count with separators: `12,345`. */
export function formatCount(count: bigint | number): string {
  return count.toLocaleString('en-US');
}

const SIZES = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Bytes in the largest unit that leaves a number of at least 1: `1.5 MiB`. */
export function formatBytes(bytes: bigint | number): string {
  let value = Number(bytes);
  let unit = 0;
  while (value >= 1024 && unit < SIZES.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${SIZES[unit] ?? ''}`;
}

/** A length of time: `8 ms`, `1.24 s`, `2 m 05 s`, `3 h 20 m`. */
export function formatTime(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(ms < 9_995 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1_000);
  const pad = (value: number): string => String(value).padStart(2, '0');
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} m ${pad(seconds % 60)} s`;
  return `${Math.floor(seconds / 3_600)} h ${pad(Math.floor((seconds % 3_600) / 60))} m`;
}

/** A moment in local time: `2026-01-31 10:00:05`. */
export function formatMoment(date: Date | undefined): string {
  if (date === undefined) return '';
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

const NARROW = 90;

/** A moment for a column of a list: without year and seconds where the terminal is narrow. */
export function momentIn(width: number, date: Date | undefined): string {
  return width < NARROW ? formatMoment(date).slice(5, 16) : formatMoment(date);
}

/**
 * A text from elsewhere, safe on a terminal: control characters, which could move the cursor or recolour what is shown,
 * become visible.
 */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (found) => {
    const known: Record<string, string> = { '\n': '↵', '\r': '␍', '\t': '→' };
    return known[found] ?? `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
