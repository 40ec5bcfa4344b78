import { cursorOf, readQuery } from './parse-query.js';
import { readType } from './parse-type.js';
import { errorAt } from './place.js';
import { translateTree, type TranslatedQuery, type View } from './translate.js';
import { typeText } from './types.js';
import type { Cursor } from './cursor.js';
import type { SqlOptions } from './scope.js';
import type { Query } from './tree.js';
import type { Column } from '@sluice/plugin-sdk';

/** A table or view by name: one part, or database and name. */
export type Name = readonly string[];

/** A query inside a statement, to be translated when its views are known. */
export interface StatementQuery {
  /** The views and tables that it reads, as written, each once. */
  readonly reads: readonly Name[];
  /** The query in DuckDB's words; `views` must hold what it reads, under the names as written (`database.table`). */
  readonly translate: (views: readonly View[], options: SqlOptions) => TranslatedQuery;
}

/** One statement over a warehouse. */
export type Statement =
  | { readonly kind: 'query'; readonly query: StatementQuery }
  | {
      readonly kind: 'create-table';
      readonly name: Name;
      readonly ifNotExists: boolean;
      readonly orReplace: boolean;
      readonly columns: readonly Column[];
      /** The names of the columns of PARTITIONED BY. */
      readonly partitionedBy: readonly string[];
      /** USING or STORED AS, lower case, such as `parquet`. */
      readonly format: string | undefined;
      readonly query: StatementQuery | undefined;
      /** `CREATE TABLE a LIKE b`. */
      readonly like: Name | undefined;
    }
  | {
      readonly kind: 'create-view';
      readonly name: Name;
      readonly ifNotExists: boolean;
      readonly orReplace: boolean;
      readonly temporary: boolean;
      readonly columns: readonly string[];
      readonly query: StatementQuery;
      /** The text of the query, to be kept. */
      readonly text: string;
    }
  | { readonly kind: 'drop-table' | 'drop-view'; readonly name: Name; readonly ifExists: boolean }
  | { readonly kind: 'create-database'; readonly name: string; readonly ifNotExists: boolean }
  | { readonly kind: 'drop-database'; readonly name: string; readonly ifExists: boolean; readonly cascade: boolean }
  | {
      readonly kind: 'insert';
      readonly name: Name;
      readonly overwrite: boolean;
      /** The columns named behind the table; empty for all in their order. */
      readonly columns: readonly string[];
      readonly query: StatementQuery;
    }
  | { readonly kind: 'truncate'; readonly name: Name }
  | { readonly kind: 'rename-table'; readonly name: Name; readonly to: Name }
  | {
      readonly kind: 'show-tables' | 'show-views';
      readonly database: string | undefined;
      readonly pattern: string | undefined;
    }
  | { readonly kind: 'show-databases'; readonly pattern: string | undefined }
  | { readonly kind: 'show-columns'; readonly name: Name }
  | { readonly kind: 'describe'; readonly name: Name; readonly extended: boolean }
  | { readonly kind: 'use'; readonly database: string };

const FORBIDDEN = new Set([
  'COPY',
  'ATTACH',
  'DETACH',
  'PRAGMA',
  'INSTALL',
  'LOAD',
  'IMPORT',
  'EXPORT',
  'CALL',
  'SET',
  'RESET',
  'CHECKPOINT',
  'VACUUM',
  'ADD',
]);

/**
 * Tells one statement's kind and parts. SQL_STATEMENTS for two, SQL_UNSUPPORTED by name for a kind that is not claimed,
 * SQL_FORBIDDEN for those that would reach outside the warehouse, SQL_SYNTAX for what is no statement.
 */
export function parseStatement(text: string): Statement {
  const cursor = cursorOf(text);
  const statement = readStatement(cursor, text);
  const ended = cursor.accept(';');
  while (cursor.accept(';'));
  if (cursor.token.kind !== 'end') {
    if (ended) throw cursor.error('SQL_STATEMENTS', 'there are two statements; one is run at a time');
    throw cursor.unexpected('the end of the statement');
  }
  return statement;
}

