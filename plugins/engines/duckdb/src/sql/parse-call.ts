import type { Cursor } from './cursor.js';
import type { CallNode, Expression, FrameBound, SortItem, WindowSpec } from './tree.js';
import { INT, STRING } from './types.js';

type Read = (cursor: Cursor) => Expression;

const plain = (name: string, args: readonly Expression[], at: number): CallNode => ({
  kind: 'call',
  name,
  args,
  aliases: new Map(),
  named: [],
  distinct: false,
  ignoreNulls: undefined,
  withinGroup: [],
  filter: undefined,
  over: undefined,
  at,
});

/** Calls with a syntax of their own: `extract(YEAR FROM x)`, `trim(BOTH 'x' FROM y)`, `overlay(a PLACING b FROM 2)`. */
export function readSpecialCall(cursor: Cursor, name: string, at: number, read: Read): CallNode | undefined {
  const key = name.toUpperCase();
  const word = WORDS[key];
  // Looking ahead for the word, rather than trying: trying again at every level would take exponential time.
  if (word !== undefined && !holdsWord(cursor, word)) return undefined;
  const mark = cursor.position;
  const call = readSpecial(cursor, key, name, at, read);
  if (!call) cursor.position = mark;
  return call;
}

/** The word that tells the special syntax of a function from a plain call. */
const WORDS: Readonly<Record<string, string>> = {
  TRIM: 'FROM',
  SUBSTRING: 'FROM',
  SUBSTR: 'FROM',
  OVERLAY: 'PLACING',
  POSITION: 'IN',
  EXTRACT: 'FROM',
};

/** The number of arguments behind the cursor, which stands on the first: `date_add(day, 1)` may read a column `day`. */
function countArguments(cursor: Cursor): number {
  let depth = 0;
  let count = 1;
  for (let i = 0; cursor.peek(i).kind !== 'end'; i++) {
    const { key } = cursor.peek(i);
    if (key === '(') depth++;
    else if (key === ')' && --depth < 0) return count;
    else if (key === ',' && depth === 0) count++;
  }
  return count;
}

/** Whether a word stands between the parentheses at the cursor, outside any inside them. */
function holdsWord(cursor: Cursor, word: string): boolean {
  let depth = 0;
  for (let i = 0; cursor.peek(i).kind !== 'end'; i++) {
    const { key } = cursor.peek(i);
    if (key === '(') depth++;
    else if (key === ')' && --depth === 0) return false;
    else if (key === word && depth === 1) return true;
  }
  return false;
}

const UNIT_FIRST = new Set(['DATEADD', 'DATE_ADD', 'DATEDIFF', 'DATE_DIFF', 'TIMESTAMPADD', 'TIMESTAMPDIFF']);
const DATE_UNITS = new Set(
  'YEAR QUARTER MONTH WEEK DAY DAYOFYEAR HOUR MINUTE SECOND MILLISECOND MICROSECOND'.split(' '),
);

function readSpecial(cursor: Cursor, key: string, name: string, at: number, read: Read): CallNode | undefined {
  cursor.expect('(');
  const text = (value: string): Expression => ({ kind: 'literal', type: STRING, value, at });
  if (key === 'EXTRACT') {
    const field = cursor.token.kind === 'string' ? cursor.string() : cursor.name('a field such as YEAR');
    cursor.expect('FROM');
    const source = read(cursor);
    cursor.expect(')');
    return plain('extract', [text(field), source], at);
  }
  if (
    UNIT_FIRST.has(key) &&
    DATE_UNITS.has(cursor.token.key) &&
    cursor.peek(1).key === ',' &&
    countArguments(cursor) === 3
  ) {
    const unit = cursor.next().value;
    cursor.expect(',');
    const args = cursor.list(() => read(cursor));
    cursor.expect(')');
    const long = key === 'TIMESTAMPADD' || key === 'DATEADD' || key === 'DATE_ADD' ? 'timestampadd' : 'timestampdiff';
    return plain(long, [text(unit), ...args], at);
  }
  if (key === 'POSITION') {
    const part = readOperand(cursor, read);
    if (!part || !cursor.accept('IN')) return undefined;
    const whole = read(cursor);
    cursor.expect(')');
    return plain('locate', [part, whole], at);
  }
  if (key === 'TRIM') return readTrim(cursor, at, read);
  if (key === 'SUBSTRING' || key === 'SUBSTR') {
    const args = [read(cursor)];
    if (!cursor.accept('FROM')) return undefined;
    args.push(read(cursor));
    if (cursor.accept('FOR')) args.push(read(cursor));
    cursor.expect(')');
    return plain('substring', args, at);
  }
  if (key === 'OVERLAY') {
    const args = [read(cursor)];
    if (!cursor.accept('PLACING')) return undefined;
    args.push(read(cursor));
    cursor.expect('FROM');
    args.push(read(cursor));
    args.push(cursor.accept('FOR') ? read(cursor) : { kind: 'literal', type: INT, value: '-1', at });
    cursor.expect(')');
    return plain(name, args, at);
  }
  return undefined;
}

/** An operand that cannot contain IN as an operator of its own: a literal or a column. */
function readOperand(cursor: Cursor, read: Read): Expression | undefined {
  if (cursor.peek(1).key !== 'IN') return undefined;
  const token = cursor.token;
  if (token.kind === 'string') return { kind: 'literal', type: STRING, value: cursor.string(), at: token.at };
  return token.kind === 'word' || token.kind === 'quoted'
    ? { kind: 'column', parts: [cursor.name()], at: token.at }
    : read(cursor);
}

