import { define, expression, TYPES } from './making.js';
import { NUMBERS } from './number-makers.js';
import { OTHERS } from './other-makers.js';
import type { Random } from './random.js';

/** Random expressions over the table of tables.ts. */
define(NUMBERS);
define(OTHERS);

export { expression };

/** A random expression of a random type. */
export function randomExpression(r: Random): string {
  const types = [
    ...TYPES,
    'string',
    'int',
    'double',
    'decimal',
    'decimal',
    'interval',
    'binary',
    'array<int>',
    'array<int>',
    'array<string>',
    'nested',
  ];
  return expression(r, r.pick(types), 1 + r.below(3));
}
