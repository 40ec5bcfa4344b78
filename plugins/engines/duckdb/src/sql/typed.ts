import type { SparkType } from './types.js';

/** A column that a FROM clause offers. */
export interface ScopeColumn {
  /** The name as Spark shows it. */
  readonly name: string;
  readonly type: SparkType;
  /** How DuckDB reads it, such as `t1."a"`. */
  readonly sql: string;
  /** The alias or view that may stand before the name. */
  readonly qualifier: string | undefined;
  /** One of two equal columns of USING or NATURAL: reachable by its qualifier, not part of `*`. */
  readonly hidden?: boolean;
}

/** Sums, differences and products of integers, kept apart until their width is known: Spark wraps them around. */
export interface Ring {
  /** The expression in the type itself, checked by DuckDB. */
  readonly narrow: string;
  /** The same in a type so wide that nothing can overflow. */
  readonly wide: string;
  /** The largest absolute value that `wide` can have. */
  readonly bound: bigint;
  /** The operands that are no literals: NULL in one makes the whole NULL. */
  readonly operands: readonly string[];
  /** Undefined where operands are multiplied. */
  readonly line: Line | undefined;
}

/** What no step on the way to a sum exceeds: with operands of at most x, `slope` times x and the `rest`. */
export interface Line {
  readonly slope: bigint;
  readonly rest: bigint;
}

/** What holds for an expression because it holds for a part of it. */
export interface Traits {
  /** The columns read outside aggregate functions. */
  readonly uses: readonly ScopeColumn[];
  readonly aggregate: boolean;
  readonly window: boolean;
  /** Contains what cannot stand inside DuckDB's TRY: random values, errors raised on purpose, subqueries. */
  readonly untried: boolean;
}

/** An expression with its type and its DuckDB text. */
export interface Typed extends Traits {
  /** DuckDB text that can stand as an operand anywhere. */
  readonly sql: string;
  readonly type: SparkType;
  /** The text that Spark shows for it in column names. */
  readonly label: string;
  readonly at: number;
  /** The value where it is a literal: numbers as text. */
  readonly literal?: string | boolean | null;
  readonly ring?: Ring;
  /** The parameters of a lambda function; `sql` is then its body. */
  readonly parameters?: readonly string[];
  /** The name of a column or field that an item of SELECT takes from it without an alias. */
  readonly name?: string;
}

const NONE: Traits = { uses: [], aggregate: false, window: false, untried: false };

/** The traits of an expression made of these parts. */
export function traitsOf(parts: readonly Traits[]): Traits {
  if (parts.length === 0) return NONE;
  const [only] = parts;
  if (parts.length === 1 && only) {
    return { uses: only.uses, aggregate: only.aggregate, window: only.window, untried: only.untried };
  }
  return {
    uses: parts.some((part) => part.uses.length > 0) ? [...new Set(parts.flatMap((part) => part.uses))] : [],
    aggregate: parts.some((part) => part.aggregate),
    window: parts.some((part) => part.window),
    untried: parts.some((part) => part.untried),
  };
}

/** An expression made of parts. */
export function typed(parts: readonly Traits[], fields: Omit<Typed, keyof Traits> & Partial<Traits>): Typed {
  return { ...traitsOf(parts), ...fields };
}

/** A copy of an expression without some of what is known about it. */
export function without(value: Typed, ...keys: readonly ('ring' | 'literal' | 'name')[]): Typed {
  const copy: { -readonly [K in keyof Typed]: Typed[K] } = { ...value };
  for (const key of keys) delete copy[key];
  return copy;
}

/** The same value in another form: a cast that Spark makes by itself does not show in names. */
export function recast(value: Typed, sql: string, type: SparkType): Typed {
  return { ...without(value, 'ring', 'literal'), sql, type };
}
