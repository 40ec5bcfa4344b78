import type { Value, Vector } from '@sluice/plugin-sdk';

/** Rows of a batch, at most. */
export const BATCH_ROWS = 2048;
/** A batch ends early when its rows came in so many bytes: cells may be large. */
export const BATCH_BYTES = 4 * 2 ** 20;

type Numbers = Int8Array | Int16Array | Int32Array | BigInt64Array | Float32Array | Float64Array;

/** Gathers one column of a batch row by row: whoever reads the rows says what is null and takes the column at the end. */
export interface ColumnStore {
  /** Says that a row has no value here. */
  none(row: number): void;
  /** The values of so many rows; what comes next belongs to another batch. */
  take(length: number): Vector;
}

/** Numbers as the engine has them; they are copied to it in one piece where none is null. */
export class NumberStore<A extends Numbers> implements ColumnStore {
  items: A;
  private nulls: number[] = [];

  constructor(private readonly make: (length: number) => A) {
    this.items = make(BATCH_ROWS);
  }

  none(row: number): void {
    this.nulls.push(row);
  }

  take(length: number): Vector {
    const items = this.items.subarray(0, length);
    this.renew(this.make(BATCH_ROWS));
    if (this.nulls.length === 0) return items;
    const values: Value[] = Array.from<number | bigint>(items as Iterable<number | bigint>);
    for (const row of this.nulls) values[row] = null;
    this.nulls = [];
    return values;
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
