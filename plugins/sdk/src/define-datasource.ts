import type { Column, Dataset } from './dataset.js';
import type { Files, MadeRows, SaveMode } from './engine.js';
import type { Properties, Values } from './property.js';
import type { Text } from './text.js';
import type { Condition, Wanted } from './wanted.js';

/** The steps at which a connection can fail, in their order. */
export const CONNECTION_STEPS = ['name', 'connect', 'tls', 'authentication', 'permission'] as const;
export type ConnectionStep = (typeof CONNECTION_STEPS)[number];

/** What answered at the other end. */
export interface ServerAbout {
  /** Such as `MariaDB`. */
  readonly product: string;
  readonly version: string;
}

/** A thing inside a datasource: a database, schema, table, column, folder, file, key, topic or index. */
export interface BrowseEntry {
  readonly name: string;
  readonly kind: string;
  /** The type of a column or key; empty where there is none. */
  readonly type: string;
  /** Whether something may lie below it. */
  readonly hasChildren: boolean;
}

/** Which rows are meant: a table by its name in the source's own words, or one query in them. */
export type RowSource = { readonly table: string } | { readonly query: string };

export interface ReadRowsOptions {
  /** Only these columns, in this order; default all. */
  readonly columns?: readonly string[] | undefined;
  /** Only rows for which this condition in the source's own words holds. */
  readonly where?: string | undefined;
  /** At most so many rows. */
  readonly limit?: number | undefined;
}

/** Rows that can be taken once. */
export interface Reading {
  readonly columns: readonly Column[];
  /**
   * Whether the source itself decides a condition, exactly as Sluice does. Absent where nothing can be left to the
   * source: then all rows are taken.
   */
  decides?(condition: Condition): boolean;
  /**
   * The rows as they come, no faster than they are taken. Leaving the loop early ends the query.
   *
   * @param wanted only these columns, and no more rows than are needed; every condition is one that it decides
   */
  rows(wanted?: Wanted): MadeRows;
}

export interface WriteRowsOptions {
  /** What to do where the table is there already; `upsert` replaces rows that have the same `keys`. */
  readonly mode: SaveMode | 'upsert';
  /** The columns that tell rows apart; for `upsert`. */
  readonly keys?: readonly string[] | undefined;
  /** Called before the rows become visible; they do not when it fails. */
  beforeCommit(): Promise<void>;
}

/** What a write did. */
export interface WrittenRows {
  /** The number of rows written, exact. */
  readonly rows: number;
  /** Whether all rows became visible at once; else a failure may have left some. */
  readonly atomic: boolean;
}

/** An open connection to a datasource. Its failures are errors of Sluice that name the step and hold no secret. */
export interface Connection {
  about(): Promise<ServerAbout>;
  /** What lies at a path of names; the empty path is the top. At most `limit` entries, in the order of their names. */
  browse(path: readonly string[], limit: number): Promise<readonly BrowseEntry[]>;
  /** Says what rows a source has; they move when they are taken. */
  read?(source: RowSource, options?: ReadRowsOptions): Promise<Reading>;
  /** Writes rows to a table; all or none where the server can. */
  write?(table: string, rows: Dataset, options: WriteRowsOptions): Promise<WrittenRows>;
  /** Runs one statement that gives no rows. */
  execute?(statement: string): Promise<void>;
  /** Ends it; what still goes on is given up. */
  close(): Promise<void>;
}

export interface ConnectOptions {
  /** How long making the connection may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** The files that may be used, for datasources that are files; absent where there are none. */
  readonly files?: Pick<Files, 'resolve'>;
  /**
   * Loads an npm package that the plugin names under `bundles` in its package.json: one that an operator uploaded and that
   * does not come with the plugin. Undefined when no version that fits is mounted. Absent where there are no bundles.
   */
  readonly bundle?: (name: string) => Promise<unknown>;
}

/** A type of datasource: how something that holds data is described, reached and used. */
export interface DatasourceDefinition<P extends Properties = Properties> {
  /** Unique among all plugins, such as `mysql`. */
  readonly name: string;
  /** Other names, such as `mariadb`. */
  readonly aliases?: readonly string[];
  readonly title: Text;
  readonly description: Text;
  /** What it holds: `sql` for tables and queries, or a word of the plugin's own; stops ask for datasources by it. */
  readonly family: string;
  readonly properties: P;
  /**
   * Further values for stops that are bound to a datasource, by name, in which `${name}` stands for a property; a value
   * that names a property without a value is left out. So a stop that asks for a `url` gets one.
   */
  readonly fills?: Readonly<Record<string, string>>;
  connect(values: Values<P>, options: ConnectOptions): Promise<Connection>;
}

/** Declares a type of datasource. The types of `connect`'s values come from `properties`. */
export function defineDatasource<const P extends Properties>(
  definition: DatasourceDefinition<P>,
): DatasourceDefinition<P> {
  return definition;
}
