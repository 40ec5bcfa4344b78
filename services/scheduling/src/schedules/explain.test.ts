import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DATABASE_KINDS, hasDatabase } from '@sluice/chassis/testing';
import { decidingText } from '../policies/words.js';
import { Scripted, Stage } from '../testing/scripted.js';
import { Decider } from '../ticks/decider.js';
import { RunEnds } from '../ticks/run-ends.js';
import { tickId, timeKey } from '../ticks/tick-record.js';
import { Explain } from './explain.js';

const DAY = '2026-11-21'; // a Saturday
const AT = (clock: string): number => Date.parse(`${DAY}T${clock}Z`);
const RULE_NAMES = ['state', 'bounds', 'calendar', 'lateness', 'misfire', 'overlap', 'rate', 'pool'];
const seconds = (value: number) => ({ seconds: BigInt(value), nanos: 0 });

/** What is done to a schedule, the time that is asked for, and the answer. */
const SITUATIONS: readonly (readonly [
  what: string,
  script: (s: Scripted) => Promise<string>,
  at: string,
  answer: string,
])[] = [
  [
    'it ran',
    async (s) => {
      const id = await s.create();
      await s.fire((await s.decide(id, AT('12:10:00')))[0]);
      return id;
    },
    '12:10:00',
    `it ran: the tick of ${DAY}T12:10:00+00:00 started run run-${timeKey(AT('12:10:00'))} (ACTIVE)`,
  ],
  [
    'its run failed',
    async (s) => {
      const id = await s.create();
      const [tick] = await s.decide(id, AT('12:10:00'));
      await s.fire(tick);
      await s.finish(tick, 'FAILED');
      return id;
    },
    '12:10:00',
    `it ran: the tick of ${DAY}T12:10:00+00:00 started run run-${timeKey(AT('12:10:00'))} (FAILED)`,
  ],
  [
    'its run is being started',
    async (s) => {
      const id = await s.create();
      await s.decide(id, AT('12:10:00'));
      return id;
    },
    '12:10:00',
    `the tick of ${DAY}T12:10:00+00:00 runs; its run is being started`,
  ],
  [
    'someone paused it',
    async (s) => {
      const id = await s.create();
      await s.node.schedules.pause(id, 'repairs');
      await s.decide(id, AT('12:10:00'));
      return id;
    },
    '12:10:00',
    `the tick of ${DAY}T12:10:00+00:00 was skipped: the schedule is paused: repairs`,
  ],
  [
    'it paused itself after failures',
    async (s) => {
      const id = await s.create({ pauseAfterFailures: 2 });
      for (const clock of ['12:10:00', '12:20:00']) {
        const [tick] = await s.decide(id, AT(clock));
        await s.fire(tick);
        await s.finish(tick, 'FAILED');
      }
      await s.decide(id, AT('12:30:00'));
      return id;
    },
    '12:30:00',
    `the tick of ${DAY}T12:30:00+00:00 was skipped: the schedule is paused: 2 run(s) failed in a row`,
  ],
  [
    'a calendar has the day off',
    async (s) => {
      const id = await s.create({ calendars: ['work'] });
      await s.decide(id, AT('12:10:00'));
      return id;
    },
    '12:10:00',
    `the tick of ${DAY}T12:10:00+00:00 was skipped: the calendar 'work' excludes the day`,
  ],
  [
    'it was found later than it may start',
    async (s) => {
      const id = await s.create({ maxLateness: seconds(30), misfireAfter: seconds(3600) });
      await s.decide(id, AT('12:11:00'));
      return id;
    },
    '12:10:00',
    `the tick of ${DAY}T12:10:00+00:00 was missed: 1 min late, which is more than 30 s`,
  ],
  [
    'missed times do not run',
    async (s) => {
      const id = await s.create({ misfire: 'MISFIRE_POLICY_SKIP' });
      await s.decide(id, AT('12:15:00'));
      return id;
    },
    '12:10:00',
    `the tick of ${DAY}T12:10:00+00:00 was missed: found 5 min late; missed times do not run`,
  ],
  [
    'only the last missed time runs, and it was not that',
    async (s) => {
      const id = await s.create();
      await s.decide(id, AT('12:35:00'));
      return id;
    },
    '12:20:00',
    `the tick of ${DAY}T12:20:00+00:00 was missed: found 15 min late; a later time was missed too, and only the last one runs`,
  ],
  [
    'only the last missed time runs, and it was that',
    async (s) => {
      const id = await s.create();
      await s.decide(id, AT('12:35:00'));
      return id;
    },
    '12:30:00',
    `the tick of ${DAY}T12:30:00+00:00 runs; its run is being started`,
  ],
  [
    'it was missed by more than is made up for',
    async (s) => {
      const id = await s.create({ misfire: 'MISFIRE_POLICY_WITHIN', misfireWithin: seconds(300) });
      await s.decide(id, AT('12:18:00'));
      return id;
    },
    '12:10:00',
    `the tick of ${DAY}T12:10:00+00:00 was missed: found 8 min late, more than the 5 min that are allowed`,
  ],
  [
    'it ran often enough already',
    async (s) => {
      const id = await s.create({ rateLimit: { count: 1, per: seconds(3600) } });
      await s.decide(id, AT('12:10:00'));
      await s.decide(id, AT('12:20:00'));
      return id;
    },
    '12:20:00',
    `the tick of ${DAY}T12:20:00+00:00 was skipped: 1 starts in 1 h; 1 are allowed`,
  ],
  [
    'the run before is under way',
    async (s) => {
      const id = await s.create({ overlap: 'OVERLAP_POLICY_SKIP' });
      await s.fire((await s.decide(id, AT('12:10:00')))[0]);
      await s.decide(id, AT('12:20:00'));
      return id;
    },
    '12:20:00',
    `the tick of ${DAY}T12:20:00+00:00 was skipped: 1 earlier run(s) under way`,
  ],
  [
    'it waits for the run before',
    async (s) => {
      const id = await s.create({ overlap: 'OVERLAP_POLICY_QUEUE', queueLimit: 1 });
      await s.fire((await s.decide(id, AT('12:10:00')))[0]);
      await s.decide(id, AT('12:20:00'));
      return id;
    },
    '12:20:00',
    `the tick of ${DAY}T12:20:00+00:00 waits: it waits for 1 run(s) and 0 tick(s) before it`,
  ],
  [
    'too many wait already',
    async (s) => {
      const id = await s.create({ overlap: 'OVERLAP_POLICY_QUEUE', queueLimit: 1 });
      await s.fire((await s.decide(id, AT('12:10:00')))[0]);
      await s.decide(id, AT('12:20:00'));
      await s.decide(id, AT('12:30:00'));
      return id;
    },
    '12:30:00',
    `the tick of ${DAY}T12:30:00+00:00 was skipped: 1 tick(s) wait already; 1 may`,
  ],
  [
    'it took the place of the run before',
    async (s) => {
      const id = await s.create({ overlap: 'OVERLAP_POLICY_CANCEL_PREVIOUS' });
      await s.fire((await s.decide(id, AT('12:10:00')))[0]);
      await s.fire((await s.decide(id, AT('12:20:00')))[0]);
      return id;
    },
    '12:20:00',
    `it ran: the tick of ${DAY}T12:20:00+00:00 started run run-${timeKey(AT('12:20:00'))} (ACTIVE)`,
  ],
  [
    'the slots of its pool are taken',
    async (s) => {
      const [one, two] = [await s.create({ pool: 'small' }), await s.create({ pool: 'small' })];
      await s.fire((await s.decide(one, AT('12:10:00')))[0]);
      await s.decide(two, AT('12:10:00'));
      return two;
    },
    '12:10:00',
    `the tick of ${DAY}T12:10:00+00:00 waits: the pool 'small' is full (1 of 1 slots taken, 1 wanted)`,
  ],
  [
    'what it runs is gone',
    async (s) => {
      const id = await s.create();
      const [tick] = await s.decide(id, AT('12:10:00'));
      const message = "the catalog has no flow 'f'";
      const end = { kind: 'start', reason: 'TARGET_GONE', message, isTargetGone: true } as const;
      await s.node.resolve(RunEnds).end(tick?.id ?? '', end, s.world.now);
      expect(await s.node.store.get(id)).toMatchObject({ failures: 1, warning: message });
      return id;
    },
    '12:10:00',
    `the tick of ${DAY}T12:10:00+00:00 failed: the catalog has no flow 'f'`,
  ],
  ['it is not due then', (s) => s.create(), '12:15:00', `it is not due at ${DAY}T12:15:00+00:00 by '0 0/10 * * * ?'`],
  [
    'it was created later',
    (s) => s.create(),
    '11:00:00',
    `it did not run at ${DAY}T11:00:00+00:00: the schedule was created later, at ${DAY}T12:05:00+00:00`,
  ],
  [
    'it had ended by then',
    (s) => s.create({ endTime: new Date(AT('14:00:00')) }),
    '15:00:00',
    `it is not due at ${DAY}T15:00:00+00:00: that is outside of its start and end`,
  ],
  [
    'the time is to come',
    (s) => s.create(),
    '13:00:00',
    'it will run, unless overlap, rate or pool are against it then',
  ],
  [
    'the time is to come, and it is paused',
    async (s) => {
      const id = await s.create();
      await s.node.schedules.pause(id, '');
      return id;
    },
    '13:00:00',
    'it will not run: the schedule is paused',
  ],
  [
    'the time is to come, on a day off',
    (s) => s.create({ calendars: ['work'] }),
    '13:00:00',
    "it will not run: the calendar 'work' excludes the day",
  ],
  [
    'nobody has looked at it',
    async (s) => {
      const id = await s.create();
      s.world.now = AT('12:10:30');
      return id;
    },
    '12:10:00',
    'it is due and not decided yet: no scheduler has looked at it, or its tick was forgotten with age',
  ],
  [
    'only people run it',
    (s) => s.create({}, { $case: 'manual', value: {} }),
    '13:00:00',
    `there is no tick at ${DAY}T13:00:00+00:00: a schedule of kind 'manual' has no times of its own`,
  ],
];
describe.each(DATABASE_KINDS.map((kind) => ({ kind })))('explanations in $kind', ({ kind }) => {
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

    const why = (id: string, clock: string, language: 'en' | 'zh' = 'en') =>
      s.node.resolve(Explain).why(id, AT(clock), '', language);

    test.each(SITUATIONS)('why: %s', async (_what, script, at, answer) => {
      const id = await script(s);
      const english = await why(id, at);
      expect(english.summary).toBe(answer);
      const chinese = await why(id, at, 'zh');
      expect(chinese.summary).toMatch(/[\u4e00-\u9fff]/);
      // Where a rule decided, the answer is what the first rule that is against it says.
      const deciding = english.rules.find(({ verdict }) => verdict === 'stop' || verdict === 'wait');
      if (deciding !== undefined) expect(answer).toContain(decidingText(english.rules, 'en'));
      if (english.rules.length > 0) expect(english.rules.map(({ rule }) => rule)).toEqual(RULE_NAMES);
    });

    test('why: what a dependency waits for', async () => {
      const upstream = await s.create({}, { $case: 'manual', value: {} });
      const upstreams = [{ source: { $case: 'scheduleId', value: upstream } }];
      const value = { upstreams, window: 'DEPENDENCY_WINDOW_DAY', zone: 'UTC' };
      const id = await s.create({}, { $case: 'dependency', value });
      expect((await why(id, '13:00:00')).summary).toBe(
        `it did not run: schedule '${upstream}' has not succeeded for ${DAY}`,
      );
    });

    test('a tick that waits goes on when what it waits for has ended', async () => {
      const id = await s.create({ overlap: 'OVERLAP_POLICY_QUEUE', queueLimit: 1 });
      const [first] = await s.decide(id, AT('12:10:00'));
      await s.fire(first);
      const [second] = await s.decide(id, AT('12:20:00'));
      await s.finish(first, 'SUCCEEDED');
      const again = await s.node.resolve(Decider).decideWaiting([second?.shard ?? 0], s.world.now);
      expect(again.starting.map((tick) => tick.id)).toEqual([second?.id]);
    });

    test('the last tick is explained where no time is asked for, with the times around it and its changes', async () => {
      const id = await s.create();
      await s.fire((await s.decide(id, AT('12:10:00')))[0]);
      const { findings, nextMs, previousMs, changes } = await s.node.resolve(Explain).why(id, undefined, '', 'en');
      expect(findings).toMatchObject([{ rule: 'start', isGood: true }]);
      expect([previousMs, nextMs]).toEqual([AT('12:00:00'), AT('12:20:00')]);
      expect(changes.map(({ kind: change }) => change)).toEqual(['created']);
    });

    test('two schedulers that decide the same times decide each once', async () => {
      const id = await s.create({ misfire: 'MISFIRE_POLICY_ALL' });
      const other = await s.another('n2');
      s.world.now = AT('14:00:00');
      const decided = await Promise.all(
        [s.node, other, s.node, other].map((each) => each.resolve(Decider).decideDue([id], s.world.now)),
      );
      const ids = decided.flatMap(({ ticks }) => ticks.map((tick) => tick.id));
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).toHaveLength(12);
      expect(ids).toContain(tickId(id, timeKey(AT('14:00:00'))));
    });
  });
});
