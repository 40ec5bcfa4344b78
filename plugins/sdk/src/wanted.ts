import type { Value } from './dataset.js';

/** That a column compares in a way with a value of its own type, or that it is null or not. */
export interface Condition {
  readonly column: string;
  readonly test: '=' | '<>' | '<' | '<=' | '>' | '>=' | 'is null' | 'is not null';
  /** Null where the test takes none. */
  readonly value: Value;
}

/** What a query needs of a source's rows. */
export interface Wanted {
  /** The columns, at least one, in the source's order. */
  readonly columns: readonly string[];
  /** Rows for which one of these does not hold are not needed. */
  readonly conditions: readonly Condition[];
  /** No more rows are needed than so many for which all conditions hold; undefined for all. */
  readonly limit: number | undefined;
}
