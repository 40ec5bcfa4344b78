import type { NumberArray, PackedVector, Value, Vector } from '@sluice/plugin-sdk';

/** Rows of a batch, at most. */
export const BATCH_ROWS = 2048;
/** A batch ends early when its rows came in so many bytes: cells may be large. */
export const BATCH_BYTES = 4 * 2 ** 20;

/** Gathers one column of a batch row by row: whoever reads the rows says what is null and takes the column at the end. */
export interface ColumnStore {
  /** Says that a row has no value here. */
  none(row: number): void;
  /** The values of so many rows; what comes next belongs to another batch. */
  take(length: number): Vector | PackedVector;
}

/** Numbers as the engine has them; they are copied to it in one piece where none is null. */
export class NumberStore<A extends NumberArray> implements ColumnStore {
  items: A;
  private nulls: number[] = [];

  constructor(private readonly make: (length: number) => A) {
    this.items = make(BATCH_ROWS);
  }

  none(row: number): void {
    this.nulls.push(row);
  }

  take(length: number): Vector | PackedVector {
    const { nulls } = this;
    const numbers = this.items.subarray(0, length);
    this.renew(this.make(BATCH_ROWS));
    if (nulls.length === 0) return numbers;
    this.nulls = [];
    return { numbers, nulls };
  }

  protected renew(items: A): void {
    this.items = items;
  }
}

const HALF = 0x1_0000_0000;

/** Whole numbers of 64 bits, put as halves: making a bigint for each would cost more than all the rest. */
export class LongStore extends NumberStore<BigInt64Array> {
  /** Low and high halves in turn, in the order of the processor, which is little-endian wherever the engine runs. */
  private halves: Int32Array;

  constructor() {
    super((length) => new BigInt64Array(length));
    this.halves = new Int32Array(this.items.buffer);
  }

  putHalves(row: number, low: number, high: number): void {
    this.halves[row * 2] = low;
    this.halves[row * 2 + 1] = high;
  }

  /** Puts a number that is exact: at most 2^53 either way. */
  putNumber(row: number, value: number): void {
    const high = Math.floor(value / HALF);
    this.putHalves(row, value - high * HALF, high);
  }

  protected override renew(items: BigInt64Array): void {
    super.renew(items);
    this.halves = new Int32Array(items.buffer);
  }
}

/** Texts up to so many bytes are copied faster by a loop than by a call. */
const FEW_BYTES = 24;

/** Texts as bytes of UTF-8, and decimals by their digits. */
export class TextStore implements ColumnStore {
  private bytes = new Uint8Array(BATCH_ROWS * 8);
  private ends = new Uint32Array(BATCH_ROWS);
  private nulls: number[] = [];
  private used = 0;

  none(row: number): void {
    this.nulls.push(row);
    this.ends[row] = this.used;
  }

  put(row: number, data: Uint8Array, from: number, to: number): void {
    const { used } = this;
    const end = used + to - from;
    if (end > this.bytes.length) this.grow(end);
    const { bytes } = this;
    if (to - from > FEW_BYTES) bytes.set(data.subarray(from, to), used);
    else for (let at = from, next = used; at < to; at++, next++) bytes[next] = data[at] as number;
    this.used = end;
    this.ends[row] = end;
  }

  take(length: number): PackedVector {
    const { bytes, ends, nulls, used } = this;
    // The next batch is likely to be as large as this one.
    this.bytes = new Uint8Array(Math.max(BATCH_ROWS, Math.ceil(used * 1.1)));
    this.ends = new Uint32Array(BATCH_ROWS);
    this.nulls = [];
    this.used = 0;
    return { texts: bytes.subarray(0, used), ends: ends.subarray(0, length), nulls };
  }

  private grow(least: number): void {
    const larger = new Uint8Array(Math.max(least, this.bytes.length * 2));
    larger.set(this.bytes.subarray(0, this.used));
    this.bytes = larger;
  }
}

/** Values of any other type. */
export class ValueStore implements ColumnStore {
  items: Value[] = [];

  none(row: number): void {
    this.items[row] = null;
  }

  take(length: number): Vector {
    const { items } = this;
    this.items = [];
    items.length = length;
    return items;
  }
}
