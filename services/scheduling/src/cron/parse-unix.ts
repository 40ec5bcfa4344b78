import { UNIX_FIELDS } from './cron-field.js';
import { refuse, type CronItem, type FieldFault } from './cron-item.js';
import { readFields, refuseCount } from './read-fields.js';
import { readItems } from './read-item.js';

const NICKNAMES: Readonly<Record<string, string>> = {
  '@YEARLY': '0 0 1 1 *',
  '@ANNUALLY': '0 0 1 1 *',
  '@MONTHLY': '0 0 1 * *',
  '@WEEKLY': '0 0 * * 0',
  '@DAILY': '0 0 * * *',
  '@MIDNIGHT': '0 0 * * *',
  '@HOURLY': '0 * * * *',
};

/**
 * Reads the five fields of Unix cron, or one of its words such as `@daily`. Weekdays are turned into Quartz's count.
 * What implementations of cron disagree about (`5/10`, ranges that wrap) is refused.
 */
export function parseUnix(text: string): CronItem[][] {
  const given = readFields(NICKNAMES[text.trim().toUpperCase()] ?? text);
  if (given.length !== 5) {
    const remedy =
      given.length === 6 || given.length === 7 ? '; six or seven are Quartz: say so with the grammar quartz' : '';
    throw refuseCount(text, given.length, 'Unix cron takes 5: minutes hours day-of-month month day-of-week', remedy);
  }
  const faults: FieldFault[] = [];
  const fields = UNIX_FIELDS.map((field, i): CronItem[] => {
    const at = given[i] ?? { text: '', position: i + 1, column: 1 };
    const items = readItems(field, at, { wraps: false, openSteps: false });
    if (typeof items !== 'string') return items;
    faults.push({ field, at, why: items });
    return [];
  });
  if (faults.length > 0) throw refuse(text, faults);
  return fields;
}
