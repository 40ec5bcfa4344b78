import { expect, test } from 'vitest';
import { isSluiceError } from '@sluice/chassis';
import { answerCronLine, explainCron, parseZone, readMoment, showMoment } from './index.js';

const answer = (question: unknown): unknown => JSON.parse(answerCronLine(JSON.stringify(question)));

test('a line is answered with times as the clock of its zone shows them', () => {
  const question = { expr: '0 15 10 * * ?', zone: 'Asia/Shanghai', from: '2024-02-28T10:15:00+08:00', count: 2 };
  expect(answer(question)).toEqual({ next: ['2024-02-29T10:15:00+08:00', '2024-03-01T10:15:00+08:00'] });
  expect(answer({ ...question, zone: 'UTC', count: 1 })).toEqual({ next: ['2024-02-28T10:15:00Z'] });
});

test('a line gets fewer times than it asks where no more exist', () => {
  const from = '2026-01-01T00:00:00Z';
  expect(answer({ expr: '0 0 0 1 1 ? 2025-2027', from, count: 9 })).toEqual({ next: ['2027-01-01T00:00:00Z'] });
  expect(answer({ expr: '0 0 0 30 2 ?', from })).toEqual({ next: [] });
});

test('a line may ask in the grammar of Unix', () => {
  expect(answer({ expr: '0 9 * * 1', grammar: 'unix', from: '2026-01-01T00:00:00Z', count: 1 })).toEqual({
    next: ['2026-01-05T09:00:00Z'],
  });
});

test.each([
  ['{"expr": "0 0 25 * * ?"}', 'SCHEDULE_INVALID', 'field 3 (hours)'],
  ['{"expr": "0 0 1 * * ?", "zone": "Mars/X"}', 'SCHEDULE_INVALID', 'Mars/X'],
  ['{"expr": "0 0 1 * * ?", "from": "tomorrow"}', 'REQUEST_INVALID', 'tomorrow'],
  ['{"expr": "0 0 1 * * ?", "from": "2024-02-30T00:00"}', 'REQUEST_INVALID', '2024-02-30'],
  ['{"expr": "0 0 1 * * ?", "count": -1}', 'REQUEST_INVALID', 'whole number'],
  ['{"expr": "0 0 1 * * ?", "count": "3"}', 'REQUEST_INVALID', 'count is no number'],
  ['{"expr": 7}', 'REQUEST_INVALID', 'expr is no text'],
  ['[]', 'REQUEST_INVALID', 'expr is no text'],
  ['nonsense', 'REQUEST_INVALID', 'not JSON'],
])('%s is answered with an error', (line, reason, part) => {
  const { error } = JSON.parse(answerCronLine(line)) as { error: { reason: string; message: string } };
  expect([error.reason, error.message.includes(part)]).toEqual([reason, true]);
});

test('a moment without a distance from UTC is one of the zone', () => {
  const zone = parseZone('America/New_York');
  const shown = (text: string): string => showMoment(readMoment(text, zone), zone);
  expect(shown('2024-01-15T10:00')).toBe('2024-01-15T10:00:00-05:00');
  expect(shown('2024-07-15')).toBe('2024-07-15T00:00:00-04:00');
  expect(shown('2024-01-15T10:00:00Z')).toBe('2024-01-15T05:00:00-05:00');
  expect(shown('2024-03-10T02:30')).toBe('2024-03-10T03:30:00-04:00');
  expect(shown('2024-11-03T01:30')).toBe('2024-11-03T01:30:00-05:00');
});

test('an explanation has both languages and the next times', () => {
  const { english, chinese, next } = explainCron({
    expression: '0 0 12 ? * MON-FRI',
    from: new Date('2026-01-02T12:00:00Z'),
    count: 1,
  });
  expect([english, chinese, next]).toEqual([
    'At 12:00, on Monday to Friday',
    '每周一至周五，12:00',
    [new Date('2026-01-05T12:00:00Z')],
  ]);
});

test('more times than can be given at once are refused', () => {
  let error: unknown;
  try {
    explainCron({ expression: '* * * * * ?', count: 10_001 });
  } catch (thrown) {
    error = thrown;
  }
  expect(isSluiceError(error) && error.reason).toBe('REQUEST_INVALID');
});
