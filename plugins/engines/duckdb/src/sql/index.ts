/** Spark SQL on DuckDB: what a Spark user writes, in DuckDB's words, with Spark's meaning or refused by name. */
import { SluiceError, type Column } from '@sluice/plugin-sdk';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { SqlOptions } from './scope.js';

export type { SqlOptions } from './scope.js';
export { duckdbType, sparkType } from './duckdb-types.js';
export { quoteIdentifier, quoteLiteral } from './quote.js';

/** A query in DuckDB's words. */
export interface TranslatedQuery {
  /** One SELECT for DuckDB; views are referred to by the `relation` given. */
  readonly sql: string;
  /** Names as Spark gives them, types in Spark's words. */
  readonly columns: readonly Column[];
  /** The names of the views that it reads, as given. */
  readonly views: readonly string[];
  /** How often views are read in sum. */
  readonly counts: number;
}

/** Rows that a query may read. */
export interface View {
  readonly name: string;
  /** What stands for it in DuckDB's FROM, quoted. */
  readonly relation: string;
  readonly columns: readonly Column[];
}

export function translateQuery(text: string, _views: readonly View[], _options: SqlOptions): TranslatedQuery {
  throw new SluiceError('SQL_UNSUPPORTED', `the translation is being built: ${text}`);
}

export function translateCondition(text: string, _columns: readonly Column[], _options: SqlOptions): string {
  throw new SluiceError('SQL_UNSUPPORTED', `the translation is being built: ${text}`);
}

export function prepareInstance(_connection: DuckDBConnection): Promise<void> {
  return Promise.resolve();
}
