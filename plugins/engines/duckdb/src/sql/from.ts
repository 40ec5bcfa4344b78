import { analyze, filter } from './analyze.js';
import { bindGenerator, rowOf } from './call.js';
import { cast } from './casts.js';
import { compare } from './compare.js';
import { widest } from './coercion.js';
import { distinctNames, extend, frameOf, type Frame } from './frames.js';
import { pivot, unpivot } from './pivot.js';
import { quoteIdentifier } from './quote.js';
import { rangeTable } from './range-table.js';
import { Scope, type Source } from './scope.js';
import type { CallNode, FunctionRef, JoinRef, LateralViewRef, Relation, Sample, TableRef, ValuesRef } from './tree.js';
import type { ScopeColumn, Typed } from './typed.js';
import { typeText, VOID } from './types.js';

/** The frame of a FROM clause. `scope` is the one of the SELECT: subqueries see its outer queries. */
export function fromFrame(scope: Scope, relation: Relation): Frame {
  switch (relation.kind) {
    case 'table':
      return table(scope, relation);
    case 'query': {
      const inner = relation.lateral ? scope : (scope.parent ?? new Scope(scope.session, undefined));
      const query = scope.session.query(relation.query, withCommon(inner, scope));
      checkAliases(scope, relation.columns, query.columns.length, relation.at);
      const frame = frameOf(scope, query, relation.alias, relation.columns, relation.lateral);
      return sampled(scope, frame, relation.sample, relation.at);
    }
    case 'values':
      return values(scope, relation);
    case 'function':
      return tableFunction(scope, relation);
    case 'join':
      return join(scope, relation);
    case 'lateral-view':
      return lateralView(scope, relation);
    case 'pivot':
      return pivot(scope, relation, fromFrame(scope, relation.input));
    case 'unpivot':
      return unpivot(scope, relation, fromFrame(scope, relation.input));
  }
}

function withCommon(inner: Scope, scope: Scope): Scope {
  const copy = inner.copy();
  copy.common = scope.common;
  return copy;
}

function checkAliases(scope: Scope, aliases: readonly string[], count: number, at: number): void {
  if (aliases.length > 0 && aliases.length !== count) {
    throw scope.fail(at, 'SQL_ANALYSIS', `${aliases.length} column names are given for ${count} columns`);
  }
}

function table(scope: Scope, relation: TableRef): Frame {
  const name = relation.name.at(-1) ?? '';
  const common = relation.name.length === 1 ? scope.common.get(name.toLowerCase()) : undefined;
  const source: Source = common ?? scope.session.view(relation.name, relation.at);
  checkAliases(scope, relation.columns, source.columns.length, relation.at);
  const alias = scope.session.fresh('t');
  const names = source.columns.map((column) => column.name);
  const distinct = distinctNames(names);
  // Columns whose names DuckDB could not tell apart are read by position.
  const list = distinct.some((n, i) => n !== names[i]) ? `(${distinct.map(quoteIdentifier).join(', ')})` : '';
  const columns = source.columns.map((column, i): ScopeColumn => ({
    name: relation.columns[i] ?? column.name,
    type: column.type,
    sql: `${alias}.${quoteIdentifier(distinct[i] ?? '')}`,
    qualifier: relation.alias ?? name,
  }));
  return sampled(scope, { sql: `${source.sql} AS ${alias}${list}`, columns }, relation.sample, relation.at);
}

function sampled(scope: Scope, frame: Frame, sample: Sample | undefined, at: number): Frame {
  if (!sample) return frame;
  if (sample.kind === 'bucket') throw scope.unsupported(at, 'TABLESAMPLE (BUCKET ...)', 'use TABLESAMPLE (n PERCENT)');
  if (sample.kind === 'rows') {
    const alias = scope.session.fresh('t');
    const names = frame.columns.map((_, i) => `c${i}`);
    const items = frame.columns.map((column, i) => `${column.sql} AS ${names[i]}`).join(', ');
    const columns = frame.columns.map((column, i) => ({ ...column, sql: `${alias}.${names[i]}` }));
    return { sql: `(SELECT ${items} FROM ${frame.sql} LIMIT ${Number(sample.value)}) AS ${alias}`, columns };
  }
  const percent = Number(sample.value);
  if (!(percent >= 0 && percent <= 100))
    throw scope.fail(at, 'SQL_ANALYSIS', `TABLESAMPLE takes 0 to 100 PERCENT, not ${sample.value}`);
  if (sample.seed !== undefined) {
    throw scope.unsupported(
      at,
      'TABLESAMPLE ... REPEATABLE',
      'leave the seed out: the rows that Spark draws for one depend on its partitions',
    );
  }
  return { sql: `${frame.sql} TABLESAMPLE bernoulli(${percent}%)`, columns: frame.columns };
}