function readStatement(cursor: Cursor, text: string): Statement {
  const { key, at } = cursor.token;
  switch (key) {
    case 'CREATE':
      return readCreate(cursor, text);
    case 'DROP':
      return readDrop(cursor);
    case 'INSERT':
      return readInsert(cursor, text);
    case 'SHOW':
      return readShow(cursor);
    case 'DESCRIBE':
    case 'DESC': {
      cursor.next();
      if (['FUNCTION', 'DATABASE', 'SCHEMA', 'QUERY', 'SELECT', 'WITH'].includes(cursor.token.key))
        throw cursor.unsupported(`DESCRIBE ${cursor.token.key}`, 'describe a table');
      cursor.accept('TABLE');
      const extended = cursor.accept('EXTENDED') || cursor.accept('FORMATTED');
      return { kind: 'describe', name: cursor.names('a table'), extended };
    }
    case 'USE':
      cursor.next();
      if (!cursor.accept('DATABASE')) cursor.accept('SCHEMA');
      return { kind: 'use', database: cursor.name('a database') };
    case 'TRUNCATE':
      cursor.next();
      cursor.expect('TABLE');
      return { kind: 'truncate', name: cursor.names('a table') };
    case 'ALTER': {
      cursor.next();
      if (!cursor.accept('TABLE'))
        throw cursor.unsupported(`ALTER ${cursor.token.key}`, 'drop it and create it again', at);
      const name = cursor.names('a table');
      if (!cursor.accept('RENAME', 'TO'))
        throw cursor.unsupported('ALTER TABLE other than RENAME TO', 'create the table again from a query', at);
      return { kind: 'rename-table', name, to: cursor.names('a table') };
    }
    default:
      break;
  }
  if (['SELECT', 'WITH', 'FROM', 'VALUES', 'TABLE', '('].includes(key))
    return { kind: 'query', query: readInner(cursor, text) };
  if (FORBIDDEN.has(key)) throw errorAt(text, at, 'SQL_FORBIDDEN', `${key} is not allowed`, { construct: key });
  if (
    /^(?:DELETE|UPDATE|MERGE|EXPLAIN|CACHE|UNCACHE|REFRESH|ANALYZE|MSCK|REPAIR|GRANT|REVOKE|LOCK|UNLOCK|EXECUTE|DECLARE|BEGIN)$/.test(
      key,
    )
  ) {
    throw cursor.unsupported(
      `the statement ${key}`,
      'use CREATE, DROP, INSERT, TRUNCATE, SHOW, DESCRIBE, USE or a query',
    );
  }
  throw cursor.unexpected('a statement');
}

function readInner(cursor: Cursor, text: string): StatementQuery {
  const query = readQuery(cursor);
  return { reads: tablesOf(query), translate: (views, options) => translateTree(text, query, views, options) };
}

/** The tables that a query names, without those that its own WITH defines. */
function tablesOf(query: Query): Name[] {
  const found = new Map<string, Name>();
  const walk = (node: unknown, defined: ReadonlySet<string>): void => {
    if (Array.isArray(node)) {
      for (const item of node) walk(item, defined);
      return;
    }
    if (typeof node !== 'object' || node === null) return;
    const {
      kind,
      name,
      with: common,
    } = node as { kind?: string; name?: unknown; with?: readonly { name: string; query: unknown }[] };
    if (kind === 'table' && Array.isArray(name)) {
      const key = name.join('.').toLowerCase();
      if (name.length > 1 || !defined.has(key)) found.set(key, name as Name);
      return;
    }
    let inner = defined;
    if (common && common.length > 0) {
      inner = new Set([...defined, ...common.map((table) => table.name.toLowerCase())]);
      for (const table of common) walk(table.query, inner);
    }
    for (const [key, value] of Object.entries(node)) if (key !== 'with') walk(value, inner);
  };
  walk(query, new Set());
  return [...found.values()];
}

