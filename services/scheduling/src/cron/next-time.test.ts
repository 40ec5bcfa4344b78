import { expect, test } from 'vitest';
import { nextTime, parseCron, parseZone, type CronGrammar } from './index.js';

function next(text: string, zone: string, after: string, count = 3, grammar: CronGrammar = 'quartz'): string[] {
  const expression = parseCron(text, grammar);
  const times: string[] = [];
  for (let at: Date | undefined = new Date(after); times.length < count;) {
    at = nextTime(expression, parseZone(zone), at);
    if (at === undefined) break;
    times.push(at.toISOString().replace('.000', ''));
  }
  return times;
}

test('a time that daylight saving skips does not come that day', () => {
  expect(next('0 30 2 * * ?', 'America/New_York', '2024-03-09T00:00:00-05:00')).toEqual([
    '2024-03-09T07:30:00Z',
    '2024-03-11T06:30:00Z',
    '2024-03-12T06:30:00Z',
  ]);
});

test('a time that comes twice is meant the second time, wherever the search begins', () => {
  const once = ['2024-11-03T06:30:00Z', '2024-11-04T06:30:00Z'];
  expect(next('0 30 1 * * ?', 'America/New_York', '2024-11-03T00:00:00-04:00', 2)).toEqual(once);
  expect(next('0 30 1 * * ?', 'America/New_York', '2024-11-03T01:45:00-04:00', 2)).toEqual(once);
});

test('half an hour of daylight saving skips and repeats half an hour', () => {
  expect(next('0 0/15 * * * ?', 'Australia/Lord_Howe', '2024-10-05T15:14:59Z', 3)).toEqual([
    '2024-10-05T15:15:00Z',
    '2024-10-05T15:30:00Z',
    '2024-10-05T15:45:00Z',
  ]);
  expect(next('0 45 1 * * ?', 'Australia/Lord_Howe', '2024-04-06T12:00:00Z', 1)).toEqual(['2024-04-06T15:15:00Z']);
});

test('a day that a zone skips whole has no times', () => {
  expect(next('0 0 12 * * ?', 'Pacific/Apia', '2011-12-29T00:00:00-10:00', 3)).toEqual([
    '2011-12-29T22:00:00Z',
    '2011-12-30T22:00:00Z',
    '2011-12-31T22:00:00Z',
  ]);
});

test('midnight is skipped where the day begins at one', () => {
  expect(next('0 0 0 * * ?', 'America/Sao_Paulo', '2018-11-03T00:00:00-03:00', 2)).toEqual([
    '2018-11-05T02:00:00Z',
    '2018-11-06T02:00:00Z',
  ]);
});

test.each(['0 0 0 30 2 ?', '0 0 0 31 4,6,9,11 ?', '0 0 0 L-30W 2 ?', '0 0 0 29 2 ? 2025', '0 0 0 1 1 ? 2300'])(
  '%s never comes, and that is known at once',
  (text) => {
    const began = process.cpuUsage();
    expect(next(text, 'Asia/Shanghai', '2024-01-01T00:00:00Z')).toEqual([]);
    expect(process.cpuUsage(began).user).toBeLessThan(100_000); // µs of work, whatever else the machine does
  },
);

test('times end with the year 2199', () => {
  expect(next('0 0 0 31 12 ?', 'UTC', '2198-12-31T00:00:00Z')).toEqual(['2199-12-31T00:00:00Z']);
});

test('years before 1970 are passed over', () => {
  expect(next('0 0 0 1 1 ?', 'Asia/Shanghai', '1900-01-01T00:00:00Z', 1)).toEqual(['1969-12-31T16:00:00Z']);
});

test('Unix takes a day of either field, unless one of them begins with a star', () => {
  expect(next('0 0 13 * 5', 'UTC', '2024-09-01T00:00:00Z', 4, 'unix')).toEqual([
    '2024-09-06T00:00:00Z',
    '2024-09-13T00:00:00Z',
    '2024-09-20T00:00:00Z',
    '2024-09-27T00:00:00Z',
  ]);
  expect(next('0 0 */2 * 1', 'UTC', '2024-09-01T00:00:00Z', 3, 'unix')).toEqual([
    '2024-09-09T00:00:00Z',
    '2024-09-23T00:00:00Z',
    '2024-10-07T00:00:00Z',
  ]);
  expect(next('30 4 * * 0', 'UTC', '2024-09-01T04:30:00Z', 1, 'unix')).toEqual(
    next('30 4 * * 7', 'UTC', '2024-09-01T04:30:00Z', 1, 'unix'),
  );
});

test('a schedule that is kept costs some hundred bytes', () => {
  const expression = parseCron('0 0/5 8-18 ? * MON-FRI', 'quartz');
  expect(JSON.stringify(expression).length).toBeLessThan(500);
});
