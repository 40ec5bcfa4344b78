import { Cursor } from './cursor.js';
import { readSort, readWindowSpec } from './parse-call.js';
import { readExpression } from './parse-expression.js';
import { readRelation } from './parse-relation.js';
import type {
  CommonTable,
  Expression,
  GroupBy,
  NamedExpression,
  Query,
  QueryBody,
  Relation,
  SelectNode,
  SortItem,
  WindowSpec,
} from './tree.js';
import { VOID } from './types.js';

/** A cursor at the start of a text, for queries. */
export function cursorOf(text: string): Cursor {
  return new Cursor(text, readQuery);
}

/** Reads a query with everything that belongs to it: WITH, set operations, ORDER BY, LIMIT, OFFSET. */
export function readQuery(cursor: Cursor): Query {
  return cursor.nested(() => {
    const at = cursor.token.at;
    const tables: CommonTable[] = [];
    const withAt = cursor.accept('WITH');
    const recursive = withAt && cursor.accept('RECURSIVE');
    if (withAt) tables.push(...cursor.list(() => readCommonTable(cursor)));
    const body = readUnion(cursor);
    return { with: tables, recursive, body, ...readTail(cursor), at };
  });
}

function readCommonTable(cursor: Cursor): CommonTable {
  const at = cursor.token.at;
  const name = cursor.name('the name of a common table expression');
  const columns = cursor.is('(') ? cursor.inParentheses(() => cursor.list(() => cursor.name('a column name'))) : [];
  if (cursor.is('MAX', 'RECURSION')) throw cursor.unsupported('MAX RECURSION LEVEL', 'leave it out');
  cursor.accept('AS');
  return { name, columns, query: cursor.inParentheses(() => readQuery(cursor)), at };
}

function readTail(cursor: Cursor): Pick<Query, 'order' | 'orderAll' | 'limit' | 'offset'> {
  const read = (): Expression => readExpression(cursor);
  let order: SortItem[] = [];
  let orderAll: SortItem | undefined;
  if (cursor.accept('ORDER', 'BY')) {
    if (cursor.is('ALL') && cursor.peek(1).key !== ',' && cursor.peek(1).key !== '.') {
      const at = cursor.token.at;
      const sort = readSort(cursor, () => {
        cursor.next();
        return { kind: 'literal', type: VOID, value: null, at };
      });
      orderAll = sort;
    } else order = cursor.list(() => readSort(cursor, read));
  }
  // Distribution says where rows are computed, not which: nothing is left of it on one machine. SORT BY orders rows
  // inside a partition only, so no order of the result is promised.
  if (cursor.accept('CLUSTER', 'BY') || cursor.accept('DISTRIBUTE', 'BY')) cursor.list(read);
  if (cursor.accept('SORT', 'BY')) cursor.list(() => readSort(cursor, readExpression));
  let limit: Expression | undefined;
  let offset: Expression | undefined;
  for (;;) {
    if (limit === undefined && cursor.accept('LIMIT')) limit = cursor.accept('ALL') ? undefined : read();
    else if (offset === undefined && cursor.accept('OFFSET')) offset = read();
    else break;
  }
  refusePipe(cursor);
  return { order, orderAll, limit, offset };
}

function refusePipe(cursor: Cursor): void {
  if (cursor.is('|>')) throw cursor.unsupported('the pipe syntax', 'write the query with SELECT ... FROM ...');
}

function readUnion(cursor: Cursor): QueryBody {
  let left = readIntersect(cursor);
  for (;;) {
    const at = cursor.token.at;
    const operator = cursor.accept('UNION')
      ? 'UNION'
      : cursor.accept('EXCEPT') || cursor.accept('MINUS') || cursor.accept('SETMINUS')
        ? 'EXCEPT'
        : '';
    if (operator === '') return left;
    const all = readQuantifier(cursor);
    left = { kind: 'set', operator, all, left, right: readIntersect(cursor), at };
  }
}

function readIntersect(cursor: Cursor): QueryBody {
  let left = readBody(cursor);
  for (;;) {
    const at = cursor.token.at;
    if (!cursor.accept('INTERSECT')) return left;
    const all = readQuantifier(cursor);
    left = { kind: 'set', operator: 'INTERSECT', all, left, right: readBody(cursor), at };
  }
}

function readQuantifier(cursor: Cursor): boolean {
  const all = cursor.accept('ALL');
  if (!all) cursor.accept('DISTINCT');
  if (cursor.is('BY', 'NAME'))
    throw cursor.unsupported('UNION BY NAME', 'list the columns in the same order on both sides');
  return all;
}

