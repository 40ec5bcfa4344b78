import { describe, expect, test } from 'vitest';
import { dateText, dayNumber, daysOf, microsOf, timeText } from './times.js';

describe('dates and times', () => {
  test.each([
    ['0001-01-01', -719_162],
    ['1969-12-31', -1],
    ['1970-01-01', 0],
    ['2000-02-29', 11_016],
    ['9999-12-31', 2_932_896],
  ])('%s is day %d and back', (text, day) => {
    expect(daysOf(text)).toBe(day);
    expect(dateText(day)).toBe(text);
  });

  test('every day of 400 years goes there and back', () => {
    for (let day = -146_097; day < 0; day++) {
      const date = new Date(day * 86_400_000);
      expect(dayNumber(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())).toBe(day);
    }
  });

  test.each(['2023-02-29', '1900-02-29', '2020-04-31', '2020-13-01', '2020-00-10', '0000-00-00', '2020-1-1', 'x'])(
    '%s is no date',
    (text) => expect(daysOf(text)).toBeUndefined(),
  );

  test.each([
    ['1970-01-01 00:00:00', 0n],
    ['1969-12-31 23:59:59.999999', -1n],
    ['0001-01-01 00:00:00', -62_135_596_800_000_000n],
    ['9999-12-31 23:59:59.999999', 253_402_300_799_999_999n],
    ['2255-06-05 23:47:34.740993', 9_007_199_254_740_993n / 1n],
    ['2026-11-21 16:00:01.000100', 1_795_276_801_000_100n],
  ])('%s is %d microseconds and back', (text, micros) => {
    expect(microsOf(text)).toBe(micros);
    expect(timeText(micros)).toBe(text);
  });

  test('years that no database knows have no text', () => {
    expect(timeText(-62_135_596_800_000_001n)).toBeUndefined();
    expect(timeText(253_402_300_800_000_000n)).toBeUndefined();
    expect(dateText(2_932_897)).toBeUndefined();
  });
});