function readCreate(cursor: Cursor, text: string): Statement {
  cursor.expect('CREATE');
  const orReplace = cursor.accept('OR', 'REPLACE');
  if (cursor.accept('DATABASE') || cursor.accept('SCHEMA')) {
    const ifNotExists = cursor.accept('IF', 'NOT', 'EXISTS');
    const name = cursor.name('a database');
    if (cursor.accept('COMMENT')) cursor.string();
    if (cursor.is('LOCATION'))
      throw cursor.error('SQL_FORBIDDEN', 'LOCATION is not allowed: the warehouse says where its files are');
    return { kind: 'create-database', name, ifNotExists };
  }
  const global = cursor.accept('GLOBAL');
  const temporary = cursor.accept('TEMPORARY') || cursor.accept('TEMP');
  if (global) throw cursor.unsupported('GLOBAL TEMPORARY VIEW', 'create a view');
  if (cursor.accept('VIEW')) return readCreateView(cursor, text, orReplace, temporary);
  if (cursor.is('EXTERNAL')) throw cursor.unsupported('CREATE EXTERNAL TABLE', 'read the files with a stop');
  if (!cursor.accept('TABLE'))
    throw cursor.unsupported(`CREATE ${cursor.token.key}`, 'create a table, a view or a database');
  return readCreateTable(cursor, text, orReplace);
}

function readCreateView(cursor: Cursor, text: string, orReplace: boolean, temporary: boolean): Statement {
  const ifNotExists = cursor.accept('IF', 'NOT', 'EXISTS');
  const name = cursor.names('a view');
  const columns = cursor.is('(')
    ? cursor.inParentheses(() =>
        cursor.list(() => {
          const column = cursor.name('a column name');
          if (cursor.accept('COMMENT')) cursor.string();
          return column;
        }),
      )
    : [];
  if (cursor.accept('COMMENT')) cursor.string();
  cursor.expect('AS');
  const start = cursor.token.at;
  const query = readInner(cursor, text);
  return {
    kind: 'create-view',
    name,
    ifNotExists,
    orReplace,
    temporary,
    columns,
    query,
    text: text.slice(start, cursor.token.at).trim(),
  };
}

function readCreateTable(cursor: Cursor, text: string, orReplace: boolean): Statement {
  const ifNotExists = cursor.accept('IF', 'NOT', 'EXISTS');
  const name = cursor.names('a table');
  if (cursor.accept('LIKE')) {
    const like = cursor.names('a table');
    return {
      kind: 'create-table',
      name,
      ifNotExists,
      orReplace,
      columns: [],
      partitionedBy: [],
      format: undefined,
      query: undefined,
      like,
    };
  }
  const columns = cursor.is('(') ? cursor.inParentheses(() => cursor.list(() => readColumn(cursor))) : [];
  const partitionedBy: string[] = [];
  let format: string | undefined;
  for (;;) {
    if (cursor.accept('USING')) format = cursor.name('a format').toLowerCase();
    else if (cursor.accept('STORED', 'AS')) format = cursor.name('a format').toLowerCase();
    else if (cursor.accept('PARTITIONED', 'BY')) {
      cursor.inParentheses(() =>
        cursor.list(() => {
          const at = cursor.position;
          const column = cursor.name('a column name');
          partitionedBy.push(column);
          if (cursor.is(',') || cursor.is(')')) return;
          cursor.position = at;
          columns.push(readColumn(cursor));
        }),
      );
    } else if (cursor.accept('COMMENT')) cursor.string();
    else if (cursor.is('LOCATION'))
      throw cursor.error('SQL_FORBIDDEN', 'LOCATION is not allowed: the warehouse says where its files are');
    else if (cursor.accept('ROW', 'FORMAT')) skipRowFormat(cursor);
    else if (cursor.accept('TBLPROPERTIES') || cursor.accept('OPTIONS')) skipParentheses(cursor);
    else break;
  }
  const asQuery = cursor.accept('AS') || ['SELECT', 'WITH', 'FROM', 'VALUES'].includes(cursor.token.key);
  const query = asQuery ? readInner(cursor, text) : undefined;
  if (!query && columns.length === 0) throw cursor.unexpected("'(' with columns, or AS with a query");
  return { kind: 'create-table', name, ifNotExists, orReplace, columns, partitionedBy, format, query, like: undefined };
}

function readColumn(cursor: Cursor): Column {
  const name = cursor.name('a column name');
  cursor.accept(':');
  const type = readType(cursor);
  if (cursor.accept('NOT')) cursor.expect('NULL');
  if (cursor.is('DEFAULT') || cursor.is('GENERATED'))
    throw cursor.unsupported(`${cursor.token.key} of a column`, 'compute the value in the query that inserts');
  if (cursor.accept('COMMENT')) cursor.string();
  return { name, type: typeText(type) };
}

