import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  DATABASE_KINDS,
  freshDatabase,
  hasDatabase,
  migrate,
  testConfig,
  type FreshDatabase,
} from '@sluice/chassis/testing';
import { SluiceError } from '@sluice/chassis';
import { ScheduleSpec } from '@sluice/proto/scheduling/v1/schedule';
import { CalendarStore } from '../calendars/calendar.store.js';
import { migrations } from '../migrations/index.js';
import { SimJobs } from '../testing/sim-jobs.js';
import { SimNode } from '../testing/sim-node.js';
import { Chance, World } from '../testing/world.js';
import { Decider } from '../ticks/decider.js';
import { RunEnds } from '../ticks/run-ends.js';
import { TickStore } from '../ticks/tick.store.js';
import { tickId, timeKey, type TickRecord } from '../ticks/tick-record.js';
import { Explain } from './explain.js';

const AT = (clock: string): number => Date.parse(`2026-11-21T${clock}Z`); // a Saturday
const seconds = (value: number) => ({ seconds: BigInt(value), nanos: 0 });
const EVERY_TEN = { $case: 'cron', value: { expression: '0 0/10 * * * ?', zone: 'UTC' } };

describe.each(DATABASE_KINDS.map((kind) => ({ kind })))('explanations in $kind', ({ kind }) => {
  describe.skipIf(!hasDatabase(kind))('when it is there', () => {
    let fresh: FreshDatabase;
    let world: World;
    let node: SimNode;

    beforeEach(async () => {
      fresh = await freshDatabase(kind);
      const database = await fresh.open();
      await migrate(database, [{ name: 'scheduling', migrations }]);
      world = new World(AT('12:05:00'));
      const jobs = new SimJobs(world, new Chance(1), { lostReplies: 0, refusals: 0 }, () => undefined);
      node = new SimNode('n1', world, database, jobs, testConfig({}));
      const calendars = node.resolve(CalendarStore);
      const calendar = { name: 'work', description: '', zone: 'UTC', weekdaysOff: [6, 7], daysOff: [], daysOn: [] };
      await calendars.put(calendar);
      await calendars.putPool({ name: 'small', description: '', slots: 1, taken: 0, waiting: 0 });
    }, 30_000);
    afterEach(() => fresh.drop());

    const create = async (policies: object = {}, trigger: object = EVERY_TEN): Promise<string> => {
      const spec = ScheduleSpec.fromPartial({ name: 's', target: { reference: 'f' }, trigger, policies } as object);
      return (await node.schedules.create(spec, false, '', Buffer.from(Math.random().toString()))).id;
    };
    /** Decides what is due at a time. */
    const decide = async (id: string, clock: string): Promise<readonly TickRecord[]> => {
      world.now = AT(clock);
      return (await node.resolve(Decider).decideDue([id], world.now)).ticks;
    };
    /** Notes that a tick's run was started. */
    const fire = async (tick: TickRecord | undefined): Promise<void> => {
      if (tick === undefined) throw new Error('there is no tick to fire');
      const run = { runId: `run-${tick.key}`, state: 'ACTIVE' as const, endedMs: undefined };
      await node.resolve(TickStore).fired([{ tick, run }], 'n1', world.now);
    };
    const why = async (id: string, clock: string, language: 'en' | 'zh' = 'en'): Promise<string> =>
      (await node.resolve(Explain).why(id, AT(clock), '', language)).summary;

    test('a tick that ran names its run, in both languages, with every rule', async () => {
      const id = await create();
      await fire((await decide(id, '12:10:00'))[0]);
      expect(await why(id, '12:10:00')).toContain(`started run run-${timeKey(AT('12:10:00'))} (ACTIVE)`);
      expect(await why(id, '12:10:00', 'zh')).toContain('已执行');
      const { rules, findings, nextMs, previousMs } = await node.resolve(Explain).why(id, undefined, '', 'en');
      expect(rules).toHaveLength(8);
      expect(findings).toMatchObject([{ rule: 'start', isGood: true }]);
      expect([previousMs, nextMs]).toEqual([AT('12:00:00'), AT('12:20:00')]);
    });

    test('what keeps a tick from running is told', async () => {
      const said: Record<string, string> = {};
      const paused = await create();
      await node.schedules.pause(paused, 'repairs');
      await decide(paused, '12:10:00');
      said['paused'] = await why(paused, '12:10:00');
      const weekend = await create({ calendars: ['work'] });
      await decide(weekend, '12:10:30');
      said['calendar'] = await why(weekend, '12:20:00');
      await decide(weekend, '12:20:00');
      said['calendar now'] = await why(weekend, '12:20:00');
      const late = await create({ maxLateness: seconds(30), misfireAfter: seconds(3600) });
      await decide(late, '12:31:00');
      said['too late'] = await why(late, '12:30:00');
      const skips = await create({ misfire: 'MISFIRE_POLICY_SKIP' });
      await decide(skips, '12:45:00');
      said['misfire skip'] = await why(skips, '12:40:00');
      const once = await create();
      await decide(once, '13:15:00');
      said['not the last'] = await why(once, '13:00:00');
      said['the last'] = await why(once, '13:10:00');
      const within = await create({ misfire: 'MISFIRE_POLICY_WITHIN', misfireWithin: seconds(300) });
      await decide(within, '13:28:00');
      said['not within'] = await why(within, '13:20:00');
      const rate = await create({ rateLimit: { count: 1, per: seconds(3600) } });
      await decide(rate, '13:30:00');
      await decide(rate, '13:40:00');
      said['rate'] = await why(rate, '13:40:00');
      expect(said).toEqual({
        paused: 'the tick of 2026-11-21T12:10:00+00:00 was skipped: the schedule is paused: repairs',
        calendar: "it will not run: the calendar 'work' excludes the day",
        'calendar now': "the tick of 2026-11-21T12:20:00+00:00 was skipped: the calendar 'work' excludes the day",
        'too late': 'the tick of 2026-11-21T12:30:00+00:00 was missed: 1 min late, which is more than 30 s',
        'misfire skip': 'the tick of 2026-11-21T12:40:00+00:00 was missed: found 5 min late; missed times do not run',
        'not the last':
          'the tick of 2026-11-21T13:00:00+00:00 was missed: found 15 min late; a later time was missed too, and only the last one runs',
        'the last': 'the tick of 2026-11-21T13:10:00+00:00 runs; its run is being started',
        'not within':
          'the tick of 2026-11-21T13:20:00+00:00 was missed: found 8 min late, more than the 5 min that are allowed',
        rate: 'the tick of 2026-11-21T13:40:00+00:00 was skipped: 1 starts in 1 h; 1 are allowed',
      });
    });

    test('what a tick waits for is told, and it goes on when that is over', async () => {
      const skips = await create({ overlap: 'OVERLAP_POLICY_SKIP' });
      await fire((await decide(skips, '12:10:00'))[0]);
      await decide(skips, '12:20:00');
      expect(await why(skips, '12:20:00')).toContain('was skipped: 1 earlier run(s) under way');

      const queues = await create({ overlap: 'OVERLAP_POLICY_QUEUE', queueLimit: 1 });
      const first = (await decide(queues, '12:30:00')).at(-1);
      await fire(first);
      const [second] = await decide(queues, '12:40:00');
      await decide(queues, '12:50:00');
      expect(await why(queues, '12:40:00')).toContain('waits: it waits for 1 run(s) and 0 tick(s) before it');
      expect(await why(queues, '12:50:00')).toContain('was skipped: 1 tick(s) wait already; 1 may');
      const end = { kind: 'run', state: 'SUCCEEDED', endedMs: world.now } as const;
      await node.resolve(RunEnds).end(first?.id ?? '', end, world.now);
      const again = await node.resolve(Decider).decideWaiting([second?.shard ?? 0], world.now);
      expect(again.starting.map(({ id }) => id)).toEqual([second?.id]);

      const one = await create({ pool: 'small' });
      const two = await create({ pool: 'small' });
      await fire((await decide(one, '13:00:00')).at(-1));
      await decide(two, '13:00:00');
      expect(await why(two, '13:00:00')).toContain("waits: the pool 'small' is full (1 of 1 slots taken, 1 wanted)");
    });

    test('a start that failed, a time that is none, and the future are told', async () => {
      const id = await create({ startTime: new Date(AT('12:08:00')), endTime: new Date(AT('14:00:00')) });
      const [tick] = await decide(id, '12:10:00');
      const gone = new SluiceError('FLOW_NOT_FOUND', "the catalog has no flow 'f'");
      const end = { kind: 'start', reason: 'TARGET_GONE', message: gone.message, isTargetGone: true } as const;
      await node.resolve(RunEnds).end(tick?.id ?? '', end, world.now);
      expect(await why(id, '12:10:00')).toContain("failed: the catalog has no flow 'f'");
      expect(await node.store.get(id)).toMatchObject({ failures: 1, warning: gone.message });
      expect(await why(id, '12:15:00')).toBe("it is not due at 2026-11-21T12:15:00+00:00 by '0 0/10 * * * ?'");
      expect(await why(id, '11:00:00')).toContain('the schedule was created later');
      expect(await why(id, '15:00:00')).toContain('outside of its start and end');
      expect(await why(id, '13:00:00')).toContain('it will run');
      await node.schedules.pause(id, '');
      expect(await why(id, '13:00:00')).toBe('it will not run: the schedule is paused');
      expect(await why(id, '13:00:00', 'zh')).toBe('将不会执行：调度已暂停');

      const manual = await create({}, { $case: 'manual', value: {} });
      expect(await why(manual, '13:00:00')).toContain("a schedule of kind 'manual' has no times of its own");
      const upstreams = [{ source: { $case: 'scheduleId', value: manual } }];
      const value = { upstreams, window: 'DEPENDENCY_WINDOW_DAY', zone: 'UTC' };
      const waits = await create({}, { $case: 'dependency', value });
      expect(await why(waits, '13:00:00')).toBe(
        `it did not run: schedule '${manual}' has not succeeded in d2026-11-21`,
      );
    });

    test('two schedulers that decide the same times decide each once', async () => {
      const id = await create({ misfire: 'MISFIRE_POLICY_ALL' });
      const jobs = new SimJobs(world, new Chance(2), { lostReplies: 0, refusals: 0 }, () => undefined);
      const other = new SimNode('n2', world, await fresh.open(), jobs, testConfig({}));
      world.now = AT('14:00:00');
      const decided = await Promise.all(
        [node, other, node, other].map((each) => each.resolve(Decider).decideDue([id], world.now)),
      );
      const ids = decided.flatMap(({ ticks }) => ticks.map((tick) => tick.id));
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).toHaveLength(12);
      expect(ids).toContain(tickId(id, timeKey(AT('14:00:00'))));
    });
  });
});
