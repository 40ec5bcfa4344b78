import duckdb from '@duckdb/node-bindings';

/** The rows of a vector that have no value. */
export class Nulls {
  private bits: Uint8Array | undefined;

  constructor(
    private readonly vector: duckdb.Vector,
    private readonly length: number,
  ) {}

  add(row: number): void {
    this.bits ??= new Uint8Array(Math.ceil(this.length / 64) * 8).fill(0xff);
    const at = row >> 3;
    this.bits[at] = (this.bits[at] ?? 0) & ~(1 << (row & 7));
  }

  write(): void {
    if (this.bits === undefined) return;
    duckdb.vector_ensure_validity_writable(this.vector);
    const { buffer, byteLength } = this.bits;
    duckdb.copy_data_to_vector_validity(this.vector, 0, buffer as ArrayBuffer, 0, byteLength);
  }
}
