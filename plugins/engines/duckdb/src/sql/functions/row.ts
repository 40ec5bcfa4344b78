import type { Scope } from '../scope.js';
import type { CallNode, Expression } from '../tree.js';
import type { Typed } from '../typed.js';
import type { SparkType } from '../types.js';

/** A call of a function, with its arguments in the types of the signature, missing ones filled with their defaults. */
export interface Call {
  readonly scope: Scope;
  readonly node: CallNode;
  readonly at: number;
  readonly args: readonly Typed[];
  /** The DuckDB text of an argument, from 0; NULL for an optional one that was left out. */
  readonly sql: (index: number) => string;
  /** The type of the result. */
  readonly type: SparkType;
  /** The text of an aggregate function with the call's FILTER and OVER behind it. */
  readonly run: (text: string) => string;
  /** `DISTINCT ` or nothing. */
  readonly distinct: string;
}

export type RowKind = 'scalar' | 'aggregate' | 'window' | 'generator';

/** Analyses an expression in a scope; rows that look at their arguments themselves get it. */
export type Analyze = (scope: Scope, node: Expression) => Typed;

/** One column that a generator makes: a list for every input row, unnested side by side with the others. */
export interface GeneratedColumn {
  readonly name: string;
  readonly type: SparkType;
  readonly list: string;
}

/** One function of Spark that Sluice claims. */
export interface FunctionRow {
  readonly kind: RowKind;
  /**
   * `name(parameter type[, optional? type, other type = default, rest type...]) -> type`. Types are Spark's, and
   * `any`, `numeric`, `integral`, `T` (one common type for all that carry the letter), `a|b` (the first that fits).
   * The result may be `$1`, the type of the first argument.
   */
  readonly signature: string;
  /** DuckDB's text: a template with `$1`, `$2` (and `$d` for DISTINCT), or a function of the call. */
  readonly form: string | ((call: Call) => string);
  readonly aliases: readonly string[];
  /** The name that columns show, where Spark's is not the function's own; only for its first name. */
  readonly shown: string | undefined;
  readonly label: ((call: Call) => string) | undefined;
  readonly result: ((args: readonly Typed[], scope: Scope) => SparkType) | undefined;
  /** Whether the form raises errors on purpose or gives another value at every call: TRY must not contain it. */
  readonly untried: boolean;
  /** A row that reads its arguments itself: lambda functions, literals that decide the type. */
  readonly special: ((scope: Scope, node: CallNode, analyze: Analyze) => Typed) | undefined;
  readonly generate: ((call: Call) => readonly GeneratedColumn[]) | undefined;
}

export type RowOptions = Partial<Pick<FunctionRow, 'aliases' | 'shown' | 'label' | 'result' | 'untried'>>;

function row(kind: RowKind, signature: string, form: FunctionRow['form'], options: RowOptions): FunctionRow {
  return {
    kind,
    signature,
    form,
    aliases: options.aliases ?? [],
    shown: options.shown,
    label: options.label,
    result: options.result,
    untried: options.untried ?? false,
    special: undefined,
    generate: undefined,
  };
}

/** A function of one row. */
export const scalar = (signature: string, form: FunctionRow['form'], options: RowOptions = {}): FunctionRow =>
  row('scalar', signature, form, options);

/** A function of a group of rows; with OVER also of a window. */
export const aggregate = (signature: string, form: FunctionRow['form'], options: RowOptions = {}): FunctionRow =>
  row('aggregate', signature, form, options);

/** A function that only stands with OVER. */
export const window = (signature: string, form: FunctionRow['form'], options: RowOptions = {}): FunctionRow =>
  row('window', signature, form, options);

/** A function that makes several rows or columns of one row. */
export const generator = (
  signature: string,
  generate: (call: Call) => readonly GeneratedColumn[],
  options: RowOptions = {},
): FunctionRow => ({ ...row('generator', signature, '', options), generate });

/** A function that analyses its arguments itself. */
export const special = (
  signature: string,
  analyse: (scope: Scope, node: CallNode, analyze: Analyze) => Typed,
  options: RowOptions = {},
): FunctionRow => ({ ...row('scalar', signature, '', options), special: analyse });

export const nameOf = (row: FunctionRow): string => row.signature.slice(0, row.signature.indexOf('('));
