import { QUARTZ_FIELDS, type CronField } from './cron-field.js';
import { refuse, type CronItem, type FieldFault, type FieldText } from './cron-item.js';
import { readFields, refuseCount } from './read-fields.js';
import { readItems, readValue } from './read-item.js';

/** Reads Quartz's six or seven fields into the items of all seven; refuses what Quartz reads wrongly or not at all. */
export function parseQuartz(text: string): CronItem[][] {
  const given = readFields(text);
  if (given.length < 6 || given.length > 7) {
    const remedy = given.length === 5 ? '; five fields are Unix cron: say so with the grammar unix' : '';
    const takes = 'Quartz takes 6 or 7: seconds minutes hours day-of-month month day-of-week [year]';
    throw refuseCount(text, given.length, takes, remedy);
  }
  const faults: FieldFault[] = [];
  const fields = QUARTZ_FIELDS.map((field, i): CronItem[] => {
    const at = given[i];
    if (at === undefined) return [{ kind: 'all', step: 1 }];
    const items = readItems(field, at, { wraps: true, openSteps: true }, (part, parts) => special(field, part, parts));
    if (typeof items !== 'string') return items;
    faults.push({ field, at, why: items });
    return [];
  });
  if (faults.length === 0) faults.push(...checkDays(fields, given));
  if (faults.length > 0) throw refuse(text, faults);
  return fields;
}

function special(field: CronField, part: string, parts: number): CronItem | string | undefined {
  const isDay = field.name === 'day of month' || field.name === 'day of week';
  if (part === '?') {
    if (!isDay) return '? is for day of month or day of week';
    return parts === 1 ? { kind: 'none' } : '? stands alone';
  }
  if (field.name === 'day of month') return specialDay(part);
  if (field.name === 'day of week') return specialWeekday(field, part, parts);
  if (part === 'L') return 'L is for day of month or day of week';
  return undefined;
}

function specialDay(part: string): CronItem | string | undefined {
  const last = /^L(?:-(\d+))?(W)?$/.exec(part);
  if (last !== null) {
    const offset = Number(last[1] ?? 0);
    return offset > 30 ? `L-${offset} reaches before every month; at most L-30` : lastDay(offset, last[2]);
  }
  const nearest = /^(\d+)W$/.exec(part);
  if (nearest !== null) {
    const day = Number(nearest[1]);
    return day >= 1 && day <= 31 ? { kind: 'nearest', day } : `${day} is not between 1 and 31`;
  }
  if (/^\d+L$/.test(part)) return `L after a number is for day of week; the last day of the month is L`;
  if (/\d-\d+W$/.test(part)) return 'W follows one day, never a range';
  if (part === 'W') return 'W follows a day, as in 15W, or L';
  return undefined;
}

function lastDay(offset: number, weekday: string | undefined): CronItem {
  return { kind: 'last', offset, weekday: weekday !== undefined };
}

function specialWeekday(field: CronField, part: string, parts: number): CronItem | string | undefined {
  // Alone, L is Quartz's word for the last day of a week.
  if (part === 'L') return parts === 1 ? { kind: 'value', value: 7 } : 'L stands alone in day of week';
  const last = /^(\d+|[A-Z]{3})L$/.exec(part);
  if (last !== null) {
    const weekday = readValue(field, last[1] ?? '');
    if (typeof weekday === 'string') return weekday;
    return parts === 1 ? { kind: 'lastOf', weekday } : `${part} stands alone in day of week`;
  }
  const nth = /^(\d+|[A-Z]+)#(\d*)$/.exec(part);
  if (nth !== null) {
    const weekday = readValue(field, nth[1] ?? '');
    if (typeof weekday === 'string') return weekday;
    const count = Number(nth[2] ?? '');
    if (!(count >= 1 && count <= 5)) return 'after # a number from 1 to 5 must follow';
    return parts === 1 ? { kind: 'nth', weekday, nth: count } : `${part} stands alone in day of week`;
  }
  if (/^L[-W]/.test(part)) return `${part} is for day of month; in day of week write L, or 6L`;
  if (/^\d+W$/.test(part)) return 'W is for day of month';
  return undefined;
}

function checkDays(fields: readonly (readonly CronItem[])[], given: readonly FieldText[]): FieldFault[] {
  const open = [3, 5].filter((i) => fields[i]?.[0]?.kind === 'none').length;
  const [field, at] = [QUARTZ_FIELDS[5], given[5]];
  if (open === 1 || field === undefined || at === undefined) return [];
  const why =
    open === 2
      ? 'day of month and day of week are both ?; write the days in one of them, or * there'
      : 'day of month and day of week are both given; write ? in one of them';
  return [{ field, at, why }];
}