function readBody(cursor: Cursor): QueryBody {
  const at = cursor.token.at;
  if (cursor.is('(')) {
    const query = cursor.inParentheses(() => readQuery(cursor));
    return { kind: 'nested', query, at };
  }
  if (cursor.is('VALUES')) return { kind: 'relation', relation: readRelation(cursor, readExpression), at };
  if (cursor.accept('TABLE')) {
    const name = cursor.names('a view');
    return {
      kind: 'relation',
      relation: { kind: 'table', name, alias: undefined, columns: [], sample: undefined, at },
      at,
    };
  }
  if (cursor.accept('FROM')) {
    const from = readFrom(cursor);
    refusePipe(cursor);
    cursor.expect('SELECT');
    return readSelect(cursor, at, from);
  }
  cursor.expect('SELECT');
  return readSelect(cursor, at, undefined);
}

function readFrom(cursor: Cursor): Relation {
  let relation = readRelation(cursor, readExpression);
  while (cursor.accept(',')) {
    const at = cursor.token.at;
    const right = readRelation(cursor, readExpression);
    relation = { kind: 'join', type: 'CROSS', natural: false, left: relation, right, on: undefined, using: [], at };
  }
  while (cursor.is('LATERAL', 'VIEW')) relation = readLateralView(cursor, relation);
  return relation;
}

function readLateralView(cursor: Cursor, input: Relation | undefined): Relation {
  const at = cursor.expect('LATERAL', 'VIEW').at;
  const outer = cursor.accept('OUTER');
  const call = readExpression(cursor);
  if (call.kind !== 'call') throw cursor.error('SQL_SYNTAX', 'LATERAL VIEW takes a generator such as explode(...)');
  const alias = cursor.is('AS') || !plainAlias(cursor) ? undefined : cursor.name();
  const columns = cursor.accept('AS') ? cursor.list(() => cursor.name('a column name')) : [];
  return { kind: 'lateral-view', input, outer, call, alias, columns, at };
}

function plainAlias(cursor: Cursor): boolean {
  const token = cursor.token;
  return token.kind === 'quoted' || (token.kind === 'word' && !NO_ALIAS.has(token.key));
}

/** Words that cannot be an alias without AS, since they start what may follow. */
const NO_ALIAS = new Set(
  (
    'FROM WHERE GROUP HAVING ORDER SORT CLUSTER DISTRIBUTE LIMIT OFFSET UNION EXCEPT INTERSECT MINUS SETMINUS LATERAL ' +
    'WINDOW ON USING JOIN INNER LEFT RIGHT FULL CROSS NATURAL ANTI SEMI PIVOT UNPIVOT TABLESAMPLE SELECT'
  ).split(' '),
);

function readSelect(cursor: Cursor, at: number, before: Relation | undefined): SelectNode {
  // Hints say how to run a query, not what it means.
  while (cursor.token.kind === 'hint') cursor.next();
  const distinct = cursor.accept('DISTINCT');
  if (!distinct && cursor.is('ALL') && cursor.peek(1).key !== ',' && cursor.peek(1).key !== 'FROM') cursor.next();
  const items = cursor.list(() => readItem(cursor));
  let from = before;
  if (from === undefined && cursor.accept('FROM')) from = readFrom(cursor);
  while (from === undefined && cursor.is('LATERAL', 'VIEW')) from = readLateralView(cursor, undefined);
  const where = cursor.accept('WHERE') ? readExpression(cursor) : undefined;
  const group = cursor.accept('GROUP', 'BY') ? readGroup(cursor) : undefined;
  const having = cursor.accept('HAVING') ? readExpression(cursor) : undefined;
  const windows = new Map<string, WindowSpec>();
  if (cursor.accept('WINDOW')) {
    cursor.list(() => {
      const name = cursor.name('a window');
      cursor.expect('AS');
      windows.set(name.toLowerCase(), readWindowSpec(cursor, readExpression));
    });
  }
  if (cursor.is('QUALIFY')) throw cursor.unsupported('QUALIFY', 'filter on the window function in an outer query');
  return { kind: 'select', distinct, items, from, where, group, having, windows, at };
}

/** One item of SELECT: an expression with or without a name. */
export function readItem(cursor: Cursor): NamedExpression {
  const expression = readExpression(cursor);
  if (cursor.accept('AS')) {
    if (cursor.is('('))
      return { expression, aliases: cursor.inParentheses(() => cursor.list(() => cursor.name('a column name'))) };
    return { expression, aliases: [cursor.name('a column name')] };
  }
  if (plainAlias(cursor)) return { expression, aliases: [cursor.name()] };
  return { expression, aliases: [] };
}

