import type { Random } from './random.js';
import { COLUMNS, literalOf } from './tables.js';

export const NUMERIC = ['tinyint', 'smallint', 'int', 'bigint', 'float', 'double', 'decimal(10,2)', 'decimal(38,10)'];
export const TYPES = ['boolean', ...NUMERIC, 'string', 'date', 'timestamp'];

/** Makes a text of random parts. */
export type Make = (r: Random, depth: number) => string;
/** What makes an expression of a type, by type: texts, and makers of texts. */
export type Makers = Readonly<Record<string, readonly (string | Make)[]>>;

const MAKERS = new Map<string, readonly (string | Make)[]>();

/** Adds the makers of some types to those that {@link expression} picks from. */
export function define(makers: Makers): void {
  for (const [type, some] of Object.entries(makers)) MAKERS.set(type, some);
}

const columnsOf = (type: string): string[] => Object.keys(COLUMNS).filter((name) => COLUMNS[name] === type);

/** An expression of a type: a column, a literal, or something that gives the type. */
export function expression(r: Random, type: string, depth: number): string {
  if (depth <= 0 || r.chance(0.15)) {
    const columns = columnsOf(type);
    return columns.length > 0 && r.chance(0.75) ? r.pick(columns) : literalOf(r, type, 0.08);
  }
  const makers = MAKERS.get(type);
  if (!makers) return r.pick(columnsOf(type).length > 0 ? columnsOf(type) : ['NULL']);
  const maker = r.pick(makers);
  return typeof maker === 'string' ? maker : maker(r, depth - 1);
}

export const of =
  (type: string): Make =>
  (r, depth) =>
    expression(r, type, depth);
export const any =
  (types: readonly string[]): Make =>
  (r, depth) =>
    expression(r, r.pick(types), depth);
export const number = any(NUMERIC);
export const integer = any(['tinyint', 'smallint', 'int', 'bigint']);
export const text = of('string');
export const small: Make = (r) => String(r.below(9) - 2);
export const positive: Make = (r) => String(1 + r.below(6));
export const loose = any([...TYPES, 'string', 'int']);

/** A call: the parts are texts or makers. */
export const form =
  (...parts: readonly (string | Make)[]): Make =>
  (r, depth) =>
    parts.map((part) => (typeof part === 'string' ? part : part(r, depth))).join('');
export const call = (name: string, ...args: readonly (string | Make)[]): Make =>
  form(`${name}(`, ...args.flatMap((arg, i) => (i === 0 ? [arg] : [', ', arg])), ')');

export const CHOICES = (type: string): Make[] => [
  form('CASE WHEN ', of('boolean'), ' THEN ', of(type), ' ELSE ', of(type), ' END'),
  form('if(', of('boolean'), ', ', of(type), ', ', of(type), ')'),
  call('coalesce', of(type), of(type)),
  call('nullif', of(type), of(type)),
  call('nvl', of(type), of(type)),
];
export const EXTREMES = (type: string): Make[] => [
  call('greatest', of(type), of(type)),
  call('least', of(type), of(type)),
];

export const quoted =
  (...options: readonly string[]): Make =>
  (r) =>
    `'${r.pick(options)}'`;
export const dateLike = any(['date', 'timestamp', 'date', 'timestamp_ntz']);
export const dayText: Make = (r) => (r.chance(0.8) ? 'ds' : expression(r, 'string', 0));
