import type { Random } from '../random.js';
import { baseTable } from './base-tables.js';
import type { From, Query, QueryParts } from './clauses.js';
import { GROUPINGS } from './clauses-of-groups.js';
import { ROWS } from './clauses-of-rows.js';
import { SOURCES } from './clauses-of-sources.js';
import { NUMBERS, valueOver, WORDS, type Column } from './query-values.js';

/** Every clause that the page of Spark SQL names, each in forms that random values fill. */
const CLAUSES = [...SOURCES, ...GROUPINGS, ...ROWS];

/** Makes random queries by putting queries into queries. */
export class NestedQueries implements QueryParts {
  readonly r: Random;
  #names = 0;

  constructor(random: Random) {
    this.r = random;
  }

  query(depth = 1 + this.r.below(3)): Query {
    const kind = this.r.pick([
      'select',
      'select',
      'group',
      'group',
      'window',
      'set',
      'distinct',
      'limit',
      'cte',
      'sets',
      'lateral',
      'clause',
      'clause',
      'clause',
      'clause',
    ] as const);
    switch (kind) {
      case 'select':
        return this.#select(depth);
      case 'group':
        return this.#group(depth);
      case 'window':
        return this.#window();
      case 'set':
        return this.#set(depth);
      case 'sets':
        return this.#groupingSets(depth);
      case 'lateral':
        return this.#lateral();
      case 'clause':
        return this.r.pick(CLAUSES)(this, depth);
      case 'distinct': {
        const { sql, columns } = this.#select(depth);
        return { sql: sql.replace(/^SELECT /, 'SELECT DISTINCT '), columns };
      }
      case 'limit':
        return this.#limit(depth);
      case 'cte': {
        const inner = this.query(depth - 1);
        const name = this.name('c');
        const outer = this.#over({
          text: name,
          columns: inner.columns.map((c) => ({ ...c, name: `${name}.${c.name}` })),
        });
        return { sql: `WITH ${name} AS (${inner.sql}) ${outer.sql}`, columns: outer.columns };
      }
    }
  }

  name(letter: string): string {
    this.#names += 1;
    return `${letter}${this.#names}`;
  }

  base(): From {
    return baseTable(this.r, this.name('t'));
  }

  source(depth: number): { text: string; columns: readonly Column[] } {
    const r = this.r;
    if (depth <= 0 || r.chance(0.3)) return this.base();
    if (r.chance(0.5)) {
      const inner = this.query(depth - 1);
      const alias = this.name('q');
      return {
        text: `(${inner.sql}) AS ${alias}`,
        columns: inner.columns.map((c) => ({ ...c, name: `${alias}.${c.name}` })),
      };
    }
    const [left, right] = [this.source(depth - 1), this.base()];
    const kind = r.pick([
      'JOIN',
      'LEFT JOIN',
      'RIGHT JOIN',
      'FULL OUTER JOIN',
      'CROSS JOIN',
      'LEFT SEMI JOIN',
      'LEFT ANTI JOIN',
    ]);
    const both = [...left.columns, ...right.columns];
    const on = kind === 'CROSS JOIN' ? '' : ` ON ${this.#joinCondition(left.columns, right.columns, both)}`;
    const columns = /SEMI|ANTI/.test(kind) ? left.columns : both;
    return { text: `${left.text} ${kind} ${right.text}${on}`, columns };
  }

  #joinCondition(left: readonly Column[], right: readonly Column[], both: readonly Column[]): string {
    const r = this.r;
    const pairs = left.flatMap((a) =>
      right.filter((b) => b.type === a.type && a.type !== 'array').map((b) => [a.name, b.name] as const),
    );
    if (pairs.length === 0 || r.chance(0.15)) return this.value(both, 'boolean', 1);
    const [a, b] = r.pick(pairs);
    const equal = `${a} ${r.pick(['=', '=', '=', '<=>', '<', '!='])} ${b}`;
    return r.chance(0.3) ? `${equal} AND ${this.value(both, 'boolean', 1)}` : equal;
  }

  where(columns: readonly Column[], depth: number): string {
    const r = this.r;
    if (r.chance(0.5)) return '';
    const numbers = columns.filter((c) => c.type === 'int');
    if (depth > 0 && numbers.length > 0 && r.chance(0.35)) {
      const inner = this.base();
      const column = r.pick(numbers).name;
      const [key] = inner.columns;
      return ` WHERE ${r.pick([
        `${column} ${r.pick(['IN', 'NOT IN'])} (SELECT ${r.pick(inner.columns.filter((c) => c.type === 'int')).name} FROM ${inner.text})`,
        `${r.pick(['EXISTS', 'NOT EXISTS'])} (SELECT 1 FROM ${inner.text} WHERE ${key?.name} ${r.pick(['=', '<=>'])} ${column})`,
        `${column} ${r.pick(['>', '=', '<='])} (SELECT ${r.pick(['max', 'min', 'count'])}(${key?.name}) FROM ${inner.text})`,
        `${column} < (SELECT sum(${key?.name}) FROM ${inner.text} WHERE ${key?.name} = ${column})`,
      ])}`;
    }
    return ` WHERE ${this.value(columns, 'boolean', 2)}`;
  }

  #over(from: { text: string; columns: readonly Column[] }): Query {
    const columns: Column[] = [];
    const items = Array.from({ length: 1 + this.r.below(4) }, (_, i) => {
      const type = this.r.pick(WORDS);
      columns.push({ name: `c${i}`, type });
      return `${this.value(from.columns, type, this.r.below(3))} AS c${i}`;
    });
    return { sql: `SELECT ${items.join(', ')} FROM ${from.text}${this.where(from.columns, 1)}`, columns };
  }

  #select(depth: number): Query {
    return this.#over(this.source(depth));
  }

  aggregate(columns: readonly Column[]): [string, string] {
    const r = this.r;
    const number = r.pick(['int', 'bigint', 'decimal']);
    const filter = r.chance(0.2) ? ` FILTER (WHERE ${this.value(columns, 'boolean', 1)})` : '';
    const distinct = r.chance(0.2) ? 'DISTINCT ' : '';
    const [text, type] = r.pick<[string, string]>([
      ['count(*)', 'bigint'],
      [`count(${distinct}${this.value(columns, r.pick(WORDS), 1)})`, 'bigint'],
      [`sum(${distinct}${this.value(columns, 'int', 1)})`, 'bigint'],
      [`sum(${this.value(columns, 'decimal', 1)})`, 'decimal'],
      [`avg(${distinct}${this.value(columns, number, 1)})`, number === 'decimal' ? 'decimal' : 'double'],
      [`max(${this.value(columns, 'string', 1)})`, 'string'],
      [`min(${this.value(columns, 'date', 1)})`, 'date'],
      [`max(${this.value(columns, 'double', 0)})`, 'double'],
      [`min(${this.value(columns, 'boolean', 1)})`, 'boolean'],
      [`max(${this.value(columns, 'timestamp', 0)})`, 'timestamp'],
      [`bool_and(${this.value(columns, 'boolean', 1)})`, 'boolean'],
      [`count_if(${this.value(columns, 'boolean', 1)})`, 'bigint'],
      [`array_join(sort_array(collect_set(${this.value(columns, 'string', 1)})), '|')`, 'string'],
      [`size(collect_list(${this.value(columns, 'int', 1)}))`, 'int'],
    ]);
    return [/\)\)/.test(text) || text.startsWith('array_join') ? text : text + filter, type];
  }

  #group(depth: number): Query {
    const r = this.r;
    const from = this.source(depth);
    const keys = Array.from({ length: r.below(3) }, () => {
      const type = r.pick(WORDS);
      return { type, text: r.chance(0.7) ? this.value(from.columns, type, 0) : this.value(from.columns, type, 1) };
    }).filter((key) => /[a-z]\d+\./.test(key.text));
    const columns: Column[] = keys.map((key, i) => ({ name: `k${i}`, type: key.type }));
    const items = keys.map((key, i) => `${key.text} AS k${i}`);
    for (let i = 0; i <= r.below(3); i++) {
      const [text, type] = this.aggregate(from.columns);
      items.push(`${text} AS a${i}`);
      columns.push({ name: `a${i}`, type });
    }
    const by =
      keys.length === 0
        ? ''
        : ` GROUP BY ${r.pick([keys.map((key) => key.text).join(', '), keys.map((_, i) => i + 1).join(', '), keys.map((_, i) => `k${i}`).join(', ')])}`;
    const having = keys.length > 0 && r.chance(0.3) ? ` HAVING ${this.aggregate(from.columns)[0]} IS NOT NULL` : '';
    return {
      sql: `SELECT ${items.join(', ')} FROM ${from.text}${this.where(from.columns, depth)}${by}${having}`,
      columns,
    };
  }

  #groupingSets(depth: number): Query {
    const r = this.r;
    const from = this.source(depth);
    const keys = from.columns.filter((c) => c.type !== 'array').slice(0, 3);
    if (keys.length < 2) return this.#group(depth);
    const [a, b] = [r.pick(keys), r.pick(keys)];
    if (a === b) return this.#group(depth);
    const [text, type] = this.aggregate(from.columns);
    const by = r.pick([
      `ROLLUP(${a.name}, ${b.name})`,
      `CUBE(${a.name}, ${b.name})`,
      `GROUPING SETS ((${a.name}), (${b.name}), (${a.name}, ${b.name}), ())`,
      `${a.name}, ${b.name} WITH ROLLUP`,
      `${a.name}, CUBE(${b.name})`,
    ]);
    return {
      sql: `SELECT ${a.name} AS k0, ${b.name} AS k1, ${text} AS a0, grouping(${a.name}) AS a1, grouping_id() AS a2 FROM ${from.text} GROUP BY ${by}`,
      columns: [
        { name: 'k0', type: a.type },
        { name: 'k1', type: b.type },
        { name: 'a0', type },
        { name: 'a1', type: 'int' },
        { name: 'a2', type: 'bigint' },
      ],
    };
  }

  #window(): Query {
    const r = this.r;
    const from = this.base();
    const id = from.columns[0]?.name ?? 'id';
    const plain = from.columns.filter((c) => c.type !== 'array');
    const columns: Column[] = [{ name: 'c0', type: 'int' }];
    const items = Array.from({ length: 1 + r.below(3) }, (_, i) => {
      const by = r.chance(0.6) ? `PARTITION BY ${r.pick(plain).name} ` : '';
      const order = `ORDER BY ${r.chance(0.6) ? `${r.pick(plain).name}${r.pick(['', ' DESC', ' NULLS LAST', ' DESC NULLS FIRST'])}, ` : ''}${id}${r.pick(['', ' DESC'])}`;
      const [text, type] = this.aggregate(from.columns);
      const frame = r.pick([
        '',
        ' ROWS BETWEEN 1 PRECEDING AND CURRENT ROW',
        ' ROWS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING',
        ' ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING',
        ' RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING',
      ]);
      const ranged = ` RANGE BETWEEN ${r.pick(['1 PRECEDING', 'CURRENT ROW', 'UNBOUNDED PRECEDING'])} AND ${r.pick(['1 FOLLOWING', 'UNBOUNDED FOLLOWING'])}`;
      const value = r.pick(plain);
      const [shown, of] = r.pick<[string, string]>([
        [`${text.replace(/DISTINCT /, '')} OVER (${by}${order}${frame})`, type],
        [`sum(${id}) OVER (${by}ORDER BY ${id}${ranged})`, 'bigint'],
        [`row_number() OVER (${by}${order})`, 'int'],
        [`rank() OVER (${by}ORDER BY ${value.name})`, 'int'],
        [`dense_rank() OVER (ORDER BY ${value.name} DESC)`, 'int'],
        [`lag(${value.name}, ${1 + r.below(2)}) OVER (${by}${order})`, value.type],
        [`first_value(${value.name}) OVER (${by}${order}${frame})`, value.type],
        [`last(${value.name}, true) OVER (${by}${order})`, value.type],
        [`percent_rank() OVER (${by}ORDER BY ${value.name})`, 'double'],
        [`count(*) OVER (${by.trim()})`, 'bigint'],
      ]);
      columns.push({ name: `w${i}`, type: of });
      return `${shown.includes('collect_set') ? `count(*) OVER (${by}${order}${frame})` : shown} AS w${i}`;
    });
    return { sql: `SELECT ${id} AS c0, ${items.join(', ')} FROM ${from.text}`, columns };
  }

  #set(depth: number): Query {
    const r = this.r;
    const left = this.#select(depth - 1);
    const from = this.base();
    // The sides may be of other, related types: the widest wins.
    const items = left.columns.map(({ type }, i) => {
      const near = NUMBERS.includes(type) && r.chance(0.3) ? r.pick(NUMBERS) : r.chance(0.05) ? 'string' : type;
      return `${r.chance(0.1) ? 'NULL' : this.value(from.columns, near, 1)} AS d${i}`;
    });
    const word = r.pick(['UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT', 'EXCEPT ALL', 'INTERSECT ALL', 'MINUS']);
    return {
      sql: `${left.sql} ${word} SELECT ${items.join(', ')} FROM ${from.text}`,
      columns: left.columns.map((c) => ({ ...c, type: NUMBERS.includes(c.type) ? 'double' : c.type })),
    };
  }

  #lateral(): Query {
    const r = this.r;
    const from = this.base();
    const list = from.columns.find((c) => c.type === 'array')?.name ?? 'array(1, NULL)';
    const alias = this.name('e');
    const [view, names] = r.pick<[string, string[]]>([
      [`explode(${list}) ${alias} AS v`, ['v']],
      [`posexplode(${list}) ${alias} AS p, v`, ['p', 'v']],
      [`explode(transform(${list}, n -> n + 1)) ${alias} AS v`, ['v']],
      [`explode(sequence(1, 2)) ${alias} AS v`, ['v']],
    ]);
    return this.#over({
      text: `${from.text} LATERAL VIEW ${r.pick(['', 'OUTER '])}${view}`,
      columns: [...from.columns, ...names.map((name) => ({ name: `${alias}.${name}`, type: 'int' }))],
    });
  }

  #limit(depth: number): Query {
    const r = this.r;
    const inner = r.chance(0.5) ? this.#select(depth) : this.#group(depth);
    // All columns in the order leave no two rows that could change places and be seen to.
    const order = inner.columns.map(
      (_, i) => `${i + 1}${r.pick(['', ' DESC', ' NULLS LAST', ' DESC NULLS FIRST', ' ASC NULLS FIRST'])}`,
    );
    const cut = `${r.chance(0.8) ? ` LIMIT ${r.below(4)}` : ''}${r.chance(0.3) ? ` OFFSET ${r.below(3)}` : ''}`;
    return {
      sql: `SELECT * FROM (${inner.sql}) ORDER BY ${order.join(', ')}${cut}`,
      columns: inner.columns,
      ordered: true,
    };
  }

  value(columns: readonly Column[], type: string, depth: number): string {
    return valueOver(this.r, columns, type, depth);
  }
}
