import { describe, expect, test } from 'vitest';
import { readCount, readDuration, readPairs, readSize, readTime } from './values.js';

const refusal = expect.objectContaining({ reason: 'REQUEST_INVALID' });

describe('values of options', () => {
  test('pairs keep what follows the first equals sign', () => {
    expect(readPairs('--var', ['a=1', 'b=x=y', 'c='])).toEqual({ a: '1', b: 'x=y', c: '' });
    expect(() => readPairs('--var', ['=1'])).toThrow(refusal);
    expect(() => readPairs('--var', ['a'])).toThrow("--var: 'a' is not NAME=VALUE");
  });

  test.each([
    ['500ms', 500],
    ['90', 90_000],
    ['1.5h', 5_400_000],
    ['10 m', 600_000],
    ['2d', 172_800_000],
  ])('%s lasts %i ms', (text, ms) => expect(readDuration('--timeout', text)).toBe(ms));

  test.each(['', '0', '-1s', '5 weeks', 'soon'])("'%s' is no duration", (text) =>
    expect(() => readDuration('--timeout', text)).toThrow(refusal),
  );

  test.each([
    ['512m', 536_870_912],
    ['2GiB', 2_147_483_648],
    ['2GB', 2_000_000_000],
    ['1.5k', 1536],
    ['77', 77],
  ])('%s are %i bytes', (text, bytes) => expect(readSize('--memory', text)).toBe(bytes));

  test.each(['', 'lots', '5 parsecs', '-1m'])("'%s' is no size", (text) =>
    expect(() => readSize('--memory', text)).toThrow(refusal),
  );

  test('counts are whole and large enough', () => {
    expect(readCount('--limit', '20')).toBe(20);
    expect(() => readCount('--limit', '0')).toThrow(refusal);
    expect(() => readCount('--limit', '1.5')).toThrow(refusal);
  });

  test('a day alone begins at midnight here, and 2h is two hours ago', () => {
    expect(readTime('--since', '2026-01-31')).toEqual(new Date(2026, 0, 31));
    expect(readTime('--since', '2h', 10_000_000)).toEqual(new Date(2_800_000));
    expect(readTime('--since', '2026-01-31T10:00:00Z').toISOString()).toBe('2026-01-31T10:00:00.000Z');
    expect(() => readTime('--since', 'yesterday')).toThrow(refusal);
  });
});
