import { expect, it } from 'vitest';

import { Random } from '../random.js';
import { Calls } from './calls.js';
import { claimedFunctions } from './claimed.js';
import { NestedQueries } from './nested-queries.js';

/** Everything that a generator makes from a seed, in one text. */
function made(calls: Calls, seed: number): string {
  const r = new Random(seed);
  const overs = [calls.over(r)];
  return Array.from({ length: 6000 }, () => [calls.scalar(r), calls.aggregate(r), calls.window(r, overs)])
    .flat()
    .join('\n');
}

it('calls every function that the translator claims', async () => {
  const calls = new Calls(await claimedFunctions());
  const text = made(calls, 1);
  expect(calls.names().length).toBeGreaterThan(280);
  expect(calls.names().filter((name) => !text.includes(`${name}(`))).toEqual([]);
});

it('makes the same of the same seed', async () => {
  const calls = new Calls(await claimedFunctions());
  expect(made(calls, 7)).toBe(made(calls, 7));
  expect(made(calls, 7)).not.toBe(made(calls, 8));
  const query = (seed: number): string => new NestedQueries(new Random(seed)).query(3).sql;
  expect(query(5)).toBe(query(5));
});
