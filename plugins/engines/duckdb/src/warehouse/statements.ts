import { SluiceError, type Column, type Dataset } from '@sluice/plugin-sdk';
import { DEFAULT_DATABASE, shown } from './catalog.js';
import { parseStatement, type CreateTable, type Statement } from './parse-statement.js';
import type { Tables } from './tables.js';

const strings = (...names: readonly string[]): Column[] => names.map((name) => ({ name, type: 'string' }));

/**
 * Runs one statement of Spark SQL over the tables of the warehouse. Queries are lazy, as everywhere; everything else is
 * done when the promise resolves, and gives no rows but those of SHOW and DESCRIBE.
 */
export async function runStatement(warehouse: Tables, text: string): Promise<Dataset> {
  const statement = parseStatement(text);
  switch (statement.kind) {
    case 'query':
      return warehouse.query(statement.query);
    case 'show-databases':
    case 'show-tables':
    case 'show-columns':
    case 'describe':
      return show(warehouse, statement);
    default:
      await change(warehouse, statement);
      return warehouse.rows(strings('result'), []);
  }
}

type Show = Extract<Statement, { kind: 'show-databases' | 'show-tables' | 'show-columns' | 'describe' }>;
type Change = Exclude<Statement, Show | { kind: 'query' }>;

async function show(warehouse: Tables, statement: Show): Promise<Dataset> {
  const { catalog } = warehouse;
  switch (statement.kind) {
    case 'show-databases': {
      const found = (await catalog.databases()).filter(matcher(statement.like));
      return warehouse.rows(
        strings('namespace'),
        found.map((name) => [name]),
      );
    }
    case 'show-tables': {
      const database = (statement.database ?? warehouse.context.database).toLowerCase();
      await requireDatabase(warehouse, database);
      const matches = matcher(statement.like);
      const found = (await catalog.tables(database)).filter((table) => matches(table.name));
      const columns = [...strings('namespace', 'tableName'), { name: 'isTemporary', type: 'boolean' }];
      return warehouse.rows(
        columns,
        found.map(({ name }) => [database, name, false]),
      );
    }
    case 'show-columns':
    case 'describe': {
      const { columns } = await catalog.get(warehouse.nameOf(statement.name));
      if (statement.kind === 'show-columns') {
        return warehouse.rows(
          strings('col_name'),
          columns.map(({ name }) => [name]),
        );
      }
      return warehouse.rows(
        strings('col_name', 'data_type', 'comment'),
        columns.map(({ name, type }) => [name, type, null]),
      );
    }
  }
}

async function change(warehouse: Tables, statement: Change): Promise<void> {
  const { catalog, context } = warehouse;
  switch (statement.kind) {
    case 'use': {
      const database = statement.database.toLowerCase();
      await requireDatabase(warehouse, database);
      context.database = database;
      return;
    }
    case 'create-database':
      await context.options.beforeCommit();
      if (!(await catalog.createDatabase(statement.name.toLowerCase())) && !statement.ifNotExists) {
        throw new SluiceError('TABLE_EXISTS', `the database '${statement.name}' exists already; use IF NOT EXISTS`);
      }
      return;
    case 'drop-database':
      return dropDatabase(warehouse, statement);
    case 'create-table':
      return createTable(warehouse, statement);
    case 'create-view':
      return createView(warehouse, statement);
    case 'drop-table':
      return dropTable(warehouse, statement);
    case 'insert':
      return insert(warehouse, statement);
    case 'truncate': {
      const place = warehouse.nameOf(statement.name);
      await requireTable(warehouse, statement.name);
      await context.options.beforeCommit();
      await catalog.commit(place, (present) => (present === undefined ? undefined : { ...present, files: [] }));
    }
  }
}

async function dropDatabase(
  warehouse: Tables,
  { name, ifExists, cascade }: Extract<Statement, { kind: 'drop-database' }>,
): Promise<void> {
  const { catalog, context } = warehouse;
  const database = name.toLowerCase();
  if (database === DEFAULT_DATABASE) throw new SluiceError('SQL_FORBIDDEN', 'the default database cannot be dropped');
  if (!(await catalog.hasDatabase(database))) {
    if (ifExists) return;
    await requireDatabase(warehouse, database);
  }
  const tables = await catalog.tables(database);
  if (tables.length > 0 && !cascade) {
    const message = `the database '${name}' is not empty (${tables.map((table) => table.name).join(', ')}); drop its tables first, or use CASCADE`;
    throw new SluiceError('TABLE_EXISTS', message);
  }
  await context.options.beforeCommit();
  await catalog.dropDatabase(database);
  if (context.database === database) context.database = DEFAULT_DATABASE;
}

async function createTable(warehouse: Tables, statement: CreateTable): Promise<void> {
  const { catalog, context } = warehouse;
  const place = warehouse.nameOf(statement.name);
  const exists = (await catalog.find(place)) !== undefined;
  if (exists && statement.ifNotExists) return;
  if (exists)
    throw new SluiceError('TABLE_EXISTS', `the table '${shown(place)}' exists already; use IF NOT EXISTS, or drop it`);
  if (statement.query !== undefined) {
    await warehouse.put(await warehouse.query(statement.query), place, statement.ifNotExists ? 'ignore' : 'error');
    return;
  }
  const { columns, comment } = statement;
  await catalog.dataFolder(place);
  await context.options.beforeCommit();
  await catalog.commit(place, (present) => {
    if (present === undefined) return { columns, files: [], comment };
    if (statement.ifNotExists) return undefined;
    throw new SluiceError('TABLE_EXISTS', `the table '${shown(place)}' was made by another run in the meantime`);
  });
}

