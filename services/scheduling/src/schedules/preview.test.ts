import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DATABASE_KINDS, hasDatabase } from '@sluice/chassis/testing';
import { decidingText } from '../policies/words.js';
import { Scripted, Stage } from '../testing/scripted.js';
import { Preview } from './preview.js';

const AT = (clock: string): number => Date.parse(`2026-11-21T${clock}Z`); // a Saturday

describe.each(DATABASE_KINDS.map((kind) => ({ kind })))('previews in $kind', ({ kind }) => {
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

    test('a preview shows the next times, why each would not run, and why there are no more', async () => {
      const preview = async (id: string, count: number): Promise<string[]> => {
        const { ticks, end } = await s.node.resolve(Preview).of(await s.node.store.get(id), undefined, count);
        const told = ticks.map(({ dueMs, decision }) => {
          const time = new Date(dueMs).toISOString().slice(5, 16);
          return `${time} ${decision.action} ${decidingText(decision.rules, 'en')}`.trim();
        });
        return [...told, end];
      };
      const noons = { $case: 'cron', value: { expression: '0 30 12 * * ?', zone: 'UTC' } };
      const id = await s.create({ calendars: ['work'], endTime: new Date('2026-11-24T00:00:00Z') }, noons);
      expect(await preview(id, 10)).toEqual([
        "11-21T12:30 skip the calendar 'work' excludes the day",
        "11-22T12:30 skip the calendar 'work' excludes the day",
        '11-23T12:30 fire',
        'over',
      ]);
      expect((await preview(id, 2)).at(-1)).toBe('more');
      await s.node.schedules.pause(id, 'repairs');
      expect((await preview(id, 3)).slice(2)).toEqual(['11-23T12:30 skip the schedule is paused: repairs', 'over']);
      expect(await preview(await s.create({}, { $case: 'manual', value: {} }), 3)).toEqual(['no-times']);
    });
  });
});