function readTrim(cursor: Cursor, at: number, read: Read): CallNode | undefined {
  const side = ['BOTH', 'LEADING', 'TRAILING'].find((word) => cursor.accept(word));
  const characters = cursor.is('FROM') ? undefined : read(cursor);
  if (!cursor.accept('FROM')) return undefined;
  const operand = read(cursor);
  cursor.expect(')');
  const name = side === 'LEADING' ? 'ltrim' : side === 'TRAILING' ? 'rtrim' : 'trim';
  // The characters stand first in this syntax; the rows of the table know them by the name `trim_of`.
  return characters === undefined ? plain(name, [operand], at) : plain(`${name}_of`, [operand, characters], at);
}

/** The arguments of a call and what may follow them: WITHIN GROUP, FILTER, IGNORE NULLS. */
export function readArguments(cursor: Cursor, name: string, at: number, read: Read): CallNode {
  cursor.expect('(');
  const distinct = cursor.accept('DISTINCT');
  if (!distinct && cursor.is('ALL') && cursor.peek(1).key !== ')' && cursor.peek(1).key !== ',') cursor.next();
  const args: Expression[] = [];
  const aliases = new Map<number, string>();
  const named: { name: string; value: Expression; at: number }[] = [];
  while (!cursor.is(')')) {
    const token = cursor.token;
    if (cursor.peek(1).key === '=>') {
      const argument = cursor.name('an argument name');
      cursor.expect('=>');
      named.push({ name: argument, value: read(cursor), at: token.at });
    } else if (named.length > 0) {
      throw cursor.error('SQL_SYNTAX', 'an argument without a name cannot follow one with a name');
    } else {
      args.push(read(cursor));
      if (cursor.accept('AS')) aliases.set(args.length - 1, cursor.name());
    }
    if (!cursor.accept(',')) break;
    if (cursor.is(')')) throw cursor.unexpected('an argument');
  }
  const inside = readNulls(cursor);
  cursor.expect(')');
  let withinGroup: SortItem[] = [];
  if (cursor.accept('WITHIN')) {
    cursor.expect('GROUP', '(', 'ORDER', 'BY');
    withinGroup = cursor.list(() => readSort(cursor, read));
    cursor.expect(')');
  }
  let filter: Expression | undefined;
  if (cursor.is('FILTER', '(')) {
    cursor.next();
    filter = cursor.inParentheses(() => {
      cursor.expect('WHERE');
      return read(cursor);
    });
  }
  const ignoreNulls = inside ?? readNulls(cursor);
  return { ...plain(name, args, at), aliases, named, distinct, ignoreNulls, withinGroup, filter };
}

function readNulls(cursor: Cursor): boolean | undefined {
  if (cursor.accept('IGNORE', 'NULLS')) return true;
  return cursor.accept('RESPECT', 'NULLS') ? false : undefined;
}

/** One item of ORDER BY. */
export function readSort(cursor: Cursor, read: Read): SortItem {
  const expression = read(cursor);
  const descending = cursor.accept('DESC');
  if (!descending) cursor.accept('ASC');
  let nullsFirst: boolean | undefined;
  if (cursor.accept('NULLS', 'FIRST')) nullsFirst = true;
  else if (cursor.accept('NULLS', 'LAST')) nullsFirst = false;
  return { expression, descending, nullsFirst };
}

/** `OVER (...)` or `OVER name`. */
export function readWindow(cursor: Cursor, read: Read): WindowSpec | string {
  cursor.expect('OVER');
  return cursor.is('(') ? readWindowSpec(cursor, read) : cursor.name('a window');
}

export function readWindowSpec(cursor: Cursor, read: Read): WindowSpec {
  const at = cursor.expect('(').at;
  const word = cursor.token;
  const starts = ['PARTITION', 'DISTRIBUTE', 'ORDER', 'SORT', 'CLUSTER', 'ROWS', 'RANGE'].includes(word.key);
  const base = !starts && (word.kind === 'word' || word.kind === 'quoted') ? cursor.name() : undefined;
  const partition =
    cursor.accept('PARTITION', 'BY') || cursor.accept('DISTRIBUTE', 'BY') ? cursor.list(() => read(cursor)) : [];
  const order =
    cursor.accept('ORDER', 'BY') || cursor.accept('SORT', 'BY') ? cursor.list(() => readSort(cursor, read)) : [];
  let frame: WindowSpec['frame'];
  const unit = (['ROWS', 'RANGE'] as const).find((u) => cursor.accept(u));
  if (unit) {
    if (cursor.accept('BETWEEN')) {
      const start = readBound(cursor, read);
      cursor.expect('AND');
      frame = { unit, start, end: readBound(cursor, read) };
    } else frame = { unit, start: readBound(cursor, read), end: { kind: 'current', offset: undefined } };
  }
  cursor.expect(')');
  return { base, partition, order, frame, at };
}

function readBound(cursor: Cursor, read: Read): FrameBound {
  if (cursor.accept('UNBOUNDED', 'PRECEDING')) return { kind: 'unbounded-preceding', offset: undefined };
  if (cursor.accept('UNBOUNDED', 'FOLLOWING')) return { kind: 'unbounded-following', offset: undefined };
  if (cursor.accept('CURRENT', 'ROW')) return { kind: 'current', offset: undefined };
  const offset = read(cursor);
  if (cursor.accept('PRECEDING')) return { kind: 'preceding', offset };
  if (cursor.accept('FOLLOWING')) return { kind: 'following', offset };
  throw cursor.unexpected("'PRECEDING' or 'FOLLOWING'");
}
