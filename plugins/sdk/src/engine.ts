import type { Column, Dataset, PackedBatch, Value } from './dataset.js';
import type { Wanted } from './wanted.js';

/** What a write does where something is there already. */
export type SaveMode = 'append' | 'overwrite' | 'error' | 'ignore';

/** Options of a format, by name; each engine documents those of each format. Unknown ones are refused. */
export type FormatOptions = Readonly<Record<string, unknown>>;

/** What a write did. */
export interface Written {
  /** The number of rows written, exact; 0 when `ignore` found something there. */
  readonly rows: number;
  /** The bytes written. */
  readonly bytes: number;
  /** The absolute paths of the files written; empty for a table. */
  readonly files: readonly string[];
}

/** Named tables that outlive runs. Names are `table` or `database.table`; the default database is `default`. */
export interface Warehouse {
  /** One Spark SQL statement over the tables: a query, or CREATE, DROP, INSERT, SHOW, DESCRIBE, USE. */
  sql(text: string): Promise<Dataset>;
  /** The rows of a table; TABLE_NOT_FOUND with the nearest names. */
  table(name: string): Promise<Dataset>;
  /** Writes rows to a table, which is made when it is not there. All rows or none. */
  write(dataset: Dataset, table: string, options: { readonly mode: SaveMode }): Promise<Written>;
}

export type MadeRows = AsyncIterable<PackedBatch | readonly Value[]>;

/** What a stop can ask of the engine that its run uses. Nothing is read before a sink asks for it. */
export interface Engine {
  /** The engine's name, such as `duckdb`. */
  readonly name: string;
  /** Rows of files: `csv`, `json`, `ndjson`, `parquet`, `text`. A location is a path, a folder, a glob, or several. */
  read(format: string, location: string | readonly string[], options?: FormatOptions): Promise<Dataset>;
  /** Rows of one Spark SQL query over datasets by view name. */
  sql(text: string, views: Readonly<Record<string, Dataset>>): Promise<Dataset>;
  /** Writes rows to files: into a staging place, then renamed, so that a reader sees all rows or none. */
  write(dataset: Dataset, format: string, location: string, options?: FormatOptions): Promise<Written>;
  /**
   * Rows that JavaScript makes, in batches or as single rows; held in memory no more than a batch at a time. A function
   * is called when they are needed, with what is needed of them: it gives those columns and at least those rows.
   */
  fromRows(columns: readonly Column[], rows: MadeRows | ((wanted: Wanted) => MadeRows)): Promise<Dataset>;
  /** The same rows as the datasets one after another, columns matched by position. */
  union(datasets: readonly Dataset[]): Promise<Dataset>;
  readonly warehouse: Warehouse;
}

/** Places of files as flows write them, mapped to local paths that a run may use. */
export interface Files {
  /**
   * The absolute local path for a location such as `hdfs://host:9000/a/b.csv`, `file:///a` or `/a`, symbolic links
   * resolved. FILE_FORBIDDEN when it lies outside the roots that the run may use. For `read`, a pattern with `*`, `?`
   * or `[` is kept as one; for `write`, the place itself need not exist.
   */
  resolve(location: string, access: 'read' | 'write'): Promise<string>;
  /**
   * The files at a location, sorted: the file itself, those of a folder and its folders (but not those whose names
   * begin with `_` or `.`), or those that match a pattern. Real paths, each inside the roots, so that no link leads
   * out: read these, not the location. FILE_NOT_FOUND when there is none.
   */
  list(location: string): Promise<readonly string[]>;
  /** The location as flows write it, for a path that {@link resolve} gave. */
  locate(path: string): string;
  /** The folders that the run may read and write, absolute. */
  readonly roots: readonly string[];
}
