import type { Column } from '@sluice/plugin-sdk';
import { Cursor, readType, typeText } from '../sql/index.js';

/** One statement over the warehouse. Names are as written, in parts; queries are texts. */
export type Statement =
  | { readonly kind: 'query'; readonly query: string }
  | { readonly kind: 'create-database'; readonly name: string; readonly ifNotExists: boolean }
  | { readonly kind: 'drop-database'; readonly name: string; readonly ifExists: boolean; readonly cascade: boolean }
  | CreateTable
  | {
      readonly kind: 'create-view';
      readonly name: readonly string[];
      readonly columns: readonly string[];
      readonly orReplace: boolean;
      readonly ifNotExists: boolean;
      readonly query: string;
    }
  | {
      readonly kind: 'drop-table';
      readonly name: readonly string[];
      readonly ifExists: boolean;
      readonly isView: boolean;
    }
  | {
      readonly kind: 'insert';
      readonly name: readonly string[];
      readonly overwrite: boolean;
      /** The columns that the rows give; absent: all. */
      readonly columns: readonly string[] | undefined;
      readonly query: string;
    }
  | { readonly kind: 'truncate'; readonly name: readonly string[] }
  | { readonly kind: 'show-databases'; readonly like: string | undefined }
  | { readonly kind: 'show-tables'; readonly database: string | undefined; readonly like: string | undefined }
  | { readonly kind: 'show-columns' | 'describe'; readonly name: readonly string[] }
  | { readonly kind: 'use'; readonly database: string };

export interface CreateTable {
  readonly kind: 'create-table';
  readonly name: readonly string[];
  readonly ifNotExists: boolean;
  readonly columns: readonly Column[];
  readonly comment: string | undefined;
  readonly query: string | undefined;
}

const QUERIES = new Set(['SELECT', 'WITH', 'FROM', 'VALUES', 'TABLE', '(']);
const FORBIDDEN = new Set(['COPY', 'ATTACH', 'DETACH', 'PRAGMA', 'INSTALL', 'LOAD', 'IMPORT', 'EXPORT', 'CALL', 'SET']);

/**
 * Reads one statement of Spark SQL as far as the warehouse needs it.
 *
 * @throws SQL_SYNTAX, SQL_STATEMENTS for more than one, SQL_FORBIDDEN and SQL_UNSUPPORTED by name
 */
export function parseStatement(text: string): Statement {
  const reader = statementCursor(text);
  const { key, kind } = reader.token;
  if (kind === 'end') throw reader.error('SQL_SYNTAX', 'the statement is empty');
  if (QUERIES.has(key)) return { kind: 'query', query: rest(reader) };
  const statement = other(reader);
  if (statement === undefined) {
    if (FORBIDDEN.has(key)) throw reader.error('SQL_FORBIDDEN', `${key} is not allowed in a flow`);
    const known = 'SELECT, INSERT, CREATE, DROP, TRUNCATE, SHOW, DESCRIBE and USE';
    throw reader.error('SQL_UNSUPPORTED', `the statement ${key} is not supported; there are ${known}`);
  }
  end(reader);
  return statement;
}

/** A cursor at the start of a statement, which may end with semicolons; behind them there must be nothing. */
function statementCursor(text: string): Cursor {
  const reader = new Cursor(text, (cursor) => {
    throw cursor.unexpected('a value');
  });
  const first = reader.tokens.findIndex(({ key }) => key === ';');
  if (first < 0) return reader;
  reader.position = first;
  while (reader.accept(';'));
  if (reader.token.kind === 'end') return statementCursor(text.slice(0, reader.tokens[first]?.at));
  throw reader.error('SQL_STATEMENTS', 'there are two statements; give one at a time');
}

function end(reader: Cursor): void {
  if (reader.token.kind !== 'end') throw reader.unexpected('the end of the statement');
}

/** The text from here to the end. */
function rest(reader: Cursor): string {
  const { at } = reader.token;
  const last = reader.tokens.at(-2);
  reader.position = reader.tokens.length - 1;
  return reader.text.slice(at, last?.end);
}

