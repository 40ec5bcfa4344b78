import { readArguments } from './parse-call.js';
import type { Cursor } from './cursor.js';
import type { Expression, JoinRef, NamedExpression, PivotRef, Relation, Sample, UnpivotRef } from './tree.js';

type Read = (cursor: Cursor) => Expression;

const NO_ALIAS = new Set(
  (
    'WHERE GROUP HAVING ORDER SORT CLUSTER DISTRIBUTE LIMIT OFFSET UNION EXCEPT INTERSECT MINUS SETMINUS LATERAL WINDOW ON ' +
    'USING JOIN INNER LEFT RIGHT FULL CROSS NATURAL ANTI SEMI PIVOT UNPIVOT TABLESAMPLE SELECT FROM SET VALUES WHEN QUALIFY'
  ).split(' '),
);

/** Reads one item of FROM with the joins behind it. */
export function readRelation(cursor: Cursor, read: Read): Relation {
  let left = readPrimaryRelation(cursor, read);
  for (;;) {
    const at = cursor.token.at;
    const natural = cursor.accept('NATURAL');
    const type = readJoinType(cursor);
    if (!type) {
      if (natural) throw cursor.unexpected("'JOIN'");
      return left;
    }
    const right = readPrimaryRelation(cursor, read);
    const on = !natural && cursor.accept('ON') ? read(cursor) : undefined;
    const using =
      !natural && on === undefined && cursor.accept('USING')
        ? cursor.inParentheses(() => cursor.list(() => cursor.name('a column')))
        : [];
    left = { kind: 'join', type, natural, left, right, on, using, at };
  }
}

function readJoinType(cursor: Cursor): JoinRef['type'] | undefined {
  const forms: readonly (readonly [readonly string[], JoinRef['type']])[] = [
    [['JOIN'], 'INNER'],
    [['INNER', 'JOIN'], 'INNER'],
    [['CROSS', 'JOIN'], 'CROSS'],
    [['LEFT', 'OUTER', 'JOIN'], 'LEFT'],
    [['LEFT', 'SEMI', 'JOIN'], 'SEMI'],
    [['LEFT', 'ANTI', 'JOIN'], 'ANTI'],
    [['LEFT', 'JOIN'], 'LEFT'],
    [['SEMI', 'JOIN'], 'SEMI'],
    [['ANTI', 'JOIN'], 'ANTI'],
    [['RIGHT', 'OUTER', 'JOIN'], 'RIGHT'],
    [['RIGHT', 'JOIN'], 'RIGHT'],
    [['FULL', 'OUTER', 'JOIN'], 'FULL'],
    [['FULL', 'JOIN'], 'FULL'],
  ];
  return forms.find(([words]) => cursor.accept(...words))?.[1];
}

function readPrimaryRelation(cursor: Cursor, read: Read): Relation {
  let relation = cursor.nested(() => readSource(cursor, read));
  for (;;) {
    if (cursor.is('PIVOT', '(')) relation = readPivot(cursor, relation, read);
    else if (cursor.is('UNPIVOT')) relation = readUnpivot(cursor, relation);
    else return relation;
  }
}

function readSource(cursor: Cursor, read: Read): Relation {
  const at = cursor.token.at;
  const lateral = cursor.is('LATERAL') && cursor.peek(1).key !== 'VIEW' && cursor.accept('LATERAL');
  if (cursor.is('(')) {
    if (holdsQuery(cursor)) {
      const query = cursor.inParentheses(() => cursor.readQuery(cursor));
      const sample = readSample(cursor);
      return { kind: 'query', query, lateral, sample, ...readAlias(cursor), at };
    }
    const inner = cursor.inParentheses(() => readRelation(cursor, read));
    const { alias, columns } = readAlias(cursor);
    if (alias === undefined) return inner;
    if (inner.kind === 'join' || inner.kind === 'lateral-view') {
      throw cursor.unsupported('an alias of a join in parentheses', 'alias the joined tables themselves', at);
    }
    return { ...inner, alias, ...(columns.length > 0 ? { columns } : {}) } as Relation;
  }
  if (cursor.is('VALUES')) {
    cursor.next();
    const rows = cursor.list(() => {
      const row = read(cursor);
      return row.kind === 'row' ? row.items.map((item) => item.expression) : [row];
    });
    return { kind: 'values', rows, ...readAlias(cursor), at };
  }
  if (cursor.token.kind === 'string') {
    throw cursor.error('SQL_FORBIDDEN', 'a file cannot stand as a table; read it with a stop and name its view');
  }
  const name = cursor.names('a view');
  if (cursor.is('(') && name.length === 1) {
    const call = readArguments(cursor, name[0] ?? '', at, read);
    return { kind: 'function', call, lateral, ...readAlias(cursor), at };
  }
  if (cursor.is('FOR') || cursor.is('VERSION', 'AS') || cursor.is('TIMESTAMP', 'AS')) {
    throw cursor.unsupported('time travel', 'query the table as it is now');
  }
  const sample = readSample(cursor);
  return { kind: 'table', name, sample, ...readAlias(cursor), at };
}

