import { SluiceError, type Value } from '@sluice/plugin-sdk';
import { LongStore, NumberStore, TextStore, ValueStore, type ColumnStore } from '../columns.js';
import { dayNumber } from '../times.js';

/** Takes the cells of one column out of rows in the protocol's binary form. */
export interface CellTaker {
  readonly store: ColumnStore;
  /** Takes the cell at a place; gives where the next one begins. */
  take(data: Buffer, at: number, row: number): number;
}

type Fixed = 'Int8' | 'Int16' | 'Int32' | 'Float32' | 'Float64';
const FIXED = {
  Int8: (length: number) => new Int8Array(length),
  Int16: (length: number) => new Int16Array(length),
  Int32: (length: number) => new Int32Array(length),
  Float32: (length: number) => new Float32Array(length),
  Float64: (length: number) => new Float64Array(length),
} as const;

/** Numbers of so many bytes, each read by a function. */
export function numbers(kind: Fixed, width: number, read: (data: Buffer, at: number) => number): CellTaker {
  const store = new NumberStore<Int8Array | Int16Array | Int32Array | Float32Array | Float64Array>(FIXED[kind]);
  return {
    store,
    take(data, at, row) {
      store.items[row] = read(data, at);
      return at + width;
    },
  };
}

/** Signed numbers of 64 bits. */
export function longs(): CellTaker {
  const store = new LongStore();
  return {
    store,
    take(data, at, row) {
      store.putHalves(row, data.readInt32LE(at), data.readInt32LE(at + 4));
      return at + 8;
    },
  };
}

/** Unsigned numbers of 32 bits as longs. */
export function unsignedInts(): CellTaker {
  const store = new LongStore();
  return {
    store,
    take(data, at, row) {
      store.putHalves(row, data.readInt32LE(at), 0);
      return at + 4;
    },
  };
}

/** Unsigned numbers of 64 bits as texts. */
export function unsignedLongs(): CellTaker {
  const store = new ValueStore();
  return {
    store,
    take(data, at, row) {
      store.items[row] = String(data.readBigUInt64LE(at));
      return at + 8;
    },
  };
}

/** Where the length that stands before a cell ends, and the cell begins. */
function beginOf(data: Buffer, at: number): number {
  const first = data[at] as number;
  return first < 251 ? at + 1 : first === 252 ? at + 3 : first === 253 ? at + 4 : at + 9;
}

function sizeOf(data: Buffer, at: number): number {
  const first = data[at] as number;
  if (first < 251) return first;
  return first === 254 ? Number(data.readBigUInt64LE(at + 1)) : data.readUIntLE(at + 1, first - 250);
}

/** Texts and digits. */
export function texts(): CellTaker {
  const store = new TextStore();
  return {
    store,
    take(data, at, row) {
      const from = beginOf(data, at);
      const to = from + sizeOf(data, at);
      store.put(row, data, from, to);
      return to;
    },
  };
}

/** Whatever else comes with its length before it. */
export function sized(read: (data: Buffer, from: number, to: number) => Value): CellTaker {
  const store = new ValueStore();
  return {
    store,
    take(data, at, row) {
      const from = beginOf(data, at);
      const to = from + sizeOf(data, at);
      store.items[row] = read(data, from, to);
      return to;
    },
  };
}

/** Days; what is no date is an error that names the column, or null where that is wanted. */
export function days(column: string, zeroAsNull: boolean): CellTaker {
  const store = new NumberStore((length) => new Int32Array(length));
  return {
    store,
    take(data, at, row) {
      const day = dayAt(data, at);
      if (day === undefined) noDate(store, row, column, zeroAsNull, data, at);
      else store.items[row] = day;
      return at + 1 + (data[at] as number);
    },
  };
}

const DAY_MICROS = 86_400_000_000;

/** Microseconds since 1970 of dates with times. */
export function moments(column: string, zeroAsNull: boolean): CellTaker {
  const store = new LongStore();
  return {
    store,
    take(data, at, row) {
      const size = data[at] as number;
      const day = dayAt(data, at);
      if (day === undefined) {
        noDate(store, row, column, zeroAsNull, data, at);
        return at + 1 + size;
      }
      const seconds = size < 7 ? 0 : ((data[at + 5] as number) * 60 + (data[at + 6] as number)) * 60 + (data[at + 7] as number); // prettier-ignore
      const clock = seconds * 1e6 + (size < 11 ? 0 : data.readUInt32LE(at + 8));
      const micros = day * DAY_MICROS + clock;
      if (Number.isSafeInteger(micros)) store.putNumber(row, micros);
      else store.items[row] = BigInt(day) * BigInt(DAY_MICROS) + BigInt(clock);
      return at + 1 + size;
    },
  };
}

function dayAt(data: Buffer, at: number): number | undefined {
  if ((data[at] as number) < 4) return undefined;
  return dayNumber(data.readUInt16LE(at + 1), data[at + 3] as number, data[at + 4] as number);
}

function noDate(store: ColumnStore, row: number, column: string, zeroAsNull: boolean, data: Buffer, at: number): void {
  const parts = (data[at] as number) < 4 ? [0, 0, 0] : [data.readUInt16LE(at + 1), data[at + 3], data[at + 4]];
  const isZero = parts.every((part) => part === 0);
  if (isZero && zeroAsNull) return store.none(row);
  const shown = parts.map((part, index) => String(part).padStart(index === 0 ? 4 : 2, '0')).join('-');
  const message = `column '${column}': '${shown}' is no date; set zeroDateTimeBehavior=CONVERT_TO_NULL in the URL to read dates of zeros as null, or cast it in the query`;
  throw new SluiceError('DATA_INVALID', message, { details: { column } });
}

/** Lengths of time as MySQL writes them: `[-]HHH:MM:SS[.ffffff]`, with so many digits behind the point. */
export function times(digits: number): CellTaker {
  const store = new ValueStore();
  return {
    store,
    take(data, at, row) {
      const size = data[at] as number;
      const [sign, hours, minutes, seconds] =
        size < 8
          ? ['', 0, 0, 0]
          : [data[at + 1] === 1 ? '-' : '', data.readUInt32LE(at + 2) * 24 + (data[at + 6] as number), data[at + 7] as number, data[at + 8] as number]; // prettier-ignore
      const micros = size < 12 ? 0 : data.readUInt32LE(at + 9);
      const fraction = digits === 0 ? '' : `.${String(micros).padStart(6, '0').slice(0, digits)}`;
      store.items[row] =
        `${sign}${[hours, minutes, seconds].map((part) => String(part).padStart(2, '0')).join(':')}${fraction}`;
      return at + 1 + size;
    },
  };
}
