import { SluiceError } from '@sluice/chassis';
import { compile, readExpression, type Compiled } from './compile.js';
import type { CronExpression, CronGrammar } from './cron-expression.js';
import { nextInstant } from './next-time.js';
import type { Zone } from './zone.js';

/** What {@link parseCron} gives: the bits come with the expression, so that a search reads nothing again. */
interface ReadExpression extends CronExpression {
  readonly compiled: Compiled;
}

/**
 * Reads a cron expression.
 *
 * @throws SCHEDULE_INVALID with the field, its place in the text and what is allowed there; all problems at once
 */
export function parseCron(text: string, grammar: CronGrammar): CronExpression {
  const read: ReadExpression = { text, grammar, compiled: compile(readExpression(text, grammar), grammar) };
  return read;
}

/** The first time strictly after `after`, to the second; undefined where there is none until the end of 2199. */
export function nextTime(expression: CronExpression, zone: Zone, after: Date): Date | undefined {
  const { compiled } = expression as Partial<ReadExpression>;
  const bits = compiled ?? compile(readExpression(expression.text, expression.grammar), expression.grammar);
  const from = after.getTime();
  if (Number.isNaN(from)) throw new SluiceError('REQUEST_INVALID', 'the time to search from is not a time');
  const instant = nextInstant(bits, zone, from / 1000);
  return instant === undefined ? undefined : new Date(instant * 1000);
}