function values(scope: Scope, relation: ValuesRef): Frame {
  const inner = scope.parent ?? new Scope(scope.session, undefined);
  const rows = relation.rows.map((row) => row.map((item) => analyze(inner, item)));
  const width = rows[0]?.length ?? 0;
  if (rows.some((row) => row.length !== width)) {
    throw scope.fail(
      relation.at,
      'SQL_ANALYSIS',
      'the rows of VALUES have different numbers of values (INVALID_INLINE_TABLE)',
    );
  }
  checkAliases(scope, relation.columns, width, relation.at);
  const types = Array.from({ length: width }, (_, i) => {
    const type = widest(
      scope,
      rows.map((row) => row[i]?.type ?? VOID),
    );
    if (!type)
      throw scope.fail(
        relation.at,
        'SQL_ANALYSIS',
        `the values of column ${i + 1} of VALUES have no common type (INVALID_INLINE_TABLE)`,
      );
    return type;
  });
  const alias = scope.session.fresh('t');
  const text = rows
    .map((row) => `(${row.map((value, i) => cast(scope, value, types[i] ?? value.type).sql).join(', ')})`)
    .join(', ');
  const names = types.map((_, i) => `c${i}`);
  const columns = types.map((type, i): ScopeColumn => ({
    name: relation.columns[i] ?? `col${i + 1}`,
    type,
    sql: `${alias}.c${i}`,
    qualifier: relation.alias,
  }));
  return { sql: `(VALUES ${text}) AS ${alias}(${names.join(', ')})`, columns };
}

function tableFunction(scope: Scope, relation: FunctionRef): Frame {
  const name = relation.call.name.toLowerCase();
  const made = rangeTable(scope, relation.call, analyze);
  if (made) {
    checkAliases(scope, relation.columns, made.columns.length, relation.at);
    return frameOf(scope, made, relation.alias, relation.columns);
  }
  if (
    /^(?:read_|parquet_|sniff_|duckdb_|pragma_|glob$|query$|query_table$|sqlite_|postgres_|mysql_)/.test(name) ||
    name.endsWith('_scan')
  ) {
    throw scope.fail(
      relation.at,
      'SQL_FORBIDDEN',
      `the function ${name} reads outside the views of the query; read files with a stop`,
    );
  }
  const row = rowOf(scope, relation.call);
  if (row.kind !== 'generator')
    throw scope.fail(relation.at, 'SQL_ANALYSIS', `${name} makes no rows: it cannot stand in FROM`);
  const view: LateralViewRef = {
    kind: 'lateral-view',
    input: undefined,
    outer: false,
    call: relation.call,
    alias: relation.alias,
    columns: relation.columns,
    at: relation.at,
  };
  return lateralView(scope, view);
}

function lateralView(scope: Scope, relation: LateralViewRef): Frame {
  const input = relation.input ? fromFrame(scope, relation.input) : { sql: '', columns: [] };
  const inner = scope.copy();
  inner.columns = input.columns;
  const generated = generate(inner, input, undefined, relation.call, relation.outer);
  const named = generated.added.length;
  checkAliases(scope, relation.columns, named, relation.at);
  const added = generated.added.map((column, i): ScopeColumn => ({
    ...column,
    name: relation.columns[i] ?? column.name,
    qualifier: relation.alias,
  }));
  return { sql: generated.sql, columns: [...generated.columns, ...added] };
}

/** The rows of a frame, each repeated for what a generator makes of it. */
export function generate(
  scope: Scope,
  frame: Frame,
  where: string | undefined,
  node: CallNode,
  outer: boolean,
): Frame & { readonly added: readonly ScopeColumn[] } {
  const { call, row } = bindGenerator(scope, node, analyze);
  if (!row.generate)
    throw scope.fail(node.at, 'SQL_ANALYSIS', `${node.name} makes no rows: it cannot stand in LATERAL VIEW`);
  const keep = outer || node.name.toLowerCase().endsWith('_outer');
  const made = row.generate(call);
  const more = made.map((column) => {
    const list = keep ? `CASE WHEN len(${column.list}) > 0 THEN ${column.list} ELSE [NULL] END` : column.list;
    return { name: column.name, type: column.type, sql: `unnest(${list})` };
  });
  return extend(scope, frame, where, more);
}

const WORDS: Readonly<Record<JoinRef['type'], string>> = {
  INNER: 'JOIN',
  LEFT: 'LEFT JOIN',
  RIGHT: 'RIGHT JOIN',
  FULL: 'FULL JOIN',
  SEMI: 'SEMI JOIN',
  ANTI: 'ANTI JOIN',
  CROSS: 'CROSS JOIN',
};

