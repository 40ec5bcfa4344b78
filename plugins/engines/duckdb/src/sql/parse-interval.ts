import type { Cursor } from './cursor.js';
import type { Expression, IntervalNode } from './tree.js';

type Read = (cursor: Cursor) => Expression;

const UNITS = new Set(
  'YEAR QUARTER MONTH WEEK DAY HOUR MINUTE SECOND MILLISECOND MICROSECOND'.split(' ').flatMap((u) => [u, `${u}S`]),
);

/** `INTERVAL 3 days 2 hours`, `INTERVAL '1-2' YEAR TO MONTH` or `INTERVAL '3 days'`; undefined for a column so named. */
export function readInterval(cursor: Cursor, read: Read, readUnary: Read): Expression | undefined {
  const at = cursor.token.at;
  const after = cursor.peek(1);
  const signed = after.key === '-' || after.key === '+';
  const value = signed ? cursor.peek(2) : after;
  if (value.kind !== 'string' && value.kind !== 'number' && !unitFollows(cursor)) return undefined;
  cursor.next();
  const parts: { value: Expression; unit: string; to?: string }[] = [];
  do {
    const amount = cursor.is('(') ? cursor.inParentheses(() => read(cursor)) : readUnary(cursor);
    const unit = cursor.token.key;
    if (!UNITS.has(unit)) {
      if (parts.length === 0 && amount.kind === 'literal')
        return { kind: 'interval', parts: [{ value: amount, unit: '' }], at };
      throw cursor.unexpected('a unit such as DAY');
    }
    cursor.next();
    if (cursor.is('TO') && UNITS.has(cursor.peek(1).key)) {
      cursor.next();
      parts.push({ value: amount, unit: singular(unit), to: singular(cursor.next().key) });
    } else parts.push({ value: amount, unit: singular(unit) });
  } while (continues(cursor));
  return { kind: 'interval', parts, at } satisfies IntervalNode;
}

const singular = (unit: string): string => unit.replace(/S$/, '');

function unitFollows(cursor: Cursor): boolean {
  const key = cursor.peek(1).key;
  if (key === '(') {
    let depth = 0;
    for (let i = 1; cursor.peek(i).kind !== 'end'; i++) {
      if (cursor.peek(i).key === '(') depth++;
      if (cursor.peek(i).key === ')' && --depth === 0) return UNITS.has(cursor.peek(i + 1).key);
    }
    return false;
  }
  return cursor.peek(1).kind === 'word' && UNITS.has(cursor.peek(2).key) && !UNITS.has(key);
}

/** Whether another amount with a unit follows, as in `1 day 2 hours`. */
function continues(cursor: Cursor): boolean {
  const signed = cursor.is('-') || cursor.is('+');
  const value = cursor.peek(signed ? 1 : 0);
  if (value.kind !== 'number' && value.kind !== 'string') return false;
  return UNITS.has(cursor.peek(signed ? 2 : 1).key);
}
