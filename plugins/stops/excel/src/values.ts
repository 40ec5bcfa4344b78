import type { NumberKind } from './styles.js';

/** A value of a cell: dates and times are texts, tagged with what they are. */
export type CellValue =
  | { readonly kind: 'text' | 'date' | 'timestamp'; readonly text: string }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'boolean'; readonly is: boolean };

const DAY_MS = 86_400_000;
/** 1899-12-30, from which days count after 1900-02-28: Excel believes that 1900 was a leap year. */
const BEGIN_1900 = Date.UTC(1899, 11, 30);
const BEGIN_1904 = Date.UTC(1904, 0, 1);
/** The last day that dates may have, 9999-12-31. */
const LAST = 2_958_465;

/** A number of a cell as what it stands for. */
export function numberValue(number: number, kind: NumberKind, is1904: boolean): CellValue {
  if (kind === 'number' || !Number.isFinite(number) || number < 0 || number > LAST + 1)
    return { kind: 'number', number };
  if (kind === 'time' && number < 1) {
    return { kind: 'text', text: momentText(number, BEGIN_1904).slice(11) };
  }
  const early = !is1904 && number < 60 ? 1 : 0;
  const text = momentText(number + early, is1904 ? BEGIN_1904 : BEGIN_1900);
  return Number.isInteger(number) ? { kind: 'date', text: text.slice(0, 10) } : { kind: 'timestamp', text };
}

/** Days as a date with its time; milliseconds only where there are some. */
function momentText(days: number, begin: number): string {
  const [date = '', time = ''] = new Date(begin + Math.round(days * DAY_MS)).toISOString().split('T');
  return `${date} ${time.replace('Z', '').replace('.000', '')}`;
}

/** A value as text: numbers as Excel shows them without a format, with 15 digits at most. */
export function asText(value: CellValue): string {
  switch (value.kind) {
    case 'number':
      return numberText(value.number);
    case 'boolean':
      return String(value.is);
    default:
      return value.text;
  }
}

function numberText(number: number): string {
  if (Number.isSafeInteger(number)) return String(number);
  const rounded = Number(number.toPrecision(15));
  return Number.isInteger(rounded) && Math.abs(rounded) < 1e21 ? String(BigInt(rounded)) : String(rounded);
}

/** The number of a day, or of a moment, in a cell; undefined before 1900-03-01, where Excel counts wrongly. */
export function serialOf(ms: number, is1904 = false): number | undefined {
  const days = (ms - (is1904 ? BEGIN_1904 : BEGIN_1900)) / DAY_MS;
  return days >= (is1904 ? 0 : 61) && days < LAST + 1 ? days : undefined;
}
