import type { Column, Condition, ReadRowsOptions, RowSource, Value, Wanted } from '@sluice/plugin-sdk';
import { isPlainSelect } from './select.js';
import { dateText, timeText } from './times.js';

/** How a database writes the values that conditions compare with; undefined for a kind of which it has no exact one. */
export interface LiteralWords {
  readonly decimal?: (digits: string) => string;
  readonly date?: (text: string) => string;
  readonly timestampNtz?: (text: string) => string;
  /** The text is in UTC. */
  readonly timestamp?: (text: string) => string;
}

/** A column of which a database decides conditions exactly as Sluice does. */
export interface Decided {
  readonly column: Column;
  /** Whether it compares values so; texts and floating-point numbers never do. */
  readonly compares: boolean;
  /** Whether it has a null exactly where Sluice reads one. */
  readonly nulls: boolean;
}

/**
 * Conditions and limits are left to tables, and to queries that are no more than one: another query of the user's may have
 * an order that they would change.
 */
export interface Pushdown {
  decides(condition: Condition): boolean;
  /** The options of a reading with what a query wants of it. */
  narrowed(options: ReadRowsOptions, wanted: Wanted | undefined): ReadRowsOptions;
}

/** What a database can do of the query that follows; undefined where all rows must come. */
export function pushdownOf(
  source: RowSource,
  options: ReadRowsOptions,
  columns: readonly Decided[],
  words: LiteralWords,
  quote: (name: string) => string,
): Pushdown | undefined {
  if ('query' in source && !isPlainSelect(source.query)) return undefined;
  const byName = new Map(columns.map((each) => [each.column.name, each]));
  const text = ({ column, test, value }: Condition): string | undefined => {
    const found = byName.get(column);
    // Behind a limit of the user's, a condition would let other rows in.
    if (found === undefined || options.limit !== undefined) return undefined;
    if (test === 'is null' || test === 'is not null') return found.nulls ? `${quote(column)} ${test}` : undefined;
    const literal = found.compares ? literalOf(found.column.type, value, words) : undefined;
    return literal === undefined ? undefined : `${quote(column)} ${test} ${literal}`;
  };
  return {
    decides: (condition) => text(condition) !== undefined,
    narrowed(given, wanted) {
      const conditions = (wanted?.conditions ?? []).map(text);
      const own = (given.where ?? '').trim() === '' ? [] : [`(${given.where})`];
      const limits = [given.limit, wanted?.limit].filter((each) => each !== undefined);
      return {
        ...given,
        ...(conditions.length > 0 ? { where: [...own, ...conditions].join(' AND ') } : {}),
        ...(limits.length > 0 ? { limit: Math.min(...limits) } : {}),
      };
    },
  };
}

function literalOf(type: string, value: Value, words: LiteralWords): string | undefined {
  if (/^(tinyint|smallint|int|bigint)$/.test(type)) return String(value);
  if (type.startsWith('decimal')) return words.decimal?.(value as string);
  const [write, text] =
    type === 'date'
      ? [words.date, dateText(value as number)]
      : type === 'timestamp'
        ? [words.timestamp, timeText(value as bigint)]
        : type === 'timestamp_ntz'
          ? [words.timestampNtz, timeText(value as bigint)]
          : [undefined, undefined];
  return text === undefined ? undefined : write?.(text);
}

/** A need in words, for the log; undefined where all is needed. */
export function needText({ columns, conditions, limit }: Wanted, all: readonly Column[]): string | undefined {
  const parts = [
    ...(columns.length < all.length
      ? [`only the columns ${columns.join(', ')} (${columns.length} of ${all.length})`]
      : []),
    ...(conditions.length > 0 ? [`only rows where ${conditions.map(conditionText).join(' AND ')}`] : []),
    ...(limit === undefined ? [] : [`at most ${limit} rows`]),
  ];
  return parts.length === 0 ? undefined : parts.join('; ');

  function conditionText({ column, test, value }: Condition): string {
    if (value === null) return `${column} ${test}`;
    const type = all.find(({ name }) => name === column)?.type ?? '';
    const shown =
      type === 'date'
        ? dateText(value as number)
        : type.startsWith('timestamp')
          ? timeText(value as bigint)
          : undefined;
    return `${column} ${test} ${shown === undefined ? String(value) : `'${shown}'`}`;
  }
}
