import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isSluiceError } from '@sluice/chassis';
import { nextTime, parseCron, parseZone } from './index.js';

interface Vector {
  readonly expr: string;
  readonly tz: string;
  readonly after: string;
  readonly next: readonly string[];
  readonly exhausted?: boolean;
}
interface Quirk {
  readonly expr: string;
  readonly tz: string;
  readonly after: string;
  readonly recommended_next?: readonly string[];
}
interface Vectors {
  readonly vectors: readonly Vector[];
  readonly invalid: readonly { readonly expr: string; readonly error: string }[];
  readonly quirks: readonly Quirk[];
}

const file = new URL('../../../../../shared/quartz/vectors.json', import.meta.url);
const { vectors, invalid, quirks }: Vectors = existsSync(file)
  ? (JSON.parse(readFileSync(file, 'utf8')) as Vectors)
  : { vectors: [], invalid: [], quirks: [] };

/** The next times from the one before, and one more than asked where they should end. */
function next(expr: string, tz: string, after: string, count: number): string[] {
  const expression = parseCron(expr, 'quartz');
  const zone = parseZone(tz);
  const times: string[] = [];
  for (let at: Date | undefined = new Date(after); times.length < count;) {
    at = nextTime(expression, zone, at);
    if (at === undefined) break;
    times.push(at.toISOString());
  }
  return times;
}

const instants = (times: readonly string[]): string[] => times.map((time) => new Date(time).toISOString());

describe.skipIf(vectors.length === 0)('times that Quartz gives', () => {
  test.each(vectors)('$expr in $tz after $after', ({ expr, tz, after, next: expected, exhausted }) => {
    const count = expected.length + (exhausted === true ? 1 : 0);
    expect(next(expr, tz, after, count)).toEqual(instants(expected));
  });

  const decided = quirks.flatMap(({ recommended_next: expected, ...quirk }) =>
    expected === undefined ? [] : [{ ...quirk, expected }],
  );
  test.each(decided)('$expr, about which releases disagree', ({ expr, tz, after, expected }) => {
    expect(next(expr, tz, after, expected.length)).toEqual(instants(expected));
  });
});

describe.skipIf(vectors.length === 0)('expressions that Quartz refuses', () => {
  test.each(invalid)('$expr', ({ expr }) => {
    let error: unknown;
    try {
      parseCron(expr, 'quartz');
    } catch (thrown) {
      error = thrown;
    }
    expect(isSluiceError(error) && error.reason).toBe('SCHEDULE_INVALID');
  });
});