/** ROW FORMAT says how Hive's text files look; the warehouse keeps tables in a format of its own. */
function skipRowFormat(cursor: Cursor): void {
  if (cursor.accept('SERDE')) {
    cursor.string();
    if (cursor.accept('WITH', 'SERDEPROPERTIES')) skipParentheses(cursor);
    return;
  }
  cursor.expect('DELIMITED');
  for (;;) {
    if (cursor.accept('FIELDS') || cursor.accept('LINES')) cursor.expect('TERMINATED', 'BY');
    else if (cursor.accept('ESCAPED')) cursor.expect('BY');
    else if (cursor.accept('COLLECTION', 'ITEMS') || cursor.accept('MAP', 'KEYS')) cursor.expect('TERMINATED', 'BY');
    else if (cursor.accept('NULL', 'DEFINED')) cursor.expect('AS');
    else return;
    cursor.string();
  }
}

function skipParentheses(cursor: Cursor): void {
  cursor.expect('(');
  for (let depth = 1; depth > 0;) {
    const token = cursor.next();
    if (token.kind === 'end') throw cursor.unexpected("')'");
    if (token.key === '(') depth++;
    if (token.key === ')') depth--;
  }
}

function readDrop(cursor: Cursor): Statement {
  cursor.expect('DROP');
  if (cursor.accept('DATABASE') || cursor.accept('SCHEMA')) {
    const ifExists = cursor.accept('IF', 'EXISTS');
    const name = cursor.name('a database');
    const cascade = cursor.accept('CASCADE');
    if (!cascade) cursor.accept('RESTRICT');
    return { kind: 'drop-database', name, ifExists, cascade };
  }
  cursor.accept('TEMPORARY');
  const kind = cursor.accept('VIEW') ? 'drop-view' : cursor.accept('TABLE') ? 'drop-table' : undefined;
  if (!kind) throw cursor.unsupported(`DROP ${cursor.token.key}`, 'drop a table, a view or a database');
  const ifExists = cursor.accept('IF', 'EXISTS');
  const name = cursor.names('a table');
  cursor.accept('PURGE');
  return { kind, name, ifExists };
}

function readInsert(cursor: Cursor, text: string): Statement {
  cursor.expect('INSERT');
  const overwrite = cursor.accept('OVERWRITE');
  if (!overwrite) cursor.expect('INTO');
  if (cursor.is('DIRECTORY') || cursor.is('LOCAL'))
    throw cursor.error('SQL_FORBIDDEN', 'INSERT OVERWRITE DIRECTORY is not allowed; write files with a stop');
  cursor.accept('TABLE');
  const name = cursor.names('a table');
  if (cursor.is('PARTITION')) throw cursor.unsupported('INSERT with PARTITION', 'select the partition columns last');
  if (cursor.is('REPLACE')) throw cursor.unsupported('INSERT ... REPLACE WHERE', 'insert into another table');
  const listed = cursor.is('(') && !['SELECT', 'WITH', 'VALUES', 'FROM', '('].includes(cursor.peek(1).key);
  const columns = listed ? cursor.inParentheses(() => cursor.list(() => cursor.name('a column name'))) : [];
  return { kind: 'insert', name, overwrite, columns, query: readInner(cursor, text) };
}

function readShow(cursor: Cursor): Statement {
  cursor.expect('SHOW');
  const database = (): string | undefined =>
    cursor.accept('IN') || cursor.accept('FROM') ? cursor.name('a database') : undefined;
  const pattern = (): string | undefined => {
    const given = cursor.accept('LIKE');
    return given || cursor.token.kind === 'string' ? cursor.string('a pattern') : undefined;
  };
  if (cursor.accept('TABLES')) return { kind: 'show-tables', database: database(), pattern: pattern() };
  if (cursor.accept('VIEWS')) return { kind: 'show-views', database: database(), pattern: pattern() };
  if (cursor.accept('DATABASES') || cursor.accept('SCHEMAS')) return { kind: 'show-databases', pattern: pattern() };
  if (cursor.accept('COLUMNS')) {
    if (!cursor.accept('IN')) cursor.expect('FROM');
    const name = cursor.names('a table');
    const inDatabase = database();
    return { kind: 'show-columns', name: inDatabase === undefined ? name : [inDatabase, ...name] };
  }
  throw cursor.unsupported(`SHOW ${cursor.token.key}`, 'show tables, views, databases or columns');
}
