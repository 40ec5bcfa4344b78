import duckdb from '@duckdb/node-bindings';
import type { DuckDBDecimalType } from '@duckdb/node-api';

const HALF = 0x1_0000_0000;

/** The cells of a decimal column as DuckDB has them: unscaled numbers of 2, 4, 8 or 16 bytes. */
export class DecimalCells {
  /** Whether a number of JavaScript can stand for a cell. */
  readonly isNarrow: boolean;
  private readonly width: number;
  private readonly most: number;
  private readonly limit: bigint;
  private readonly data: DataView;

  constructor(type: DuckDBDecimalType, length: number) {
    this.width = type.width <= 4 ? 2 : type.width <= 9 ? 4 : type.width <= 18 ? 8 : 16;
    this.isNarrow = this.width <= 8;
    this.most = 10 ** type.width;
    this.limit = 10n ** BigInt(type.width);
    this.data = new DataView(new ArrayBuffer(length * this.width));
  }

  /** Puts an exact number; false where it does not fit, or the cells are wide. */
  putNumber(row: number, value: number): boolean {
    if (!this.isNarrow || value >= this.most || value <= -this.most) return false;
    if (this.width === 2) this.data.setInt16(row * 2, value, true);
    else if (this.width === 4) this.data.setInt32(row * 4, value, true);
    else {
      const high = Math.floor(value / HALF);
      this.data.setUint32(row * 8, value - high * HALF, true);
      this.data.setInt32(row * 8 + 4, high, true);
    }
    return true;
  }

  /** Puts any number; false where it does not fit, or is none. */
  putBigint(row: number, value: bigint | undefined): boolean {
    if (value === undefined || value >= this.limit || value <= -this.limit) return false;
    if (this.isNarrow) return this.putNarrow(row, value);
    this.data.setBigUint64(row * 16, BigInt.asUintN(64, value), true);
    this.data.setBigInt64(row * 16 + 8, value >> 64n, true);
    return true;
  }

  copyTo(vector: duckdb.Vector): void {
    duckdb.copy_data_to_vector(vector, 0, this.data.buffer as ArrayBuffer, 0, this.data.byteLength);
  }

  private putNarrow(row: number, value: bigint): boolean {
    if (this.width === 8) this.data.setBigInt64(row * 8, value, true);
    else if (this.width === 4) this.data.setInt32(row * 4, Number(value), true);
    else this.data.setInt16(row * 2, Number(value), true);
    return true;
  }
}
