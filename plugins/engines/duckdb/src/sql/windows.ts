import { nameOf, type FunctionRow } from './functions/row.js';
import { refuseNested } from './order.js';
import type { Scope } from './scope.js';
import type { Expression, FrameBound, SortItem, WindowSpec } from './tree.js';
import { traitsOf, type Traits, type Typed } from './typed.js';
import { isInterval, isNumeric, sameType, type SparkType } from './types.js';
import { unsignedZeros } from './zeros.js';

type Analyze = (scope: Scope, node: Expression) => Typed;

/** An item of ORDER BY in DuckDB's words: Spark puts NULL first when ascending, last when descending. */
export function sortText(sql: string, item: Pick<SortItem, 'descending' | 'nullsFirst'>): string {
  const nullsFirst = item.nullsFirst ?? !item.descending;
  return `${sql} ${item.descending ? 'DESC' : 'ASC'} NULLS ${nullsFirst ? 'FIRST' : 'LAST'}`;
}

/** What DuckDB sorts or splits by. Of a column that is itself the key it would show the key, in which zeros have no sign. */
export const keyText = ({ sql, type }: Pick<Typed, 'sql' | 'type'>): string => unsignedZeros(sql, type);

/** How Spark shows an item of ORDER BY. */
export function sortLabel(label: string, item: Pick<SortItem, 'descending' | 'nullsFirst'>): string {
  return sortText(label, item);
}

/** Functions that look at the order alone; Spark gives them a frame of their own. */
const RANKS = new Set(['rank', 'dense_rank', 'percent_rank', 'row_number', 'ntile']);
const OFFSETS = new Set(['lag', 'lead']);
/** Functions that order their values themselves. */
const UNORDERED = new Set(['median', 'percentile_cont', 'percentile_disc']);

/** The text behind OVER, and how Spark shows it. */
export function windowText(
  scope: Scope,
  over: WindowSpec | string,
  at: number,
  analyze: Analyze,
  row: FunctionRow,
  offset?: string,
): { sql: string; label: string; traits: Traits } {
  const spec = resolve(scope, over, at);
  const partition = spec.partition.map((key) => analyze(scope, key));
  const order = spec.order.map((item) => ({ item, value: analyze(scope, item.expression) }));
  for (const { value } of order) {
    refuseNested(scope, value.type, value.at);
  }
  const name = nameOf(row);
  if (UNORDERED.has(name) && (order.length > 0 || spec.frame !== undefined))
    throw scope.fail(
      at,
      'SQL_ANALYSIS',
      `${name} takes neither ORDER BY nor a frame in OVER (INVALID_WINDOW_SPEC_FOR_AGGREGATION_FUNC)`,
    );
  const ranks = RANKS.has(name) || OFFSETS.has(name) || name === 'cume_dist';
  if (row.kind === 'window' && order.length === 0 && name !== 'nth_value') {
    throw scope.fail(at, 'SQL_ANALYSIS', `${name} needs a window with ORDER BY`);
  }
  const parts: string[] = [];
  const shown: string[] = [];
  if (partition.length > 0) {
    parts.push(`PARTITION BY ${partition.map(keyText).join(', ')}`);
    shown.push(`PARTITION BY ${partition.map((key) => key.label).join(', ')}`);
  }
  if (order.length > 0) {
    parts.push(`ORDER BY ${order.map(({ item, value }) => sortText(keyText(value), item)).join(', ')}`);
    shown.push(`ORDER BY ${order.map(({ item, value }) => sortLabel(value.label, item)).join(', ')}`);
  }
  if (spec.frame && !ranks) {
    const { unit, start, end } = spec.frame;
    if (unit === 'RANGE')
      checkRange(
        scope,
        order.map((o) => o.value),
        [start, end],
        at,
      );
    const key = unit === 'RANGE' ? order[0]?.value.type : undefined;
    const [from, to] = [bound(scope, start, analyze, key), bound(scope, end, analyze, key)];
    parts.push(`${unit} BETWEEN ${from.sql} AND ${to.sql}`);
    shown.push(`${unit} BETWEEN ${from.label} AND ${to.label}`);
  } else shown.push(defaultFrame(name, order.length > 0, offset ?? '1'));
  const traits = traitsOf([...partition, ...order.map((o) => o.value)]);
  return { sql: `(${parts.join(' ')})`, label: `OVER (${shown.join(' ')})`, traits };
}

