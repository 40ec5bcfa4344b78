import { SluiceError, type Problem } from '@sluice/chassis';
import type { CronField } from './cron-field.js';

/** One item of a field's list, as it was read. Weekdays count from 1, Sunday. */
export type CronItem =
  | { readonly kind: 'all'; readonly step: number }
  | { readonly kind: 'value'; readonly value: number }
  /** From a value to the field's end: `5/10`. */
  | { readonly kind: 'from'; readonly from: number; readonly step: number }
  /** Both ends belong to it; it wraps where `from` is larger than `to`. */
  | { readonly kind: 'range'; readonly from: number; readonly to: number; readonly step: number }
  /** `?`: the other day field decides. */
  | { readonly kind: 'none' }
  /** `L`, `L-3`, and with `weekday` `LW`, `L-3W`. */
  | { readonly kind: 'last'; readonly offset: number; readonly weekday: boolean }
  /** `15W`: the weekday nearest to a day, in its month. */
  | { readonly kind: 'nearest'; readonly day: number }
  /** `6L`: the last such day of the month. */
  | { readonly kind: 'lastOf'; readonly weekday: number }
  /** `6#3`: the third such day of the month. */
  | { readonly kind: 'nth'; readonly weekday: number; readonly nth: number };

/** A field's text, and where it stands in the expression: both from 1. */
export interface FieldText {
  readonly text: string;
  readonly position: number;
  readonly column: number;
}

/** What is wrong with one field; {@link refuse} makes one error of all that an expression has. */
export interface FieldFault {
  readonly field: CronField;
  readonly at: FieldText;
  readonly why: string;
}

/** The values that an item without specials stands for, in the order in which the item counts them. */
export function valuesOf(item: CronItem, { min, max }: Pick<CronField, 'min' | 'max'>): number[] {
  switch (item.kind) {
    case 'all':
      return steps(min, max, item.step);
    case 'value':
      return [item.value];
    case 'from':
      return steps(item.from, max, item.step);
    case 'range': {
      if (item.from <= item.to) return steps(item.from, item.to, item.step);
      const size = max - min + 1;
      return steps(item.from, item.to + size, item.step).map((value) => (value > max ? value - size : value));
    }
    default:
      return [];
  }
}

function steps(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
}

/** One error for all faults of an expression, each with its field, its place and what is allowed. */
export function refuse(expression: string, faults: readonly FieldFault[]): SluiceError {
  const problems = faults.map(({ field, at, why }): Problem => {
    const place = `field ${at.position} (${field.name}), column ${at.column}`;
    return {
      reason: 'SCHEDULE_INVALID',
      message: `${place}: '${at.text}': ${why}; allowed: ${field.allowed}`,
      line: 1,
      column: at.column,
    };
  });
  const [first] = faults;
  return new SluiceError(
    'SCHEDULE_INVALID',
    `the cron expression '${expression}' is wrong in ${problems.map(({ message }) => message).join('; and in ')}`,
    {
      details: {
        expression,
        ...(first === undefined
          ? {}
          : { field: first.field.name, position: String(first.at.position), allowed: first.field.allowed }),
      },
      problems,
    },
  );
}
