import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DATABASE_KINDS, hasDatabase } from '@sluice/chassis/testing';
import { Scripted, Stage } from '../testing/scripted.js';
import type { Rules } from './policies.js';

const AT = (clock: string): number => Date.parse(`2026-11-21T${clock}Z`);
const seconds = (value: number) => ({ seconds: BigInt(value), nanos: 0 });
const wordOf = (text: string): string => text.toUpperCase().replaceAll('-', '_');

/**
 * A schedule that is due every ten minutes. Its run of 12:10 is under way when the scheduler stops; the next one looks at
 * 12:40:30: 12:20 is 20 minutes late, 12:30 ten, and 12:40 is in time. `within` allows 15 minutes, the queue has one place.
 */
const PAIRS: readonly (readonly [Rules['misfire'], Rules['overlap'], string, string, string])[] = [
  //                              12:20                 12:30                 12:40
  ['skip', 'allow', 'MISSED MISFIRE', 'MISSED MISFIRE', 'STARTING'],
  ['skip', 'skip', 'MISSED MISFIRE', 'MISSED MISFIRE', 'SKIPPED OVERLAP'],
  ['skip', 'queue', 'MISSED MISFIRE', 'MISSED MISFIRE', 'WAITING OVERLAP'],
  ['skip', 'cancel-previous', 'MISSED MISFIRE', 'MISSED MISFIRE', 'STARTING, cancels'],
  ['once', 'allow', 'MISSED MISFIRE', 'MISSED MISFIRE', 'STARTING'],
  ['once', 'skip', 'MISSED MISFIRE', 'MISSED MISFIRE', 'SKIPPED OVERLAP'],
  ['once', 'queue', 'MISSED MISFIRE', 'MISSED MISFIRE', 'WAITING OVERLAP'],
  ['once', 'cancel-previous', 'MISSED MISFIRE', 'MISSED MISFIRE', 'STARTING, cancels'],
  ['all', 'allow', 'STARTING', 'STARTING', 'STARTING'],
  ['all', 'skip', 'SKIPPED OVERLAP', 'SKIPPED OVERLAP', 'SKIPPED OVERLAP'],
  ['all', 'queue', 'WAITING OVERLAP', 'SKIPPED QUEUE_FULL', 'SKIPPED QUEUE_FULL'],
  ['all', 'cancel-previous', 'STARTING, cancels', 'STARTING, cancels', 'STARTING, cancels'],
  ['within', 'allow', 'MISSED MISFIRE', 'STARTING', 'STARTING'],
  ['within', 'skip', 'MISSED MISFIRE', 'SKIPPED OVERLAP', 'SKIPPED OVERLAP'],
  ['within', 'queue', 'MISSED MISFIRE', 'WAITING OVERLAP', 'SKIPPED QUEUE_FULL'],
  ['within', 'cancel-previous', 'MISSED MISFIRE', 'STARTING, cancels', 'STARTING, cancels'],
];

describe.each(DATABASE_KINDS.map((kind) => ({ kind })))('what becomes of due times in $kind', ({ kind }) => {
  describe.skipIf(!hasDatabase(kind))('when it is there', () => {
    let stage: Stage;
    let s: Scripted;

    beforeAll(async () => {
      stage = await Stage.open(kind);
    }, 30_000);
    beforeEach(async () => {
      s = await Scripted.open(stage, AT('12:05:00'));
    });
    afterAll(() => stage.close());

    test.each(PAIRS)('misfire %s with overlap %s', async (misfire, overlap, ...expected) => {
      const id = await s.create({
        misfire: `MISFIRE_POLICY_${wordOf(misfire)}`,
        overlap: `OVERLAP_POLICY_${wordOf(overlap)}`,
        misfireWithin: seconds(15 * 60),
        queueLimit: 1,
      });
      await s.fire((await s.decide(id, AT('12:10:00')))[0]);
      const ticks = await s.decide(id, AT('12:40:30'));
      const found = ticks.map(({ dueMs, state, reason, request }) => {
        const told = `${state}${reason === '' ? '' : ` ${reason}`}${request?.cancelsPrevious === true ? ', cancels' : ''}`;
        return [new Date(dueMs).toISOString().slice(11, 16), told];
      });
      expect(found).toEqual(['12:20', '12:30', '12:40'].map((time, place) => [time, expected[place]]));
      // Each has one outcome: asked again, nothing is due.
      expect(await s.decide(id, AT('12:40:31'))).toEqual([]);
    });

    test.each(['skip', 'once', 'all', 'within'] as const)('misfire %s when all of them are late', async (misfire) => {
      const id = await s.create({ misfire: `MISFIRE_POLICY_${wordOf(misfire)}`, misfireWithin: seconds(15 * 60) });
      const ticks = await s.decide(id, AT('12:38:00'));
      const ran = ticks
        .filter(({ state }) => state === 'STARTING')
        .map(({ dueMs }) => (dueMs - AT('12:00:00')) / 60_000);
      expect(ticks).toHaveLength(3);
      expect(ran).toEqual({ skip: [], once: [30], all: [10, 20, 30], within: [30] }[misfire]);
    });
  });
});
