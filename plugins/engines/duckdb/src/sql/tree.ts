import type { SparkType } from './types.js';

/** What every node has: the offset of its first character in the text. */
interface Node {
  readonly at: number;
}

export interface LiteralNode extends Node {
  readonly kind: 'literal';
  readonly type: SparkType;
  /** Numbers and dates as text, as written where that matters for the column's name. */
  readonly value: string | boolean | null;
}
export interface TypedLiteralNode extends Node {
  readonly kind: 'typed-literal';
  readonly word: string;
  readonly text: string;
}
export interface IntervalNode extends Node {
  readonly kind: 'interval';
  readonly parts: readonly { readonly value: Expression; readonly unit: string; readonly to?: string }[];
}
export interface ColumnNode extends Node {
  readonly kind: 'column';
  readonly parts: readonly string[];
}
export interface StarNode extends Node {
  readonly kind: 'star';
  readonly qualifier: readonly string[];
  readonly except: readonly (readonly string[])[];
}
export interface UnaryNode extends Node {
  readonly kind: 'unary';
  readonly operator: '-' | '+' | '~' | 'NOT';
  readonly operand: Expression;
}
export interface BinaryNode extends Node {
  readonly kind: 'binary';
  readonly operator: string;
  readonly left: Expression;
  readonly right: Expression;
}
/** AND or OR over two or more operands: a chain of thousands is one node. */
export interface LogicalNode extends Node {
  readonly kind: 'logical';
  readonly operator: 'AND' | 'OR';
  readonly operands: readonly Expression[];
}
export interface TestNode extends Node {
  readonly kind: 'test';
  readonly test: 'NULL' | 'TRUE' | 'FALSE' | 'UNKNOWN';
  readonly negated: boolean;
  readonly operand: Expression;
}
export interface DistinctNode extends Node {
  readonly kind: 'distinct-from';
  readonly negated: boolean;
  readonly left: Expression;
  readonly right: Expression;
}
export interface BetweenNode extends Node {
  readonly kind: 'between';
  readonly negated: boolean;
  readonly operand: Expression;
  readonly low: Expression;
  readonly high: Expression;
}
export interface InNode extends Node {
  readonly kind: 'in';
  readonly negated: boolean;
  readonly operand: Expression;
  readonly items: readonly Expression[] | Query;
}
export interface LikeNode extends Node {
  readonly kind: 'like';
  readonly operator: 'LIKE' | 'ILIKE' | 'RLIKE';
  readonly quantifier: 'ANY' | 'ALL' | '';
  readonly negated: boolean;
  readonly operand: Expression;
  readonly patterns: readonly Expression[];
  readonly escape: string | undefined;
}
export interface CaseNode extends Node {
  readonly kind: 'case';
  readonly operand: Expression | undefined;
  readonly branches: readonly { readonly when: Expression; readonly then: Expression }[];
  readonly otherwise: Expression | undefined;
}
export interface CastNode extends Node {
  readonly kind: 'cast';
  readonly operand: Expression;
  readonly type: SparkType;
  readonly lenient: boolean;
}
export interface CallNode extends Node {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly Expression[];
  /** Names given to arguments, as in `struct(a AS x)`, by position. */
  readonly aliases: ReadonlyMap<number, string>;
  readonly named: readonly { readonly name: string; readonly value: Expression; readonly at: number }[];
  readonly distinct: boolean;
  readonly ignoreNulls: boolean | undefined;
  readonly withinGroup: readonly SortItem[];
  readonly filter: Expression | undefined;
  readonly over: WindowSpec | string | undefined;
}
export interface LambdaNode extends Node {
  readonly kind: 'lambda';
  readonly parameters: readonly string[];
  readonly body: Expression;
}
export interface IndexNode extends Node {
  readonly kind: 'index';
  readonly operand: Expression;
  readonly index: Expression;
}
export interface FieldNode extends Node {
  readonly kind: 'field';
  readonly operand: Expression;
  readonly name: string;
}
export interface SubqueryNode extends Node {
  readonly kind: 'subquery';
  readonly query: Query;
}
export interface ExistsNode extends Node {
  readonly kind: 'exists';
  readonly query: Query;
}
export interface RowNode extends Node {
  readonly kind: 'row';
  readonly items: readonly NamedExpression[];
}

export type Expression =
  | LiteralNode
  | TypedLiteralNode
  | IntervalNode
  | ColumnNode
  | StarNode
  | UnaryNode
  | BinaryNode
  | LogicalNode
  | TestNode
  | DistinctNode
  | BetweenNode
  | InNode
  | LikeNode
  | CaseNode
  | CastNode
  | CallNode
  | LambdaNode
  | IndexNode
  | FieldNode
  | SubqueryNode
  | ExistsNode
  | RowNode;

export interface NamedExpression {
  readonly expression: Expression;
  /** Several names for a generator: `stack(...) AS (a, b)`. */
  readonly aliases: readonly string[];
}