function readGroup(cursor: Cursor): GroupBy {
  const keys: Expression[] = [];
  const add = (key: Expression): number => keys.push(key) - 1;
  if (cursor.is('ALL') && ![',', '.', '('].includes(cursor.peek(1).key)) {
    cursor.next();
    return { all: true, keys, sets: undefined };
  }
  let sets: number[][] | undefined;
  const combine = (more: number[][]): void => {
    const before = sets ?? [[]];
    checkSets(cursor, before.length * more.length);
    sets = before.flatMap((set) => more.map((other) => [...set, ...other]));
  };
  do {
    if (cursor.is('ROLLUP', '(') || cursor.is('CUBE', '(')) {
      const word = cursor.next().key;
      combine(expand(cursor, word, readKeyGroups(cursor, add)));
    } else if (cursor.accept('GROUPING', 'SETS')) {
      combine(cursor.inParentheses(() => cursor.list(() => readSets(cursor, add)).flat()));
    } else if (cursor.is('(', ')')) {
      cursor.position += 2;
      combine([[]]);
    } else {
      const key = readExpression(cursor);
      const positions = key.kind === 'row' ? key.items.map((item) => add(item.expression)) : [add(key)];
      if (sets) combine([positions]);
      else if (!mayHaveSets(cursor)) continue;
      else combine([positions]);
    }
  } while (cursor.accept(','));
  if (cursor.accept('WITH')) {
    const word = cursor.is('CUBE') ? 'CUBE' : 'ROLLUP';
    cursor.expect(word);
    return {
      all: false,
      keys,
      sets: expand(
        cursor,
        word,
        keys.map((_, i) => [i]),
      ),
    };
  }
  if (cursor.is('GROUPING', 'SETS')) {
    // Hive's form: GROUP BY a, b GROUPING SETS ((a), (b)); the sets name keys given before.
    cursor.position += 2;
    return { all: false, keys, sets: cursor.inParentheses(() => cursor.list(() => readSets(cursor, add)).flat()) };
  }
  return { all: false, keys, sets };
}

/** Whether a ROLLUP, CUBE or GROUPING SETS follows later in the same list, so that plain keys belong to each set. */
function mayHaveSets(cursor: Cursor): boolean {
  let depth = 0;
  for (let i = 0; cursor.peek(i).kind !== 'end'; i++) {
    const key = cursor.peek(i).key;
    if (key === '(') depth++;
    if (key === ')' && --depth < 0) return false;
    if (depth > 0) continue;
    if (['HAVING', 'ORDER', 'LIMIT', 'WINDOW', 'UNION', 'WITH', 'SELECT'].includes(key)) return false;
    const next = cursor.peek(i + 1);
    if (key === ',' && (next.key === 'ROLLUP' || next.key === 'CUBE') && cursor.peek(i + 2).key === '(') return true;
    if (key === ',' && next.key === 'GROUPING' && cursor.peek(i + 2).key === 'SETS') return true;
  }
  return false;
}

function readKeyGroups(cursor: Cursor, add: (key: Expression) => number): number[][] {
  return cursor.inParentheses(() =>
    cursor.list(() => {
      const key = readExpression(cursor);
      return key.kind === 'row' ? key.items.map((item) => add(item.expression)) : [add(key)];
    }),
  );
}

function readSets(cursor: Cursor, add: (key: Expression) => number): number[][] {
  if (cursor.is('ROLLUP', '(') || cursor.is('CUBE', '(')) {
    const word = cursor.next().key;
    return expand(cursor, word, readKeyGroups(cursor, add));
  }
  if (cursor.accept('GROUPING', 'SETS'))
    return cursor.inParentheses(() => cursor.list(() => readSets(cursor, add)).flat());
  if (cursor.accept('(', ')')) return [[]];
  const key = readExpression(cursor);
  return [key.kind === 'row' ? key.items.map((item) => add(item.expression)) : [add(key)]];
}

/** More grouping sets than this are refused: CUBE doubles them with every key. */
const MOST_SETS = 4096;

function checkSets(cursor: Cursor, count: number): void {
  if (count > MOST_SETS)
    throw cursor.unsupported(`a GROUP BY of more than ${MOST_SETS} grouping sets`, 'group by fewer keys at once');
}

function expand(cursor: Cursor, word: string, groups: readonly (readonly number[])[]): number[][] {
  checkSets(cursor, word === 'ROLLUP' ? groups.length : 2 ** groups.length);
  if (word === 'ROLLUP') return groups.map((_, i) => groups.slice(0, groups.length - i).flat()).concat([[]]);
  let sets: number[][] = [[]];
  for (const group of groups) sets = [...sets.map((set) => [...set, ...group]), ...sets];
  return sets;
}
