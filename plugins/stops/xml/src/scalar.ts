/**
 * The types of single values that spark-xml infers. `none` is that of an empty one; `timestamp` is a wall clock time
 * `2002-05-30 21:46:54`.
 */
export type Scalar = 'none' | 'bigint' | 'double' | 'boolean' | 'timestamp' | 'string';

const LONG = /^[+-]?\d{1,19}$/;
const DOUBLE = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const TIMESTAMP = /^(\d{4})-(\d{1,2})-(\d{1,2}) (\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.\d{1,9})?$/;
const GREATEST = 2n ** 63n - 1n;

/** The narrowest type for a text. */
export function scalarOf(text: string): Scalar {
  const first = text.charCodeAt(0);
  // Digits, signs and points begin numbers; t and f the words of booleans.
  if ((first >= 0x30 && first <= 0x39) || first === 0x2b || first === 0x2d || first === 0x2e) {
    if (LONG.test(text) && isLong(text)) return 'bigint';
    if (DOUBLE.test(text)) return 'double';
    return isTimestamp(text) ? 'timestamp' : 'string';
  }
  if (text.length === 4 || text.length === 5) {
    const word = text.toLowerCase();
    if (word === 'true' || word === 'false') return 'boolean';
  }
  return 'string';
}

function isLong(text: string): boolean {
  if (text.length < 19) return true;
  const value = BigInt(text.replace(/^\+/, ''));
  return value <= GREATEST && value >= -GREATEST;
}

function isTimestamp(text: string): boolean {
  const parts = TIMESTAMP.exec(text);
  if (parts === null) return false;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map(Number);
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
}

/** The narrowest type for the values of both; a number and a time have none but text. */
export function joinScalars(a: Scalar, b: Scalar): Scalar {
  if (a === b || b === 'none') return a;
  if (a === 'none') return b;
  return (a === 'bigint' && b === 'double') || (a === 'double' && b === 'bigint') ? 'double' : 'string';
}

/** The value of a text in a type; undefined where it does not fit. */
export function scalarValue(text: string, type: Scalar): string | number | bigint | boolean | undefined {
  switch (type) {
    case 'bigint':
      return LONG.test(text) && isLong(text) ? BigInt(text.replace(/^\+/, '')) : undefined;
    case 'double':
      return DOUBLE.test(text) ? Number(text) : undefined;
    case 'boolean': {
      const word = text.toLowerCase();
      return word === 'true' ? true : word === 'false' ? false : undefined;
    }
    case 'timestamp':
      return isTimestamp(text) ? text : undefined;
    default:
      return text;
  }
}
