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

/** Numbers as engines keep them, of the width of their type; days and microseconds are numbers too. */
export type NumberArray = Int8Array | Int16Array | Int32Array | BigInt64Array | Float32Array | Float64Array;

/** One column of a batch; a typed array where the type is a number and nothing is null. */
export type Vector = readonly Value[] | NumberArray;

/** Some rows, column by column: `columns[c][r]`. */
export interface Batch {
  /** The number of rows. */
  readonly length: number;
  readonly columns: readonly Vector[];
}

/** A column of numbers of which some are null: what the array says at those rows means nothing. */
export interface PackedNumbers {
  readonly numbers: NumberArray;
  /** The rows without a value, ascending. */
  readonly nulls: readonly number[];
}

/** A column of texts, or of decimals by their digits, as UTF-8, one after another. */
export interface PackedTexts {
  readonly texts: Uint8Array;
  /** Where the text of each row ends, and the next one's begins. */
  readonly ends: Uint32Array;
  readonly nulls: readonly number[];
}

export type PackedVector = PackedNumbers | PackedTexts;

/**
 * Some rows on their way into an engine. What comes as bytes may stay bytes: making a value of JavaScript for each cell
 * costs more than all else.
 */
export interface PackedBatch {
  readonly length: number;
  readonly columns: readonly (Vector | PackedVector)[];
}

/** The values of a column, whichever way it came. */
export function unpacked(vector: Vector | PackedVector): Vector {
  if ('numbers' in vector) {
    const values: Value[] = Array.from<number | bigint>(vector.numbers as Iterable<number | bigint>);
    for (const row of vector.nulls) values[row] = null;
    return values;
  }
  if (!('texts' in vector)) return vector;
  const { texts, ends, nulls } = vector;
  const decoder = new TextDecoder();
  const values: Value[] = Array.from(ends, (end, row) => decoder.decode(texts.subarray(ends[row - 1] ?? 0, end)));
  for (const row of nulls) values[row] = null;
  return values;
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
