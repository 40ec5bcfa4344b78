import { bare, plain, select, shared, type Clause, type From, type QueryParts } from './clauses.js';
import type { Column } from './query-values.js';

const JOINS = ['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL OUTER JOIN'];

/** One side of a join that matches by names: renamed columns beside the shared ones. */
function side(q: QueryParts, keys: readonly string[], letter: string): From {
  const base = q.base();
  const alias = q.name('n');
  const rest = base.columns.filter((c) => !keys.includes(bare(c))).map((c) => ({ ...c, own: `${letter}_${bare(c)}` }));
  const parts = [...keys.map((key) => key), ...rest.map((c) => `${bare(c)} AS ${c.own}`)];
  return {
    text: `(SELECT ${parts.join(', ')} FROM ${base.text}) AS ${alias}`,
    columns: rest.map((c) => ({ name: c.own, type: c.type })),
  };
}

/** A view that makes rows of what stands in each row, and its columns. */
function view(q: QueryParts, from: From): { text: string; columns: Column[] } {
  const { r } = q;
  const alias = q.name('e');
  const of = (type: string): string => q.value(from.columns, type, 1);
  const list = from.columns.find((c) => c.type === 'array')?.name ?? 'array(1, NULL)';
  const [call, types] = r.pick<[string, string[]]>([
    [`inline(array(struct(${of('int')}, ${of('string')}), struct(7, 'seven')))`, ['int', 'string']],
    [`inline(arrays_zip(${list}, array(1, 2)))`, ['int', 'int']],
    [`stack(2, ${of('int')}, ${of('string')}, ${of('int')}, 'x')`, ['int', 'string']],
    [`stack(3, ${of('decimal')}, 1, NULL)`, ['decimal']],
    [`json_tuple('{"a":1,"b":"x","c":null}', 'a', 'b', 'c')`, ['string', 'string', 'string']],
    [`json_tuple(concat('{"a":"', ${of('string')}, '"}'), 'a')`, ['string']],
    [`explode(map('k', ${of('int')}, 'l', 2))`, ['string', 'int']],
    [`posexplode(array(${of('string')}, NULL))`, ['int', 'string']],
    [`explode_outer(${list})`, ['int']],
    [`explode(array(${of('date')}, DATE'2020-01-01'))`, ['date']],
    [`explode(filter(${list}, n -> n > 1))`, ['int']],
    [`posexplode_outer(CAST(NULL AS ARRAY<INT>))`, ['int', 'int']],
  ]);
  const names = types.map((_, i) => `${alias}_${i}`);
  const columns = types.map((type, i) => ({ name: r.chance(0.5) ? (names[i] ?? '') : `${alias}.${names[i]}`, type }));
  return { text: ` LATERAL VIEW ${r.pick(['', 'OUTER '])}${call} ${alias} AS ${names.join(', ')}`, columns };
}

