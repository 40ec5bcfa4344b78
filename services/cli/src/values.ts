import { SluiceError } from '@sluice/chassis';

function wrong(option: string, value: string, expected: string): SluiceError {
  return new SluiceError('REQUEST_INVALID', `${option}: '${value}' is not ${expected}`);
}

/** `['a=1', 'b=x=y']` as `{ a: '1', b: 'x=y' }`; the last of the same name wins. */
export function readPairs(option: string, texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw wrong(option, text, 'NAME=VALUE');
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

const TIME_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `10m`, `1.5h`, or seconds, in milliseconds. */
export function readDuration(option: string, text: string): number {
  const [, number = '', unit = 's'] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$/.exec(text.trim()) ?? [];
  const ms = number === '' ? 0 : Number(number) * (TIME_UNITS[unit] ?? 1);
  if (ms <= 0) throw wrong(option, text, 'a time such as 90s, 10m or 2h');
  return Math.round(ms);
}

/** The same as a duration of the contract. */
export function durationOf(option: string, text: string): { seconds: bigint; nanos: number } {
  const ms = readDuration(option, text);
  return { seconds: BigInt(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1e6 };
}

const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  kb: 1e3,
  kib: 1024,
  m: 1024 ** 2,
  mb: 1e6,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1e9,
  gib: 1024 ** 3,
};

/** `512m`, `2GiB`, `2GB`, or bytes, in bytes. */
export function readSize(option: string, text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const factor = SIZE_UNITS[unit.toLowerCase()];
  if (number === '' || factor === undefined || Number(number) <= 0)
    throw wrong(option, text, 'a size such as 512m or 2GiB');
  return Math.round(Number(number) * factor);
}

/** A whole number of at least `least`. */
export function readCount(option: string, text: string, least = 1): number {
  const count = Number(text);
  if (!/^\d+$/.test(text.trim()) || count < least) throw wrong(option, text, `a whole number of at least ${least}`);
  return count;
}

/** A time: `2026-01-31`, `2026-01-31T10:00`, or how long ago it was: `2h`, `7d`. */
export function readTime(option: string, text: string, now = Date.now()): Date {
  if (/^\d+(\.\d+)?\s*(ms|s|m|h|d)$/.test(text.trim())) return new Date(now - readDuration(option, text));
  // A day alone is midnight here, not in Greenwich as Date has it.
  const date = new Date(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00` : text);
  if (Number.isNaN(date.getTime()))
    throw wrong(option, text, 'a time such as 2026-01-31, 2026-01-31T10:00 or 2h (ago)');
  return date;
}
