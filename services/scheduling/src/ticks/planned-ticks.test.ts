import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DATABASE_KINDS, hasDatabase } from '@sluice/chassis/testing';
import { Scripted, Stage } from '../testing/scripted.js';
import { Decider } from './decider.js';
import { PlannedTicks } from './planned-ticks.js';
import { TickStore } from './tick.store.js';
import type { TickRecord } from './tick-record.js';

const AT = (clock: string): number => Date.parse(`2026-11-21T${clock}Z`);
const TEN = AT('12:10:00');

describe.each(DATABASE_KINDS.map((kind) => ({ kind })))('planned ticks in $kind', ({ kind }) => {
  describe.skipIf(!hasDatabase(kind))('when it is there', () => {
    let stage: Stage;
    let s: Scripted;

    beforeAll(async () => {
      stage = await Stage.open(kind);
    }, 30_000);
    beforeEach(async () => {
      s = await Scripted.open(stage, AT('12:05:00'));
    });
    afterAll(() => stage?.close());

    const stored = async (id: string): Promise<TickRecord | undefined> =>
      (await s.node.resolve(TickStore).lastUntil(id, Number.MAX_SAFE_INTEGER)) ?? undefined;
    const cursor = (id: string): Promise<unknown> =>
      stage.database.knex('scheduling_cursors').where({ schedule_id: id }).first('due_ms', 'start_ms', 'last_due_ms');
    /** A tick without what tells it from that of another schedule. */
    const common = (tick: TickRecord | undefined, id: string): unknown =>
      JSON.parse(
        JSON.stringify(tick)
          .replaceAll(id, 'the schedule')
          .replace(/"shard":\d+,/, ''),
      );

    test('are stored as they would have been without a plan, and move their schedules on', async () => {
      const [planned, other] = [
        await s.create({ maxLateness: seconds(60) }),
        await s.create({ maxLateness: seconds(60) }),
      ];
      await s.node.resolve(PlannedTicks).plan([planned]);
      const decided = await s.node.resolve(Decider).decideDue([planned, other], TEN + 37);
      expect(decided.starting.map(({ scheduleId }) => scheduleId)).toEqual([planned, other]);
      expect(decided.next).toEqual([planned, other].map((id) => ({ id, startMs: AT('12:20:00') })));
      const tick = await stored(planned);
      expect(tick).toMatchObject({ state: 'STARTING', dueMs: TEN, decidedMs: TEN + 37, node: 'n1' });
      expect(tick?.rules.flatMap(({ values }) => values?.['lateMs'] ?? [])).toEqual([37, 37]);
      expect(common(tick, planned)).toEqual(common(await stored(other), other));
      expect(await cursor(planned)).toEqual(await cursor(other));
      expect((await s.node.resolve(Decider).decideDue([planned], TEN + 50)).ticks).toEqual([]);
    });

    test('are decided once by schedulers that planned the same', async () => {
      const ids = [await s.create(), await s.create(), await s.create()];
      const nodes = [s.node, await s.another('n2')];
      for (const node of nodes) await node.resolve(PlannedTicks).plan(ids);
      const decided = await Promise.all(nodes.map((node) => node.resolve(Decider).decideDue(ids, TEN)));
      expect(decided.flatMap(({ ticks }) => ticks.map(({ scheduleId }) => scheduleId)).sort()).toEqual([...ids].sort());
    });

    test('that were stored already, or are found too late for their plan, are looked at anew', async () => {
      const [again, late] = [await s.create(), await s.create({ misfire: 'MISFIRE_POLICY_SKIP' })];
      await s.decide(again, TEN);
      // As an update does while the clock is behind: its next time is one that has its tick.
      await stage.database
        .knex('scheduling_cursors')
        .where({ schedule_id: again })
        .update({ due_ms: TEN, start_ms: TEN, last_due_ms: null });
      await s.node.resolve(PlannedTicks).plan([again, late]);
      const { ticks, broken } = await s.node.resolve(Decider).decideDue([again, late], TEN + 90_000);
      expect(ticks).toMatchObject([{ scheduleId: late, state: 'MISSED', reason: 'MISFIRE' }]);
      expect(broken).toEqual([]);
      expect(await cursor(again)).toEqual(await cursor(late));
      await stage.database
        .knex('scheduling_cursors')
        .where({ schedule_id: again })
        .update({ due_ms: TEN, start_ms: TEN });
      await s.node.resolve(PlannedTicks).plan([again]);
      expect(await s.node.resolve(Decider).decideDue([again], TEN)).toMatchObject({ ticks: [], broken: [] });
    });
  });
});

function seconds(count: number): object {
  return { seconds: BigInt(count), nanos: 0 };
}
