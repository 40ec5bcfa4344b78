import { expect, test } from 'vitest';
import { describeCron, parseCron, type CronGrammar } from './index.js';

const cases: readonly [string, CronGrammar, string, string][] = [
  ['0 15 10 ? * MON-FRI', 'quartz', 'At 10:15, on Monday to Friday', '每周一至周五，10:15'],
  ['0 0/5 14,18 * * ?', 'quartz', 'Every 5 minutes, in hours 14 and 18, every day', '每天，14 点和 18 点，每 5 分钟'],
  ['0 15 8-18 * * ?', 'quartz', 'At minute 15, in hours 8 to 18, every day', '每天，8 至 18 点，第 15 分'],
  ['0 0 */2 * * ?', 'quartz', 'Every 2 hours, every day', '每天，每 2 小时'],
  ['* * * * * ?', 'quartz', 'Every second, every day', '每天，每秒'],
  ['30 0 6,18 * * ?', 'quartz', 'At 06:00:30 and 18:00:30, every day', '每天，06:00:30和 18:00:30'],
  [
    '0 0 12 LW,15 1/3 ? 2025-2030',
    'quartz',
    'At 12:00, on the last working day of the month and on day 15 of the month, in January, April, July and October, from 2025 to 2030',
    '2025 至 2030 年，1 月、4 月、7 月和 10 月，每月最后一个工作日和 15 日，12:00',
  ],
  ['0 15 10 ? * 6#3', 'quartz', 'At 10:15, on the third Friday of the month', '每月第 3 个周五，10:15'],
  [
    '0 0 0 ? JAN-MAR 6L',
    'quartz',
    'At 00:00, on the last Friday of the month, in January to March',
    '1 月至 3 月，每月最后一个周五，00:00',
  ],
  ['0 9 * * 1-5', 'unix', 'At 09:00, on Monday to Friday', '每周一至周五，09:00'],
  ['0 9 * * 5-7', 'unix', 'At 09:00, on Friday to Sunday', '每周五至周日，09:00'],
  [
    '0 0 1,15 * 1',
    'unix',
    'At 00:00, on day 1 of the month and on day 15 of the month and also on Monday',
    '每月 1 日和 15 日以及每周一，00:00',
  ],
  ['@hourly', 'unix', 'Every hour, every day', '每天，每小时'],
];

test.each(cases)('%s (%s) is said in both languages', (text, grammar, english, chinese) => {
  const expression = parseCron(text, grammar);
  expect([describeCron(expression, 'en'), describeCron(expression, 'zh')]).toEqual([english, chinese]);
});