function other(reader: Cursor): Statement | undefined {
  if (reader.accept('CREATE')) return create(reader);
  if (reader.accept('DROP')) return drop(reader);
  if (reader.accept('INSERT')) return insert(reader);
  if (reader.accept('TRUNCATE', 'TABLE')) return { kind: 'truncate', name: reader.names() };
  if (reader.accept('USE')) {
    if (!reader.accept('DATABASE') && !reader.accept('SCHEMA')) reader.accept('NAMESPACE');
    return { kind: 'use', database: reader.name() };
  }
  if (reader.accept('SHOW')) return show(reader);
  if (reader.accept('DESCRIBE') || reader.accept('DESC')) {
    if (reader.is('DATABASE') || reader.is('FUNCTION') || reader.is('QUERY')) throw unsupported(reader, 'DESCRIBE');
    reader.accept('TABLE');
    if (!reader.accept('EXTENDED')) reader.accept('FORMATTED');
    return { kind: 'describe', name: reader.names() };
  }
  return undefined;
}

function unsupported(reader: Cursor, what: string): Error {
  const { at, end } = reader.token;
  return reader.error('SQL_UNSUPPORTED', `${what} ${reader.text.slice(at, end).toUpperCase()} is not supported here`);
}

function create(reader: Cursor): Statement {
  if (reader.accept('DATABASE') || reader.accept('SCHEMA')) {
    const ifNotExists = reader.accept('IF', 'NOT', 'EXISTS');
    const name = reader.name();
    if (reader.accept('COMMENT')) reader.string('a text in quotes');
    return { kind: 'create-database', name, ifNotExists };
  }
  const orReplace = reader.accept('OR', 'REPLACE');
  if (reader.accept('VIEW')) {
    const ifNotExists = reader.accept('IF', 'NOT', 'EXISTS');
    const name = reader.names();
    const columns = reader.is('(') ? names(reader) : [];
    if (reader.accept('COMMENT')) reader.string('a text in quotes');
    reader.expect('AS');
    return { kind: 'create-view', name, columns, orReplace, ifNotExists, query: query(reader) };
  }
  if (orReplace || !reader.accept('TABLE')) throw unsupported(reader, 'CREATE');
  return createTable(reader);
}

function createTable(reader: Cursor): CreateTable {
  const ifNotExists = reader.accept('IF', 'NOT', 'EXISTS');
  const name = reader.names();
  if (reader.is('LIKE')) throw unsupported(reader, 'CREATE TABLE');
  const columns = reader.is('(') ? columnList(reader) : [];
  let comment: string | undefined;
  for (;;) {
    if (reader.accept('USING')) reader.name();
    else if (reader.accept('COMMENT')) comment = reader.string('a text in quotes');
    else if (reader.accept('STORED', 'AS')) reader.name();
    else if (reader.accept('ROW', 'FORMAT')) rowFormat(reader);
    else if (reader.accept('TBLPROPERTIES') || reader.accept('OPTIONS')) skipList(reader);
    else if (reader.accept('PARTITIONED', 'BY')) columns.push(...partitions(reader, columns));
    else break;
  }
  const hasQuery = reader.accept('AS') || QUERIES.has(reader.token.key);
  if (!hasQuery && reader.token.kind !== 'end') throw unsupported(reader, 'CREATE TABLE with');
  if (hasQuery && columns.length > 0) {
    throw reader.error('SQL_UNSUPPORTED', 'CREATE TABLE ... AS takes its columns from the query; leave the list out');
  }
  if (!hasQuery && columns.length === 0) throw reader.unexpected('a list of columns, or AS and a query,');
  return { kind: 'create-table', name, ifNotExists, columns, comment, query: hasQuery ? query(reader) : undefined };
}

function columnList(reader: Cursor): Column[] {
  reader.expect('(');
  const columns: Column[] = [];
  do columns.push(column(reader));
  while (reader.accept(','));
  reader.expect(')');
  return columns;
}

