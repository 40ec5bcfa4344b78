import { errorAt, nearest } from './place.js';
import type { Query, WindowSpec } from './tree.js';
import type { ScopeColumn, Typed } from './typed.js';
import type { SparkType } from './types.js';
import type { Reason, SluiceError } from '@sluice/plugin-sdk';

/** How a query is meant. */
export interface SqlOptions {
  /** The session's time zone: an IANA name such as `UTC` or `Asia/Shanghai`. */
  readonly zone: string;
  /** Whether Spark's ANSI mode holds: what cannot be computed is an error instead of NULL. */
  readonly ansi: boolean;
}

/** Something that can stand in FROM: its text for DuckDB and its columns. */
export interface Source {
  readonly sql: string;
  readonly columns: readonly { readonly name: string; readonly type: SparkType }[];
}

/** A query in DuckDB's text. Its columns are named `names[i]` there: distinct, unlike Spark's. */
export interface Translated {
  readonly sql: string;
  readonly columns: readonly { readonly name: string; readonly type: SparkType }[];
  readonly names: readonly string[];
}

/** What is known while one text is translated. */
export interface Session {
  readonly text: string;
  readonly options: SqlOptions;
  readonly view: (name: readonly string[], at: number) => Source;
  /** A name that no other part of the text uses. */
  readonly fresh: (prefix: string) => string;
  /** Tests `IN (query)` whose NULL counts as false anyway, because a filter asks. */
  readonly filters: WeakSet<object>;
  /** What is found of every expression, where someone wants to see it. */
  readonly seen?: Map<object, Typed>;
  /** Queries stand in expressions and expressions in queries; this ends the circle of imports. */
  readonly query: (query: Query, scope: Scope) => Translated;
}

/** A common table expression that the query may read. */
export interface CommonSource extends Source {
  readonly name: string;
}

/** The names that an expression can mention, innermost first. */
export class Scope {
  columns: readonly ScopeColumn[] = [];
  /** Items of the same SELECT by alias, lower case: Spark lets later items use them. */
  aliases: ReadonlyMap<string, Typed> = new Map();
  windows: ReadonlyMap<string, WindowSpec> = new Map();
  common: ReadonlyMap<string, CommonSource> = new Map();
  lambdas: ReadonlyMap<string, Typed> = new Map();
  /** Expressions of GROUP BY by their text: where one stands in the SELECT list the key is meant. */
  keys: ReadonlyMap<string, Typed> = new Map();
  /** `grouping_id` and `grouping` need the keys of the GROUP BY in their order. */
  grouping: readonly Typed[] | undefined;
  /** What may not stand here, such as `an aggregate function in WHERE`. */
  forbids: { readonly aggregate?: string; readonly window?: string } = {};
  /** Whether columns of an outer query were read. */
  correlated = false;

  constructor(
    readonly session: Session,
    readonly parent: Scope | undefined,
  ) {
    if (parent) this.common = parent.common;
  }

  /** A scope with the same names plus those of a lambda function. */
  withLambdas(more: ReadonlyMap<string, Typed>): Scope {
    const scope = this.copy();
    scope.lambdas = new Map([...this.lambdas, ...more]);
    return scope;
  }

  copy(): Scope {
    const scope = new Scope(this.session, this.parent);
    Object.assign(scope, this);
    return scope;
  }

  fail(at: number, reason: Reason, message: string, details?: Readonly<Record<string, string>>): SluiceError {
    return errorAt(this.session.text, at, reason, message, details);
  }

  unsupported(at: number, what: string, instead: string): SluiceError {
    return this.fail(at, 'SQL_UNSUPPORTED', `${what} is not supported on the DuckDB engine; ${instead}`, {
      construct: what,
    });
  }

  /**
   * The column that the first parts of a name mean, with the parts behind it that reach into its value; undefined
   * when there is none here. COLUMN_AMBIGUOUS when several have the name.
   */
  find(parts: readonly string[], at: number): { column: ScopeColumn; rest: readonly string[] } | undefined {
    const [first = '', second] = parts.map((part) => part.toLowerCase());
    if (second !== undefined) {
      // `db.view.column` names the view by its last part.
      for (const skip of parts.length > 2 ? [0, 1] : [0]) {
        const qualifier = (parts[skip] ?? '').toLowerCase();
        const name = (parts[skip + 1] ?? '').toLowerCase();
        const matches = this.columns.filter(
          (c) => c.qualifier?.toLowerCase() === qualifier && c.name.toLowerCase() === name,
        );
        if (matches.length > 1) throw this.ambiguous(parts, matches, at);
        if (matches[0]) return { column: matches[0], rest: parts.slice(skip + 2) };
      }
    }
    const matches = this.columns.filter((c) => c.hidden !== true && c.name.toLowerCase() === first);
    if (matches.length > 1) throw this.ambiguous(parts, matches, at);
    return matches[0] ? { column: matches[0], rest: parts.slice(1) } : undefined;
  }

  private ambiguous(parts: readonly string[], matches: readonly ScopeColumn[], at: number): SluiceError {
    const candidates = matches.map((c) => (c.qualifier === undefined ? c.name : `${c.qualifier}.${c.name}`));
    return this.fail(
      at,
      'COLUMN_AMBIGUOUS',
      `the column '${parts.join('.')}' is ambiguous: ${candidates.join(' or ')}; write the view before the name`,
      { column: parts.join('.') },
    );
  }

  unknown(parts: readonly string[], at: number): SluiceError {
    const name = parts.at(-1) ?? '';
    const known = this.columns.filter((c) => c.hidden !== true);
    const near = nearest(
      name,
      known.map((c) => c.name),
    );
    const hint =
      near.length > 0
        ? `did you mean ${near.map((n) => `'${n}'`).join(' or ')}?`
        : known.length > 0
          ? `the columns are ${known
              .slice(0, 12)
              .map((c) => c.name)
              .join(', ')}${known.length > 12 ? ', ...' : ''}`
          : 'there are no columns here';
    return this.fail(at, 'COLUMN_UNKNOWN', `the column '${parts.join('.')}' is not known; ${hint}`, {
      column: parts.join('.'),
      nearest: near.join(', '),
    });
  }
}