/** What can stand in FROM: joins of every kind, views, pivots, tables of values. */
export const SOURCES: readonly Clause[] = [
  function using(q) {
    const [a, b] = [q.base(), q.base()];
    const kind = q.r.pick([...JOINS, 'LEFT SEMI JOIN', 'LEFT ANTI JOIN']);
    const common = shared(a, b);
    const keys = [...new Set([q.r.pick(common), q.r.pick(common)])];
    const text = `${a.text} ${kind} ${b.text} USING (${keys.map((key) => key.name).join(', ')})`;
    if (q.r.chance(0.2)) return { sql: `SELECT * FROM ${text}`, columns: [] };
    return select(q, { text, columns: /SEMI|ANTI/.test(kind) ? a.columns : [...keys, ...a.columns, ...b.columns] });
  },
  function natural(q) {
    const keys = q.r.pick([['id']]);
    const [a, b] = [side(q, keys, 'l'), side(q, keys, 'r')];
    const text = `${a.text} NATURAL ${q.r.pick([...JOINS, 'INNER JOIN'])} ${b.text}`;
    if (q.r.chance(0.3)) return { sql: `SELECT * FROM ${text}`, columns: [] };
    return select(q, { text, columns: [{ name: 'id', type: 'int' }, ...a.columns, ...b.columns] });
  },
  function threeJoins(q) {
    const [a, b, c] = [q.base(), q.base(), q.base()];
    const on = (x: From, y: From): string => `${x.columns[0]?.name} = ${y.columns[0]?.name}`;
    const all = [...a.columns, ...b.columns, ...c.columns];
    const text = q.r.pick([
      `${a.text} ${q.r.pick(JOINS)} ${b.text} ON ${on(a, b)} ${q.r.pick(JOINS)} ${c.text} ON ${on(b, c)} AND ${q.value(all, 'boolean', 1)}`,
      `${a.text} ${q.r.pick(JOINS)} (${b.text} ${q.r.pick(JOINS)} ${c.text} ON ${on(b, c)}) ON ${on(a, b)}`,
      `${a.text}, ${b.text} ${q.r.pick(JOINS)} ${c.text} ON ${on(b, c)}`,
      `${a.text} JOIN ${b.text} JOIN ${c.text} ON ${on(a, c)} AND ${on(b, c)}`,
    ]);
    return select(q, { text, columns: all }, q.r.chance(0.4) ? ` WHERE ${q.value(all, 'boolean', 2)}` : '');
  },
  function lateralJoin(q) {
    const [a, b] = [q.base(), q.base()];
    const [outer, inner] = [a.columns[0]?.name, b.columns[0]?.name];
    const both = [...a.columns, ...b.columns];
    const alias = q.name('l');
    const type = q.r.pick(['int', 'string', 'decimal', 'date']);
    const [query, types] = q.r.pick<[string, string[]]>([
      [`SELECT ${q.value(both, type, 1)} AS v FROM ${b.text} WHERE ${inner} = ${outer}`, [type]],
      [`SELECT count(*) AS v, max(${inner}) AS w FROM ${b.text} WHERE ${inner} <= ${outer}`, ['bigint', 'int']],
      [`SELECT ${q.value(a.columns, type, 2)} AS v`, [type]],
      [`SELECT ${inner} AS v FROM ${b.text} WHERE ${inner} >= ${outer} ORDER BY ${inner} DESC LIMIT 1`, ['int']],
      [`SELECT v + ${outer} AS v FROM VALUES (1), (NULL) AS z(v)`, ['int']],
    ]);
    const names = types.map((_, i) => `${alias}.${['v', 'w'][i]}`);
    const text = `${a.text}${q.r.pick([', LATERAL', ' JOIN LATERAL', ' LEFT JOIN LATERAL', ' CROSS JOIN LATERAL'])} (${query}) AS ${alias}`;
    const on = / LEFT | JOIN LATERAL/.test(text) && !text.includes(' CROSS ') ? ' ON true' : '';
    const columns = [...a.columns, ...types.map((t, i) => ({ name: names[i] ?? '', type: t }))];
    return select(q, { text: text + on, columns });
  },
  function lateralViews(q) {
    const from = q.base();
    const first = view(q, from);
    const second = q.r.chance(0.4) ? view(q, { ...from, columns: [...from.columns, ...first.columns] }) : undefined;
    const text = `${from.text}${first.text}${second?.text ?? ''}`;
    return select(q, { text, columns: [...from.columns, ...first.columns, ...(second?.columns ?? [])] });
  },
  function tableFunctions(q) {
    const { r } = q;
    const a = q.base();
    const list = a.columns.find((c) => c.type === 'array')?.name ?? 'array(1, 2)';
    return r.pick([
      () =>
        select(q, {
          text: `range(${r.pick(['5', '1, 4', '0, 10, 3', '5, 0, -2'])}) AS g`,
          columns: [{ name: 'g.id', type: 'bigint' }],
        }),
      () => select(q, { text: `explode(array(1, NULL, 3)) AS g(v)`, columns: [{ name: 'v', type: 'int' }] }),
      () =>
        select(q, {
          text: `${a.text}, LATERAL explode(${list}) AS g(v)`,
          columns: [...a.columns, { name: 'g.v', type: 'int' }],
        }),
      () =>
        select(q, {
          text: `${a.text} LEFT JOIN LATERAL explode(${list}) AS g(v) ON true`,
          columns: [...a.columns, { name: 'g.v', type: 'int' }],
        }),
      () =>
        select(q, {
          text: `inline(array(struct(1, 'a'), struct(2, NULL))) AS g(v, w)`,
          columns: [
            { name: 'v', type: 'int' },
            { name: 'w', type: 'string' },
          ],
        }),
      () =>
        select(q, {
          text: `stack(2, 1, 'a', 2, 'b') AS g(v, w)`,
          columns: [
            { name: 'v', type: 'int' },
            { name: 'w', type: 'string' },
          ],
        }),
    ])();
  },
  function inlineTable(q) {
    const { r } = q;
    const types = ['int', 'string', r.pick(['decimal', 'date', 'double'])];
    const cell = (type: string): string =>
      r.chance(0.2)
        ? 'NULL'
        : q.value([], type === 'int' ? r.pick(['int', 'int', 'bigint', 'decimal']) : type, r.below(2));
    const rows = Array.from({ length: 1 + r.below(4) }, () => `(${types.map(cell).join(', ')})`).join(', ');
    if (r.chance(0.25)) return { sql: `VALUES ${rows}`, columns: [] };
    return select(q, {
      text: `VALUES ${rows} AS v(p, q, r)`,
      columns: types.map((type, i) => ({ name: ['p', 'v.q', 'r'][i] ?? '', type: type === 'int' ? 'double' : type })),
    });
  },
  function pivot(q) {
    const { r } = q;
    const from = q.base();
    const number = plain(from.columns).filter((c) => /int|decimal/.test(c.type));
    const value = r.pick(number);
    const key = plain(from.columns).find((c) => bare(c) === 'g');
    if (!key) return { sql: `SELECT 1 AS c0 FROM ${from.text}`, columns: [{ name: 'c0', type: 'int' }] };
    const inner = `(SELECT ${r.chance(0.5) ? `${from.columns[0]?.name} % 2 AS k, ` : ''}${key.name} AS g, ${value.name} AS val FROM ${from.text})`;
    const aggregates = r.pick([
      'sum(val)',
      'max(val) AS m',
      'count(val)',
      'sum(val) AS s, count(*) AS c',
      'avg(val) AS a',
      'min(val + 1) AS n',
      'first(val IS NULL OR true) AS f',
    ]);
    const two = r.chance(0.3);
    const values = two
      ? r.pick(["(('a', true) AS at, ('b', false) AS bf)", "(('a', true), ('ü', NULL))"])
      : r.pick(["('a', 'b')", "('a' AS one, 'B' AS two, '' AS none)", "('ü')", "('a', 'zz')"]);
    const source = two ? inner.replace(' AS val FROM', ' AS val, id > 1 AS h FROM') : inner;
    return {
      sql: `SELECT * FROM ${source} PIVOT (${aggregates} FOR ${two ? '(g, h)' : 'g'} IN ${values})`,
      columns: [],
    };
  },
  function unpivot(q) {
    const { r } = q;
    const from = q.base();
    const inner = `(SELECT id, ${q.value(from.columns, 'int', 1)} AS p, ${q.value(from.columns, r.pick(['int', 'bigint', 'decimal']), 1)} AS q, ${q.value(from.columns, 'string', 1)} AS s, ${q.value(from.columns, 'string', 0)} AS t FROM ${from.text})`;
    const what = r.pick([
      '(v FOR k IN (p, q))',
      '(v FOR k IN (p AS `the p`, q AS other))',
      '((v, w) FOR k IN ((p, s), (q, t)))',
      '((v, w) FOR k IN ((p, s) AS first, (q, t) AS second))',
      '(v FOR k IN (s, t))',
      '(v FOR k IN (p))',
    ]);
    return {
      sql: `SELECT * FROM ${inner} UNPIVOT ${r.pick(['', 'INCLUDE NULLS ', 'EXCLUDE NULLS '])}${what}`,
      columns: [],
    };
  },
  function sampled(q) {
    const from = q.base();
    const sample = q.r.pick(['100 PERCENT', '0 PERCENT', '1000 ROWS']);
    return select(q, {
      text: from.text.replace(/ AS (\w+)$/, ` TABLESAMPLE (${sample}) AS $1`),
      columns: from.columns,
    });
  },
];