export interface SortItem {
  readonly expression: Expression;
  readonly descending: boolean;
  /** Undefined where the text does not say: first when ascending, last when descending. */
  readonly nullsFirst: boolean | undefined;
}

export interface FrameBound {
  readonly kind: 'unbounded-preceding' | 'preceding' | 'current' | 'following' | 'unbounded-following';
  readonly offset: Expression | undefined;
}
export interface WindowSpec extends Node {
  readonly base: string | undefined;
  readonly partition: readonly Expression[];
  readonly order: readonly SortItem[];
  readonly frame: { readonly unit: 'ROWS' | 'RANGE'; readonly start: FrameBound; readonly end: FrameBound } | undefined;
}

export interface TableRef extends Node {
  readonly kind: 'table';
  readonly name: readonly string[];
  readonly alias: string | undefined;
  readonly columns: readonly string[];
  readonly sample: Sample | undefined;
}
export interface SubqueryRef extends Node {
  readonly kind: 'query';
  readonly query: Query;
  readonly alias: string | undefined;
  readonly columns: readonly string[];
  readonly lateral: boolean;
  readonly sample: Sample | undefined;
}
export interface ValuesRef extends Node {
  readonly kind: 'values';
  readonly rows: readonly (readonly Expression[])[];
  readonly alias: string | undefined;
  readonly columns: readonly string[];
}
export interface FunctionRef extends Node {
  readonly kind: 'function';
  readonly call: CallNode;
  readonly alias: string | undefined;
  readonly columns: readonly string[];
  readonly lateral: boolean;
}
export interface JoinRef extends Node {
  readonly kind: 'join';
  readonly type: 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | 'SEMI' | 'ANTI' | 'CROSS';
  readonly natural: boolean;
  readonly left: Relation;
  readonly right: Relation;
  readonly on: Expression | undefined;
  readonly using: readonly string[];
}
export interface LateralViewRef extends Node {
  readonly kind: 'lateral-view';
  readonly input: Relation | undefined;
  readonly outer: boolean;
  readonly call: CallNode;
  readonly alias: string | undefined;
  readonly columns: readonly string[];
}
export interface PivotRef extends Node {
  readonly kind: 'pivot';
  readonly input: Relation;
  readonly aggregates: readonly NamedExpression[];
  readonly columns: readonly (readonly string[])[];
  readonly values: readonly { readonly value: Expression; readonly alias: string | undefined }[];
  readonly alias: string | undefined;
}
export interface UnpivotRef extends Node {
  readonly kind: 'unpivot';
  readonly input: Relation;
  readonly includeNulls: boolean;
  readonly valueNames: readonly string[];
  readonly nameName: string;
  readonly sets: readonly { readonly columns: readonly (readonly string[])[]; readonly alias: string | undefined }[];
  readonly alias: string | undefined;
}
export interface Sample {
  readonly kind: 'percent' | 'rows' | 'bucket';
  readonly value: string;
  readonly of: string | undefined;
  readonly seed: string | undefined;
}
export type Relation =
  TableRef | SubqueryRef | ValuesRef | FunctionRef | JoinRef | LateralViewRef | PivotRef | UnpivotRef;

export interface GroupBy {
  readonly all: boolean;
  readonly keys: readonly Expression[];
  /** Each set lists positions in `keys`. Undefined for a plain GROUP BY. */
  readonly sets: readonly (readonly number[])[] | undefined;
}

export interface SelectNode extends Node {
  readonly kind: 'select';
  readonly distinct: boolean;
  readonly items: readonly NamedExpression[];
  readonly from: Relation | undefined;
  readonly where: Expression | undefined;
  readonly group: GroupBy | undefined;
  readonly having: Expression | undefined;
  readonly windows: ReadonlyMap<string, WindowSpec>;
}
export interface SetNode extends Node {
  readonly kind: 'set';
  readonly operator: 'UNION' | 'INTERSECT' | 'EXCEPT';
  readonly all: boolean;
  readonly left: QueryBody;
  readonly right: QueryBody;
}
/** `VALUES ...`, `TABLE t` and a query in parentheses, where a SELECT may stand. */
export interface RelationBody extends Node {
  readonly kind: 'relation';
  readonly relation: Relation;
}
export interface NestedBody extends Node {
  readonly kind: 'nested';
  readonly query: Query;
}
export type QueryBody = SelectNode | SetNode | RelationBody | NestedBody;

export interface Query extends Node {
  readonly with: readonly CommonTable[];
  readonly recursive: boolean;
  readonly body: QueryBody;
  readonly order: readonly SortItem[];
  readonly orderAll: SortItem | undefined;
  readonly limit: Expression | undefined;
  readonly offset: Expression | undefined;
}
export interface CommonTable extends Node {
  readonly name: string;
  readonly columns: readonly string[];
  readonly query: Query;
}
