import { randomUUID } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError, type Column, type Dataset, type SaveMode, type Written } from '@sluice/plugin-sdk';
import { mapError } from '../errors.js';
import { checkDistinct } from '../formats/writer.js';
import { changedRows } from '../keeper.js';
import type { RunContext } from '../run-context.js';
import { duckdbType, quoteIdentifier, quoteLiteral, translateQuery, type View } from '../sql/index.js';
import { canStore } from './assignment.js';
import { Catalog, shown, type TableFile, type TableName, type TableVersion } from './catalog.js';

/** The tables of the warehouse folder, on behalf of one stop. */
export class Tables {
  readonly catalog: Catalog;

  constructor(
    readonly context: RunContext,
    readonly stop: string,
  ) {
    this.catalog = new Catalog(context.warehouseFolder);
  }

  /** The full name for the parts of one in a statement: `table` or `database.table`. */
  nameOf(parts: readonly string[]): TableName {
    const [first = '', second] = parts.map((part) => part.toLowerCase());
    if (parts.length > 2 || first === '' || second === '') {
      throw new SluiceError(
        'TABLE_NOT_FOUND',
        `'${parts.join('.')}' names no table; names are table or database.table`,
      );
    }
    return second === undefined
      ? { database: this.context.database, table: first }
      : { database: first, table: second };
  }

  /** Writes rows to a table by the names of its columns, which is made when it is not there. */
  async put(dataset: Dataset, place: TableName, mode: SaveMode): Promise<Written> {
    const present = await this.catalog.find(place);
    if (present?.view !== undefined) throw new SluiceError('TABLE_EXISTS', `'${shown(place)}' is a view, not a table`);
    if (present !== undefined && mode === 'error') {
      const message = `the table '${shown(place)}' exists already; use save mode append, overwrite or ignore`;
      throw new SluiceError('TABLE_EXISTS', message, { details: { table: shown(place) } });
    }
    if (present !== undefined && mode === 'ignore') return { rows: 0, bytes: 0, files: [] };
    if (present === undefined || mode === 'overwrite') return this.store(dataset, place, mode, undefined);
    return this.store(this.inOrderOf(dataset, present.columns, place), place, mode, present.columns);
  }

  /**
   * Stores the rows of a dataset and makes the table's next version. All rows or none.
   *
   * @param into the columns that the rows take by position; absent: those of the dataset become the table's
   */
  async store(
    dataset: Dataset,
    place: TableName,
    mode: SaveMode,
    into: readonly Column[] | undefined,
  ): Promise<Written> {
    const { context } = this;
    const fitted = into === undefined ? dataset : this.fit(dataset, into, place);
    const columns = into ?? dataset.columns;
    checkDistinct(columns);
    const folder = await this.catalog.dataFolder(place);
    const name = `${randomUUID()}.parquet`;
    const path = join(folder, name);
    const node = context.used(fitted);
    const doing = `writing the table '${shown(place)}'`;
    try {
      const rows = await context.keeper.query(node, { doing }, async (connection, prefix) => {
        const list = columns.map((column, index) => {
          return `CAST(c${index} AS ${duckdbType(column.type)}) AS ${quoteIdentifier(column.name)}`;
        });
        const names = columns.map((_, index) => `c${index}`).join(', ');
        const select = `${prefix}SELECT ${list.join(', ')} FROM ${node.relation} AS t(${names})`;
        return changedRows(await connection.run(`COPY (${select}) TO ${quoteLiteral(path)} (FORMAT parquet)`));
      });
      const { size } = await stat(path);
      const file: TableFile = { path: `data/${name}`, rows, bytes: size };
      await context.options.beforeCommit();
      await this.catalog.commit(place, (present) => next(present, mode, columns, rows === 0 ? [] : [file], place));
      if (rows === 0) await rm(path, { force: true });
      context.executor.countNode(node, rows);
      context.executor.countSink(this.stop, rows, rows === 0 ? 0 : size);
      return { rows, bytes: rows === 0 ? 0 : size, files: [] };
    } catch (error) {
      await rm(path, { force: true });
      throw mapError(error, doing);
    }
  }

  /** The rows of one version of a table, or of a view's query. */
  async open(place: TableName, version: TableVersion): Promise<Dataset> {
    if (version.view !== undefined) return this.query(version.view, new Set([shown(place)]), place.database);
    const paths = this.catalog.paths(place, version);
    const rows = version.files.reduce((sum, file) => sum + file.rows, 0);
    const bytes = version.files.reduce((sum, file) => sum + file.bytes, 0);
    const text = paths.length > 0 ? fileQuery(paths, version.columns) : emptyQuery(version.columns);
    return this.context.dataset({
      text: () => text,
      columns: version.columns,
      stop: this.stop,
      scan: { bytes, rows, mark: '', paths, cheap: true },
    });
  }