function column(reader: Cursor): Column {
  const name = reader.name();
  reader.accept(':');
  const type = typeText(readType(reader));
  if (reader.is('NOT') || reader.is('DEFAULT')) throw unsupported(reader, 'a column with');
  if (reader.accept('COMMENT')) reader.string('a text in quotes');
  return { name, type };
}

/** Partitions are columns like any others here; Hive's spelling gives them types, Spark's names those that exist. */
function partitions(reader: Cursor, known: readonly Column[]): Column[] {
  const isNamed = reader.peek(2).key === ',' || reader.peek(2).key === ')';
  if (!isNamed) return columnList(reader);
  const at = names(reader);
  const wrong = at.find((name) => !known.some((each) => each.name.toLowerCase() === name.toLowerCase()));
  if (wrong !== undefined && known.length > 0)
    throw reader.error('COLUMN_UNKNOWN', `there is no column '${wrong}' to partition by`);
  return [];
}

function names(reader: Cursor): string[] {
  reader.expect('(');
  const found = [reader.name()];
  while (reader.accept(',')) found.push(reader.name());
  reader.expect(')');
  return found;
}

/** How Hive would lay out files; tables here have a layout of their own. */
function rowFormat(reader: Cursor): void {
  reader.next();
  while (reader.token.kind !== 'end' && !reader.is('STORED') && !reader.is('TBLPROPERTIES') && !reader.is('AS'))
    reader.next();
}

function skipList(reader: Cursor): void {
  reader.expect('(');
  for (let depth = 1; depth > 0; reader.next()) {
    if (reader.token.kind === 'end') throw reader.unexpected("')'");
    if (reader.is('(')) depth++;
    if (reader.is(')')) depth--;
  }
}

function query(reader: Cursor): string {
  if (!QUERIES.has(reader.token.key)) throw reader.unexpected('a query');
  return rest(reader);
}

function drop(reader: Cursor): Statement {
  if (reader.accept('DATABASE') || reader.accept('SCHEMA')) {
    const ifExists = reader.accept('IF', 'EXISTS');
    const name = reader.name();
    const cascade = reader.accept('CASCADE');
    if (!cascade) reader.accept('RESTRICT');
    return { kind: 'drop-database', name, ifExists, cascade };
  }
  const isView = reader.accept('VIEW');
  if (!isView && !reader.accept('TABLE')) throw unsupported(reader, 'DROP');
  const ifExists = reader.accept('IF', 'EXISTS');
  const name = reader.names();
  if (!isView) reader.accept('PURGE');
  return { kind: 'drop-table', name, ifExists, isView };
}

function insert(reader: Cursor): Statement {
  const overwrite = reader.accept('OVERWRITE');
  if (!overwrite) reader.expect('INTO');
  reader.accept('TABLE');
  const name = reader.names();
  if (reader.is('PARTITION')) {
    const message =
      'INSERT with PARTITION is not supported; give the values as columns of the query, where the table has them';
    throw reader.error('SQL_UNSUPPORTED', message);
  }
  const isList = reader.is('(') && !QUERIES.has(reader.peek(1).key);
  const columns = isList ? names(reader) : undefined;
  return { kind: 'insert', name, overwrite, columns, query: query(reader) };
}

function show(reader: Cursor): Statement {
  if (reader.accept('DATABASES') || reader.accept('SCHEMAS') || reader.accept('NAMESPACES')) {
    return { kind: 'show-databases', like: like(reader) };
  }
  if (reader.accept('TABLES')) {
    const database = reader.accept('IN') || reader.accept('FROM') ? reader.name() : undefined;
    return { kind: 'show-tables', database, like: like(reader) };
  }
  if (reader.accept('COLUMNS')) {
    if (!reader.accept('IN')) reader.expect('FROM');
    const name = reader.names();
    const database = reader.accept('IN') || reader.accept('FROM') ? [reader.name()] : [];
    return { kind: 'show-columns', name: [...database, ...name] };
  }
  throw unsupported(reader, 'SHOW');
}

function like(reader: Cursor): string | undefined {
  const has = reader.accept('LIKE');
  return has || reader.token.kind === 'string' ? reader.string('a text in quotes') : undefined;
}