function join(scope: Scope, node: JoinRef): Frame {
  const left = fromFrame(scope, node.left);
  const lateral = (node.right.kind === 'query' || node.right.kind === 'function') && node.right.lateral;
  const rightScope = scope.copy();
  // A lateral item sees the columns on its left as those of an outer query.
  if (lateral) rightScope.columns = left.columns;
  const right =
    lateral && node.right.kind === 'function'
      ? lateralFunction(rightScope, node.right)
      : fromFrame(rightScope, node.right);
  const names = node.natural ? shared(left, right) : node.using;
  const both = scope.copy();
  both.columns = [...left.columns, ...right.columns];
  both.forbids = {
    aggregate: 'an aggregate function cannot stand in a join condition',
    window: 'a window function cannot stand in a join condition',
  };
  if (names.length > 0) return joinUsing(both, node, left, right, names);
  const on = node.on ? filter(both, node.on).sql : undefined;
  const only = node.type === 'SEMI' || node.type === 'ANTI';
  const columns = only ? left.columns : both.columns;
  if (on === undefined && (node.type === 'CROSS' || node.type === 'INNER')) {
    return { sql: `${left.sql} CROSS JOIN ${right.sql}`, columns };
  }
  return { sql: `${left.sql} ${WORDS[node.type]} ${bracketed(node.right, right.sql)} ON ${on ?? 'true'}`, columns };
}

const bracketed = (relation: Relation, sql: string): string => (relation.kind === 'join' ? `(${sql})` : sql);

function lateralFunction(scope: Scope, relation: FunctionRef): Frame {
  // The generator reads columns on its left: as an outer query's, from a query of its own.
  const inner = new Scope(scope.session, scope);
  const frame = tableFunction(inner, relation);
  const alias = scope.session.fresh('t');
  const names = frame.columns.map((_, i) => `c${i}`);
  const items = frame.columns.map((column, i) => `${column.sql} AS ${names[i]}`).join(', ');
  const columns = frame.columns.map((column, i) => ({ ...column, sql: `${alias}.${names[i]}` }));
  return { sql: `LATERAL (SELECT ${items} FROM ${frame.sql}) AS ${alias}`, columns };
}

function shared(left: Frame, right: Frame): string[] {
  const visible = (frame: Frame): string[] => frame.columns.filter((c) => c.hidden !== true).map((c) => c.name);
  const rights = new Set(visible(right).map((name) => name.toLowerCase()));
  return visible(left).filter((name) => rights.has(name.toLowerCase()));
}

function joinUsing(scope: Scope, node: JoinRef, left: Frame, right: Frame, names: readonly string[]): Frame {
  const keys = names.map((name) => {
    const [a, b] = [keyOf(scope, left, name, node.at), keyOf(scope, right, name, node.at)];
    const typedOf = (column: ScopeColumn): Typed => ({
      sql: column.sql,
      type: column.type,
      label: name,
      at: node.at,
      uses: [],
      aggregate: false,
      window: false,
      untried: false,
    });
    return { a, b, equal: compare(scope, '=', typedOf(a), typedOf(b), node.at) };
  });
  const on = keys.map((key) => key.equal.sql).join(' AND ');
  const sql = `${left.sql} ${node.type === 'CROSS' ? 'JOIN' : WORDS[node.type]} ${bracketed(node.right, right.sql)} ON ${on}`;
  if (node.type === 'SEMI' || node.type === 'ANTI')
    return {
      sql,
      columns: reordered(
        left,
        keys.map((key) => key.a),
      ),
    };
  const hide = (column: ScopeColumn): ScopeColumn => ({ ...column, hidden: true });
  const merged = keys.map(({ a, b }): ScopeColumn => {
    if (node.type === 'RIGHT') return b;
    if (node.type !== 'FULL') return a;
    const type = widest(scope, [a.type, b.type]);
    if (!type)
      throw scope.fail(
        node.at,
        'SQL_ANALYSIS',
        `the columns '${a.name}' have no common type: ${typeText(a.type)} and ${typeText(b.type)}`,
      );
    return { name: a.name, type, sql: `coalesce(${a.sql}, ${b.sql})`, qualifier: undefined };
  });
  const isKey = (column: ScopeColumn): boolean => keys.some(({ a, b }) => a === column || b === column);
  const hidden = keys
    .flatMap(({ a, b }) => (node.type === 'FULL' ? [a, b] : node.type === 'RIGHT' ? [a] : [b]))
    .map(hide);
  const rest = [...left.columns, ...right.columns].filter((column) => !isKey(column));
  return { sql, columns: [...merged, ...rest, ...hidden] };
}

const reordered = (frame: Frame, keys: readonly ScopeColumn[]): ScopeColumn[] => [
  ...keys,
  ...frame.columns.filter((column) => !keys.includes(column)),
];

function keyOf(scope: Scope, frame: Frame, name: string, at: number): ScopeColumn {
  const side = scope.copy();
  side.columns = frame.columns;
  const found = side.find([name], at);
  if (!found) throw side.unknown([name], at);
  return found.column;
}
