import { expect, test } from 'vitest';
import { isSluiceError } from '@sluice/chassis';
import { readIcs } from './ics.js';

const file = (...events: readonly string[]): string =>
  [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//x//y//EN',
    ...events.flatMap((event) => ['BEGIN:VEVENT', ...event.split('\n'), 'END:VEVENT']),
    'END:VCALENDAR',
  ].join('\r\n');

test('all-day events are days off, to before their end; working days in exchange are on', () => {
  const text = file(
    'UID:1\nSUMMARY:国庆节 休\nDTSTART;VALUE=DATE:20261001\nDTEND;VALUE=DATE:20261004',
    'UID:2\nSUMMARY:国庆节 补班\nDTSTART;VALUE=DATE:20261010',
    'UID:3\nSUMMARY:a meeting\nDTSTART:20261005T090000Z\nDTEND:20261005T100000Z',
    'UID:4\nSUMMARY:gone\nSTATUS:CANCELLED\nDTSTART;VALUE=DATE:20261006',
  );
  expect(readIcs(text, ['补班'], '2036-12-31')).toEqual({
    daysOff: ['2026-10-01', '2026-10-02', '2026-10-03'],
    daysOn: ['2026-10-10'],
    leftOut: 2,
  });
});

test('what recurs is followed to the end that is given, without the days that are left out of it', () => {
  const text = file(
    'UID:1\nSUMMARY:New Year\nDTSTART;VALUE=DATE:20240101\nRRULE:FREQ=YEARLY\nEXDATE;VALUE=DATE:20250101',
  );
  expect(readIcs(text, [], '2027-12-31').daysOff).toEqual(['2024-01-01', '2026-01-01', '2027-01-01']);
});

test.each(['', 'nonsense', 'BEGIN:VCARD\r\nEND:VCARD', 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT'])('%j is refused', (text) => {
  let error: unknown;
  try {
    readIcs(text, [], '2030-01-01');
  } catch (thrown) {
    error = thrown;
  }
  expect(isSluiceError(error) && error.reason).toBe('REQUEST_INVALID');
});