const QUERIES = new Set(['SELECT', 'WITH', 'FROM', 'VALUES', 'TABLE']);
/** What can stand behind a query in parentheses that is part of a larger query; behind a relation stand others. */
const AFTER_QUERY = new Set(
  ') UNION EXCEPT MINUS SETMINUS INTERSECT ORDER SORT CLUSTER DISTRIBUTE LIMIT OFFSET'.split(' '),
);

/**
 * Whether the parentheses at the cursor hold a query rather than a relation: `((SELECT 1) UNION SELECT 2)` is one,
 * `((SELECT 1) AS a JOIN b)` is none. What follows the inner parentheses tells.
 */
function holdsQuery(cursor: Cursor): boolean {
  let start = 0;
  while (cursor.peek(start).key === '(') start++;
  if (!QUERIES.has(cursor.peek(start).key)) return false;
  let open = start;
  for (let i = start; open > 1 && cursor.peek(i).kind !== 'end'; i++) {
    const key = cursor.peek(i).key;
    if (key === '(') open++;
    // Parentheses opened behind the start close before those that are asked about.
    if (key === ')' && --open < start) {
      if (open > 0 && !AFTER_QUERY.has(cursor.peek(i + 1).key)) return false;
      start = open;
    }
  }
  return true;
}

function readAlias(cursor: Cursor): { alias: string | undefined; columns: string[] } {
  const token = cursor.token;
  const explicit = cursor.accept('AS');
  const named = token.kind === 'quoted' || (token.kind === 'word' && !NO_ALIAS.has(token.key));
  const alias = explicit || named ? cursor.name('an alias') : undefined;
  if (alias === undefined || !cursor.is('(')) return { alias, columns: [] };
  return { alias, columns: cursor.inParentheses(() => cursor.list(() => cursor.name('a column name'))) };
}

function readSample(cursor: Cursor): Sample | undefined {
  if (!cursor.accept('TABLESAMPLE')) return undefined;
  const sample = cursor.inParentheses((): Omit<Sample, 'seed'> => {
    if (cursor.accept('BUCKET')) {
      const value = cursor.next().value;
      cursor.expect('OUT', 'OF');
      return { kind: 'bucket', value, of: cursor.next().value };
    }
    const value = (cursor.accept('-') ? '-' : '') + cursor.next().value;
    if (cursor.accept('PERCENT')) return { kind: 'percent', value, of: undefined };
    cursor.expect('ROWS');
    return { kind: 'rows', value, of: undefined };
  });
  const seed = cursor.accept('REPEATABLE') ? cursor.inParentheses(() => cursor.next().value) : undefined;
  return { ...sample, seed };
}

function readPivot(cursor: Cursor, input: Relation, read: Read): PivotRef {
  const at = cursor.expect('PIVOT').at;
  const named = (): NamedExpression => {
    const expression = read(cursor);
    cursor.accept('AS');
    const token = cursor.token;
    const alias = token.kind === 'quoted' || (token.kind === 'word' && token.key !== 'FOR') ? cursor.name() : undefined;
    return { expression, aliases: alias === undefined ? [] : [alias] };
  };
  const parts = cursor.inParentheses(() => {
    const aggregates = cursor.list(named);
    cursor.expect('FOR');
    const column = (): string[] => cursor.names('a column');
    const columns = cursor.is('(') ? cursor.inParentheses(() => cursor.list(column)) : [column()];
    cursor.expect('IN');
    const values = cursor.inParentheses(() =>
      cursor.list(() => {
        const value = read(cursor);
        cursor.accept('AS');
        const token = cursor.token;
        return { value, alias: token.kind === 'word' || token.kind === 'quoted' ? cursor.name() : undefined };
      }),
    );
    return { aggregates, columns, values };
  });
  const { alias } = readAlias(cursor);
  return { kind: 'pivot', input, ...parts, alias, at };
}

function readUnpivot(cursor: Cursor, input: Relation): UnpivotRef {
  const at = cursor.expect('UNPIVOT').at;
  const includeNulls = cursor.accept('INCLUDE', 'NULLS');
  if (!includeNulls) cursor.accept('EXCLUDE', 'NULLS');
  const parts = cursor.inParentheses(() => {
    const valueNames = cursor.is('(')
      ? cursor.inParentheses(() => cursor.list(() => cursor.name('a column name')))
      : [cursor.name('a column name')];
    cursor.expect('FOR');
    const nameName = cursor.name('a column name');
    cursor.expect('IN');
    const sets = cursor.inParentheses(() =>
      cursor.list(() => {
        const columns = cursor.is('(')
          ? cursor.inParentheses(() => cursor.list(() => cursor.names('a column')))
          : [cursor.names('a column')];
        cursor.accept('AS');
        const token = cursor.token;
        return { columns, alias: token.kind === 'word' || token.kind === 'quoted' ? cursor.name() : undefined };
      }),
    );
    return { valueNames, nameName, sets };
  });
  const { alias } = readAlias(cursor);
  return { kind: 'unpivot', input, includeNulls, ...parts, alias, at };
}