const negated = (number: string): string =>
  number === '0' ? '0' : number.startsWith('-') ? number.slice(1) : `-${number}`;

function defaultFrame(name: string, ordered: boolean, offset: string): string {
  if (RANKS.has(name)) return 'ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW';
  if (name === 'lag') return `ROWS BETWEEN ${negated(offset)} FOLLOWING AND ${negated(offset)} FOLLOWING`;
  if (name === 'lead') return `ROWS BETWEEN ${offset} FOLLOWING AND ${offset} FOLLOWING`;
  if (!ordered) return 'ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING';
  return 'RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW';
}

function resolve(scope: Scope, over: WindowSpec | string, at: number): WindowSpec {
  if (typeof over !== 'string' && over.base === undefined) return over;
  const name = typeof over === 'string' ? over : (over.base ?? '');
  const named = scope.windows.get(name.toLowerCase());
  if (!named)
    throw scope.fail(at, 'SQL_ANALYSIS', `the window '${name}' is not defined; define it with WINDOW ${name} AS (...)`);
  if (typeof over === 'string') return named.base === undefined ? named : resolve(scope, named, at);
  return {
    ...over,
    base: undefined,
    partition: named.partition,
    order: over.order.length > 0 ? over.order : named.order,
    frame: over.frame ?? named.frame,
  };
}

function checkRange(scope: Scope, order: readonly Typed[], bounds: readonly FrameBound[], at: number): void {
  if (bounds.every((b) => b.offset === undefined)) return;
  if (order.length !== 1)
    throw scope.fail(at, 'SQL_ANALYSIS', 'a RANGE frame with an offset needs exactly one ORDER BY expression');
}

/** A bound of a frame; `key` is the type that a RANGE is measured in. */
function bound(
  scope: Scope,
  frame: FrameBound,
  analyze: Analyze,
  key: SparkType | undefined,
): { sql: string; label: string } {
  switch (frame.kind) {
    case 'unbounded-preceding':
      return { sql: 'UNBOUNDED PRECEDING', label: 'UNBOUNDED PRECEDING' };
    case 'unbounded-following':
      return { sql: 'UNBOUNDED FOLLOWING', label: 'UNBOUNDED FOLLOWING' };
    case 'current':
      return { sql: 'CURRENT ROW', label: 'CURRENT ROW' };
    default: {
      const offset = frame.offset ? analyze(scope, frame.offset) : undefined;
      const word = frame.kind === 'preceding' ? 'PRECEDING' : 'FOLLOWING';
      const fixed = offset && offset.uses.length === 0 && !offset.aggregate && !offset.window && !offset.untried;
      if (!offset || !(fixed || isInterval(offset.type))) {
        throw scope.fail(frame.offset?.at ?? 0, 'SQL_ANALYSIS', 'the offset of a window frame must be a constant');
      }
      // Where Spark casts an offset to the type of the key, columns show what it makes of PRECEDING.
      const isCast = key !== undefined && isNumeric(key) && isNumeric(offset.type) && !sameType(key, offset.type);
      const label = isCast && word === 'PRECEDING' ? `(- ${offset.label}) FOLLOWING` : undefined;
      // A negative offset reaches to the other side.
      if (typeof offset.literal === 'string' && offset.literal.startsWith('-')) {
        const other = word === 'PRECEDING' ? 'FOLLOWING' : 'PRECEDING';
        const text = `${offset.literal.slice(1)} ${other}`;
        return { sql: text, label: label ?? (isCast ? `${offset.label} ${word}` : text) };
      }
      return { sql: `${offset.sql} ${word}`, label: label ?? `${offset.label} ${word}` };
    }
  }
}
