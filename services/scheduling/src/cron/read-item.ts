import type { CronField } from './cron-field.js';
import type { CronItem, FieldText } from './cron-item.js';

/** How the two grammars differ in an item. */
export interface ItemRules {
  /** `22-2` and `FRI-MON` wrap around. */
  readonly wraps: boolean;
  /** `5/10` counts to the field's end, and `/10` means all. */
  readonly openSteps: boolean;
}

/** An item, or a sentence about what is wrong with it. */
type Read = CronItem | string;

/**
 * Reads a field's list of items that stand for plain values: values, ranges and steps.
 *
 * @param special reads what only this field has; undefined where the text is none of it
 */
export function readItems(
  field: CronField,
  { text }: FieldText,
  rules: ItemRules,
  special: (part: string, parts: number) => Read | undefined = () => undefined,
): CronItem[] | string {
  const parts = text.split(',');
  const items: CronItem[] = [];
  for (const part of parts) {
    const read =
      part === '' ? 'an item of the list is empty' : (special(part, parts.length) ?? readItem(field, part, rules));
    if (typeof read === 'string') return read;
    items.push(read);
  }
  return items;
}

const VALUE = String.raw`\d+|[A-Z]+`;
const ITEM = new RegExp(String.raw`^(\*|${VALUE})?(?:-(${VALUE}))?(?:(/)(\d+))?$`);

function readItem(field: CronField, part: string, rules: ItemRules): Read {
  const [, from, to, slash, stepText] = ITEM.exec(part) ?? [];
  if (from === undefined && (to !== undefined || slash === undefined)) return malformed(part);
  if (from === undefined && !rules.openSteps) return `a step needs a range; write */${stepText}`;
  const step = stepText === undefined ? 1 : Number(stepText);
  if (step < 1) return 'a step is at least 1';
  if (step > field.maxStep) return `the step ${stepText} is larger than ${field.maxStep}`;
  if (from === undefined || from === '*') {
    return to === undefined ? { kind: 'all', step } : `nothing may follow *, except a step`;
  }
  const first = readValue(field, from);
  if (typeof first === 'string') return first;
  // The meaning of a step after a name differs between releases of Quartz, which do not count it at all.
  if (slash !== undefined && isName(from)) return `a step after a name has no meaning; write numbers`;
  if (to === undefined) {
    if (slash === undefined) return { kind: 'value', value: first };
    return rules.openSteps
      ? { kind: 'from', from: first, step }
      : `a step needs a range; write ${first}-${field.max}/${step}`;
  }
  const last = readValue(field, to);
  if (typeof last === 'string') return last;
  if (isName(from) !== isName(to)) return `a range has two numbers or two names`;
  if (first > last && (!rules.wraps || field.name === 'year')) return `the range begins after its end`;
  return { kind: 'range', from: first, to: last, step };
}

/** A number or a name of the field, or a sentence. */
export function readValue(field: CronField, text: string): number | string {
  if (isName(text)) {
    const index = field.names?.indexOf(text) ?? -1;
    if (index >= 0) return field.min + index;
    return field.names === undefined
      ? `'${text}' is no number`
      : `'${text}' is none of the names ${field.names.join(' ')}`;
  }
  const value = Number(text);
  // A year that has passed, or lies beyond the end, is well written: it never comes.
  const fits = field.name === 'year' ? /^\d{4}$/.test(text) : value >= field.min && value <= field.max;
  if (fits) return value;
  return field.name === 'year' ? `a year has four digits` : `${text} is not between ${field.min} and ${field.max}`;
}

function isName(text: string): boolean {
  return /^[A-Z]/.test(text);
}

function malformed(part: string): string {
  if (/\/(?!\d)/.test(part)) return `after / a number must follow`;
  if (/^-/.test(part)) return `a range needs its beginning`;
  if (/-$/.test(part)) return `a range needs its end`;
  const strange = /[^0-9A-Z,*/?#-]/.exec(part);
  if (strange !== null) return `the character ${strange[0]} has no meaning`;
  if (/[?]/.test(part)) return `? stands alone, in day of month or day of week`;
  if (part.includes('#')) return `# belongs into day of week, between a day and a number from 1 to 5`;
  return `it is no value, range or step`;
}
