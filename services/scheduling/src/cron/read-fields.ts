import { SluiceError } from '@sluice/chassis';
import type { FieldText } from './cron-item.js';

/** A longer text is no schedule; the bound keeps messages and searches small. */
const MAX_LENGTH = 512;

/** Cuts an expression at its blanks and upper-cases it; places are those of the text as it was given. */
export function readFields(text: string): FieldText[] {
  if (text.length > MAX_LENGTH) {
    throw new SluiceError(
      'SCHEDULE_INVALID',
      `a cron expression has at most ${MAX_LENGTH} characters, this one has ${text.length}`,
    );
  }
  return [...text.matchAll(/\S+/g)].map((match, i) => ({
    text: match[0].toUpperCase(),
    position: i + 1,
    column: match.index + 1,
  }));
}

/** The error for an expression of too few or too many fields. */
export function refuseCount(text: string, count: number, takes: string, remedy: string): SluiceError {
  const has = count === 0 ? 'is empty' : `has ${count} ${count === 1 ? 'field' : 'fields'}`;
  return new SluiceError('SCHEDULE_INVALID', `the cron expression '${text}' ${has}; ${takes}${remedy}`, {
    details: { expression: text, fields: String(count) },
  });
}