async function createView(
  warehouse: Tables,
  { name, columns: names, orReplace, ifNotExists, query }: Extract<Statement, { kind: 'create-view' }>,
): Promise<void> {
  const { catalog, context } = warehouse;
  const place = warehouse.nameOf(name);
  const present = await catalog.find(place);
  if (present !== undefined && ifNotExists) return;
  if (present !== undefined && (!orReplace || present.view === undefined)) {
    const kind = present.view === undefined ? 'table' : 'view';
    throw new SluiceError('TABLE_EXISTS', `there is a ${kind} '${shown(place)}' already`);
  }
  // Translated now, so that a view that cannot be read is not made.
  const { columns } = await warehouse.query(query, new Set([shown(place)]));
  if (names.length > 0 && names.length !== columns.length) {
    throw new SluiceError('SQL_ANALYSIS', `the view has ${names.length} names for ${columns.length} columns`);
  }
  const list = names.map((each) => `\`${each.replaceAll('`', '``')}\``).join(', ');
  const view = names.length === 0 ? query : `SELECT * FROM (${query}) AS t(${list})`;
  await context.options.beforeCommit();
  await catalog.dataFolder(place);
  const shownColumns = columns.map((column, index) => ({ ...column, name: names[index] ?? column.name }));
  await catalog.commit(place, () => ({ columns: shownColumns, files: [], view }));
}

async function dropTable(
  warehouse: Tables,
  { name, ifExists, isView }: Extract<Statement, { kind: 'drop-table' }>,
): Promise<void> {
  const { catalog, context } = warehouse;
  const place = warehouse.nameOf(name);
  const present = await catalog.find(place);
  if (present === undefined) {
    if (ifExists) return;
    await catalog.get(place);
  }
  if (present !== undefined && (present.view !== undefined) !== isView) {
    const kind = present.view === undefined ? 'TABLE' : 'VIEW';
    throw new SluiceError('SQL_ANALYSIS', `'${shown(place)}' is a ${kind.toLowerCase()}; use DROP ${kind}`);
  }
  await context.options.beforeCommit();
  await catalog.commit(place, (now) =>
    now === undefined ? undefined : { columns: now.columns, files: [], dropped: true },
  );
}

async function insert(
  warehouse: Tables,
  { name, overwrite, columns, query }: Extract<Statement, { kind: 'insert' }>,
): Promise<void> {
  const place = warehouse.nameOf(name);
  const table = await requireTable(warehouse, name);
  let rows = await warehouse.query(query);
  if (columns !== undefined) rows = spread(warehouse, rows, columns, table.columns, shown(place));
  await warehouse.store(rows, place, overwrite ? 'overwrite' : 'append', table.columns);
}

/** Rows for some columns of a table as rows for all: NULL for the others. */
function spread(
  warehouse: Tables,
  rows: Dataset,
  given: readonly string[],
  wanted: readonly Column[],
  table: string,
): Dataset {
  if (given.length !== rows.columns.length) {
    throw new SluiceError(
      'SCHEMA_MISMATCH',
      `INSERT names ${given.length} columns, the rows have ${rows.columns.length}`,
    );
  }
  const lower = given.map((name) => name.toLowerCase());
  const wrong = given.find((name) => !wanted.some((column) => column.name.toLowerCase() === name.toLowerCase()));
  if (wrong !== undefined) {
    const known = wanted.map((column) => column.name).join(', ');
    throw new SluiceError('COLUMN_UNKNOWN', `the table '${table}' has no column '${wrong}'; there are ${known}`);
  }
  const list = wanted.map((column) => {
    const at = lower.indexOf(column.name.toLowerCase());
    return at < 0 ? `CAST(NULL AS ${column.type})` : `c${at}`;
  });
  const names = given.map((_, index) => `c${index}`).join(', ');
  const text = `SELECT ${list.join(', ')} FROM rows_given AS t(${names})`;
  return warehouse.context.query(warehouse.stop, text, [['rows_given', rows]]);
}

async function requireTable(warehouse: Tables, name: readonly string[]): Promise<{ columns: readonly Column[] }> {
  const place = warehouse.nameOf(name);
  const table = await warehouse.catalog.get(place);
  if (table.view !== undefined) throw new SluiceError('SQL_ANALYSIS', `'${shown(place)}' is a view and takes no rows`);
  return table;
}

async function requireDatabase({ catalog }: Tables, name: string): Promise<void> {
  if (await catalog.hasDatabase(name)) return;
  const known = (await catalog.databases()).join(', ');
  throw new SluiceError('TABLE_NOT_FOUND', `there is no database '${name}' in the warehouse; there are ${known}`);
}

/** Hive's patterns: `*` for anything, `|` between choices. */
function matcher(like: string | undefined): (name: string) => boolean {
  if (like === undefined) return () => true;
  const source = like
    .toLowerCase()
    .split('|')
    .map((part) =>
      part
        .trim()
        .replace(/[.+?^${}()[\]\\]/g, '\\$&')
        .replace(/[*%]/g, '.*'),
    );
  const pattern = new RegExp(`^(?:${source.join('|')})$`);
  return (name) => pattern.test(name);
}
