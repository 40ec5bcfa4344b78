import { describe, expect, test } from 'vitest';
import { isSluiceError, type SluiceError } from '@sluice/chassis';
import { parseCron, parseZone } from './index.js';

function refusal(read: () => unknown): SluiceError {
  try {
    read();
  } catch (error) {
    if (isSluiceError(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
const quartz = (text: string): SluiceError => refusal(() => parseCron(text, 'quartz'));
const unix = (text: string): SluiceError => refusal(() => parseCron(text, 'unix'));

test('a refusal names the field, its place, what is wrong and what is allowed', () => {
  const error = quartz('0 0  25 * * ?');
  expect(error.reason).toBe('SCHEDULE_INVALID');
  expect(error.message).toBe(
    "the cron expression '0 0  25 * * ?' is wrong in field 3 (hours), column 6: '25': 25 is not between 0 and 23; allowed: 0-23 and , - * /",
  );
  expect(error.details).toEqual({
    expression: '0 0  25 * * ?',
    field: 'hours',
    position: '3',
    allowed: '0-23 and , - * /',
  });
});

test('all wrong fields are told at once', () => {
  expect(quartz('61 0 25 * FOO ?').problems.map(({ column }) => column)).toEqual([1, 6, 11]);
});

describe('what Quartz takes and means otherwise is refused', () => {
  test.each([
    ['0 0 0 1 1 ? 99', 'four digits'],
    ['0 0 0 ? * 8#1', '8 is not between 1 and 7'],
    ['0 0 0 ? * FRI/2', 'a step after a name'],
    ['0 0 0 1 JAN-DEC/3 ?', 'a step after a name'],
    ['0 0 0 ? * FRIDAY', 'none of the names SUN'],
    ['0 0 0 ? * MON,FRI#2', 'stands alone'],
    ['0 0 0 ? * LW', 'is for day of month'],
    ['0 0 0 ? * L-3', 'is for day of month'],
    ['0 0 0 *5 * ?', 'no value, range or step'],
    ['0 0 0 1,,2 * ?', 'an item of the list is empty'],
    ['0 0 0 10-15W * ?', 'W follows one day'],
    ['0 0/0 * * * ?', 'a step is at least 1'],
    ['0 */0 * * * ?', 'a step is at least 1'],
    ['0 0 0 0W * ?', '0 is not between 1 and 31'],
    ['0 0 0 ? * 2#1,3', 'stands alone'],
    ['0 0 0 ? * 0#1', '0 is not between 1 and 7'],
    ['0 0 0 1 1 ? 2025 extra', 'has 8 fields'],
    ['0 0 0 ? * MON-6', 'two numbers or two names'],
  ])('%s', (text, why) => {
    expect(quartz(text).message).toContain(why);
  });
});

test('five fields for Quartz, or seven for Unix, are told the other grammar', () => {
  expect(quartz('0 9 * * 1').message).toContain('the grammar unix');
  expect(unix('0 0 9 * * ? 2025').message).toContain('the grammar quartz');
});

describe('what implementations of Unix cron disagree about is refused with the way to write it', () => {
  test.each([
    ['5/10 * * * *', 'write 5-59/10'],
    ['/10 * * * *', 'write */10'],
    ['0 0 * * FRI-MON', 'the range begins after its end'],
    ['0 0 ? * *', '? stands alone'],
    ['0 0 L * *', 'no number'],
    ['@reboot', 'takes 5'],
  ])('%s', (text, why) => {
    expect(unix(text).message).toContain(why);
  });
});

test('a text without an end is refused before it is read', () => {
  expect(quartz(`${'0,'.repeat(300)}0 0 0 * * ?`).message).toContain('at most 512 characters');
});

describe('zones', () => {
  const offset = (text: string): [string, number] => {
    const zone = parseZone(text);
    return [zone.id, zone.stretchAt(Date.UTC(2024, 0, 1) / 1000).offset / 3600];
  };
  test.each([
    ['Asia/Shanghai', 'Asia/Shanghai', 8],
    ['asia/shanghai', 'Asia/Shanghai', 8],
    ['Asia/Kolkata', 'Asia/Kolkata', 5.5],
    ['US/Eastern', 'US/Eastern', -5],
    ['PRC', 'PRC', 8],
    ['GMT+08:00', 'GMT+08:00', 8],
    ['GMT+8', 'GMT+08:00', 8],
    ['UTC+8', 'GMT+08:00', 8],
    ['+08:00', 'GMT+08:00', 8],
    ['+0530', 'GMT+05:30', 5.5],
    ['GMT-05:00', 'GMT-05:00', -5],
    ['Etc/GMT-8', 'Etc/GMT-8', 8],
    ['Z', 'UTC', 0],
    ['GMT+00:00', 'UTC', 0],
  ])('%s is read', (text, id, hours) => {
    expect(offset(text)).toEqual([id, hours]);
  });
  test.each(['', 'Mars/Olympus', 'CST', 'IST', 'GMT+25', 'UTC+05:75', 'Etc/Unknown', 'Asia/Shanghai; x'])(
    "'%s' is refused with what may be written",
    (text) => {
      const error = refusal(() => parseZone(text));
      expect([error.reason, error.message.includes('Asia/Shanghai')]).toEqual(['SCHEDULE_INVALID', true]);
    },
  );
});