  /**
   * The rows of a query over the tables.
   *
   * @param within names of views that are being read, so that none reads itself
   * @param home the database for names without one
   */
  async query(
    text: string,
    within: ReadonlySet<string> = new Set(),
    home: string = this.context.database,
  ): Promise<Dataset> {
    const { context } = this;
    const { zone, ansi } = context.options;
    const versions = new Map<string, { place: TableName; version: TableVersion }>();
    const views: View[] = [];
    for (const database of await this.catalog.databases()) {
      for (const { name } of await this.catalog.tables(database)) {
        const place = { database, table: name };
        const version = await this.catalog.find(place);
        if (version === undefined) continue;
        const names = [`${database}.${name}`, ...(database === home ? [name] : [])];
        for (const each of names) {
          versions.set(each.toLowerCase(), { place, version });
          views.push({ name: each, relation: quoteIdentifier(each), columns: version.columns });
        }
      }
    }
    // Once to learn which tables it reads, so that only those are opened.
    const read = translateQuery(text, views, { zone, ansi }).views;
    const opened: [string, Dataset][] = [];
    for (const name of read) {
      const found = versions.get(name.toLowerCase());
      if (found === undefined) continue;
      if (within.has(shown(found.place))) {
        throw new SluiceError('SQL_ANALYSIS', `the view '${shown(found.place)}' reads itself`);
      }
      const { view } = found.version;
      const dataset =
        view === undefined
          ? await this.open(found.place, found.version)
          : await this.query(view, new Set([...within, shown(found.place)]), found.place.database);
      opened.push([name, dataset]);
    }
    return context.query(this.stop, text, opened);
  }

  /** A dataset of rows that are known at once. */
  rows(columns: readonly Column[], rows: readonly (readonly (string | boolean | null)[])[]): Dataset {
    const show = (value: string | boolean | null): string => {
      if (value === null) return 'NULL';
      return typeof value === 'string' ? quoteLiteral(value) : String(value);
    };
    const lines = rows.map((row) => `(${row.map(show).join(', ')})`);
    const names = columns.map((column) => quoteIdentifier(column.name)).join(', ');
    const casts = columns.map(({ name, type }) => {
      return `CAST(${quoteIdentifier(name)} AS ${duckdbType(type)}) AS ${quoteIdentifier(name)}`;
    });
    const values = `(VALUES ${lines.join(', ')}) AS t(${names})`;
    const text = lines.length > 0 ? `SELECT ${casts.join(', ')} FROM ${values}` : emptyQuery(columns);
    return this.context.dataset({ text: () => text, columns, stop: this.stop });
  }

  /** The same rows with the columns in the order of a table's. */
  private inOrderOf(dataset: Dataset, columns: readonly Column[], place: TableName): Dataset {
    const given = new Map(dataset.columns.map((column) => [column.name.toLowerCase(), column]));
    const fits =
      dataset.columns.length === columns.length && columns.every((column) => given.has(column.name.toLowerCase()));
    if (!fits) {
      const [wanted, had] = [columns, dataset.columns].map((each) => each.map((column) => column.name).join(', '));
      const message = `the table '${shown(place)}' has the columns ${wanted}; the rows have ${had}`;
      throw new SluiceError('SCHEMA_MISMATCH', message);
    }
    const isSame = columns.every(
      (column, index) => dataset.columns[index]?.name.toLowerCase() === column.name.toLowerCase(),
    );
    if (isSame) return dataset;
    const list = columns.map((column) => `\`${column.name.replaceAll('`', '``')}\``).join(', ');
    return this.context.query(this.stop, `SELECT ${list} FROM rows_given`, [['rows_given', dataset]]);
  }

  /** The same rows with the types of a table's columns, by position. */
  private fit(dataset: Dataset, columns: readonly Column[], place: TableName): Dataset {
    if (dataset.columns.length !== columns.length) {
      const message = `the table '${shown(place)}' has ${columns.length} columns, the rows have ${dataset.columns.length}`;
      throw new SluiceError('SCHEMA_MISMATCH', message);
    }
    for (const [index, column] of columns.entries()) {
      const given = dataset.columns[index] as Column;
      if (canStore(given.type, column.type)) continue;
      const message = `column '${column.name}' of the table '${shown(place)}' is ${column.type} and cannot take '${given.name}', which is ${given.type}; cast it in the query`;
      throw new SluiceError('SCHEMA_MISMATCH', message);
    }
    if (columns.every((column, index) => dataset.columns[index]?.type === column.type)) return dataset;
    const names = columns.map((_, index) => `c${index}`).join(', ');
    const list = columns.map((column, index) => {
      return dataset.columns[index]?.type === column.type
        ? `c${index}`
        : `CAST(c${index} AS ${column.type}) AS c${index}`;
    });
    return this.context.query(this.stop, `SELECT ${list.join(', ')} FROM rows_given AS t(${names})`, [
      ['rows_given', dataset],
    ]);
  }
}

function next(
  present: TableVersion | undefined,
  mode: SaveMode,
  columns: readonly Column[],
  files: readonly TableFile[],
  place: TableName,
): Omit<TableVersion, 'version'> {
  if (present === undefined) return { columns, files };
  if (mode === 'error' || mode === 'ignore') {
    throw new SluiceError('TABLE_EXISTS', `the table '${shown(place)}' was made by another run in the meantime`);
  }
  if (mode === 'overwrite') return { ...present, columns, files };
  const isSame = JSON.stringify(present.columns) === JSON.stringify(columns);
  if (!isSame)
    throw new SluiceError(
      'SCHEMA_MISMATCH',
      `the columns of '${shown(place)}' were changed by another run in the meantime`,
    );
  return { ...present, files: [...present.files, ...files] };
}

function fileQuery(paths: readonly string[], columns: readonly Column[]): string {
  const list = columns.map((column) => quoteIdentifier(column.name)).join(', ');
  return `SELECT ${list} FROM read_parquet([${paths.map(quoteLiteral).join(', ')}], hive_partitioning = false)`;
}

function emptyQuery(columns: readonly Column[]): string {
  const list = columns.map((column) => `CAST(NULL AS ${duckdbType(column.type)}) AS ${quoteIdentifier(column.name)}`);
  return `SELECT ${list.join(', ')} WHERE false`;
}
