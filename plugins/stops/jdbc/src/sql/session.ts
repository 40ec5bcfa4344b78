import type { Column, Dataset, Value } from '@sluice/plugin-sdk';

/** A column of a result with its type in Spark's words. */
export interface ResultColumn extends Column {
  /** A value as the engine has it; undefined where it holds no such value. Default: the driver's value is that already. */
  readonly read?: ((cell: unknown) => Value | undefined) | undefined;
}

/** What a query gives. */
export interface Answer {
  readonly columns: readonly ResultColumn[];
  /** Pieces of rows as the driver has them, no faster than they are taken. Leaving the loop early ends the query. */
  rows(): AsyncIterable<readonly (readonly unknown[])[]>;
}

/** What all drivers of SQL databases can do. Their errors are those of the driver. */
export interface Session {
  query(sql: string): Promise<Answer>;
  /** Runs a statement that gives no rows. */
  execute(sql: string): Promise<void>;
  /** Adds rows to a table that is there, as fast as the driver can, inside the transaction that is open. */
  insert?(table: readonly string[], rows: Dataset): Promise<number>;
  /** Ends it; what still goes on is given up. */
  close(): Promise<void>;
}

/** A statement that lists names, and what they are. */
export interface Listing {
  /** Gives names, types or nothing, at most so many as were asked for. */
  readonly sql: string;
  readonly kind: string;
}

/** How a database says what stops ask of it. */
export interface Dialect {
  readonly product: string;
  /** A name of a table or column as a word of SQL. */
  quote(name: string): string;
  /** How a SELECT says that it gives at most some rows; default LIMIT behind it. */
  readonly limit?: 'top' | 'fetch' | undefined;
  /** Gives the version in its first row. */
  readonly version: string;
  /** What lies at a path of names; undefined where nothing can. */
  listing(path: readonly string[], limit: number): Listing | undefined;
  /** How it is written to; absent: it is read only. */
  readonly writing?: Writing | undefined;
}

/** How rows come into tables. */
export interface Writing {
  /** Gives the names of a table's columns, none where there is no table. */
  columnsOf(table: readonly string[]): string;
  /** The type of a new table's column; undefined where there is none for values of this type. */
  columnType(type: string, isKey: boolean): string | undefined;
  readonly begin: string;
  readonly commit: string;
  readonly rollback: string;
  /** Whether making and dropping tables is undone with the transaction. */
  readonly undoesTables: boolean;
  /** The name of a table that lives as long as the session; absent: one beside the table is made and dropped. */
  readonly scratch?: ((name: string) => { readonly create: string; readonly name: readonly string[] }) | undefined;
  /** Takes rows of one table into another, in the place of rows of equal keys. */
  merge(into: string, from: string, columns: readonly string[], keys: readonly string[]): string;
  /** Gives a table another name in the same place. */
  rename(table: readonly string[], name: string): string;
}

/** `MERGE` as the standard has it, which SQL Server and Oracle speak. */
export function mergeInto(into: string, from: string, columns: readonly string[], keys: readonly string[]): string {
  const changed = columns.filter((column) => !keys.includes(column));
  const on = keys.map((key) => `t.${key} = s.${key}`).join(' AND ');
  const update =
    changed.length === 0
      ? ''
      : ` WHEN MATCHED THEN UPDATE SET ${changed.map((each) => `${each} = s.${each}`).join(', ')}`;
  const values = columns.map((each) => `s.${each}`).join(', ');
  return `MERGE INTO ${into} t USING ${from} s ON (${on})${update} WHEN NOT MATCHED THEN INSERT (${columns.join(', ')}) VALUES (${values})`;
}
