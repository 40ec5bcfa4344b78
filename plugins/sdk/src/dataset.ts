/** A column of a dataset. */
export interface Column {
  readonly name: string;
  /** The type in Spark SQL's words: `string`, `int`, `bigint`, `decimal(10,2)`, `timestamp`, `array<string>` ... */
  readonly type: string;
}

/**
 * A value of a row in JavaScript, exact for every type: `tinyint smallint int float double` are numbers, `bigint` is a
 * bigint, `decimal` a text, `date` the number of days since 1970-01-01, `timestamp` and `timestamp_ntz` a bigint of
 * microseconds since 1970-01-01T00:00:00 (UTC; for `ntz` of the wall clock), `binary` a Uint8Array, `interval` a text,
 * arrays are arrays, structs plain objects, maps are Maps. SQL's NULL is null.
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Value[]
  | ReadonlyMap<Value, Value>
  | { readonly [field: string]: Value };

/** One column of a batch; a typed array where the type is a number and nothing is null. */
export type Vector =
  readonly Value[] | Int8Array | Int16Array | Int32Array | BigInt64Array | Float32Array | Float64Array;

/** Some rows, column by column: `columns[c][r]`. */
export interface Batch {
  /** The number of rows. */
  readonly length: number;
  readonly columns: readonly Vector[];
}

/** A lazy handle on rows inside an engine: it names rows and moves nothing. */
export interface Dataset {
  readonly columns: readonly Column[];
  /**
   * Moves the rows through JavaScript in batches, in order, with back-pressure. For stops that must see rows; SQL is
   * faster. The default batch is 2,048 rows.
   */
  batches(): AsyncIterable<Batch>;
}
