import { ScheduleSpec } from '@sluice/proto/scheduling/v1/schedule';
import type { Chance } from './world.js';

const ZONES = ['America/New_York', 'Europe/Berlin', 'Asia/Shanghai', 'GMT+08:00', 'Australia/Lord_Howe', 'UTC'];
const MISFIRES = ['SKIP', 'ONCE', 'ALL', 'WITHIN'];
const OVERLAPS = ['ALLOW', 'SKIP', 'QUEUE', 'CANCEL_PREVIOUS'];

/** A schedule by chance: daily, hourly and weekly expressions in many zones, intervals, one-offs, with all policies. */
export function randomSpec(chance: Chance, index: number, startMs: number): ScheduleSpec {
  const at = (): number => chance.between(0, 59);
  const hour = (): number => chance.between(0, 23);
  const expressions = [
    () => `0 ${at()} ${hour()} * * ?`,
    () => `${at()} ${at()} ${hour()} ? * MON-FRI`,
    () => `0 ${at()} 1,2,3 * * ?`,
    () => `0 ${at()} ${hour()} L * ?`,
    () => `0 ${at()} 0/6 * * ?`,
  ];
  const kind = chance.next();
  const seconds = (value: number) => ({ seconds: BigInt(value), nanos: 0 });
  const trigger =
    kind < 0.8
      ? { $case: 'cron', value: { expression: chance.pick(expressions)(), zone: chance.pick(ZONES) } }
      : kind < 0.95
        ? { $case: 'interval', value: { every: seconds(chance.between(3, 48) * 1800) } }
        : { $case: 'once', value: { time: new Date(startMs + chance.between(1, 40) * 3_600_000) } };
  const policies = {
    misfire: `MISFIRE_POLICY_${chance.pick(MISFIRES)}`,
    misfireAfter: seconds(60),
    misfireWithin: seconds(chance.between(2, 60) * 60),
    overlap: `OVERLAP_POLICY_${chance.pick(OVERLAPS)}`,
    queueLimit: chance.between(1, 3),
    ...(chance.next() < 0.3 ? { jitter: seconds(chance.between(1, 300)) } : {}),
    ...(chance.next() < 0.1 ? { maxLateness: seconds(chance.between(5, 60) * 60) } : {}),
  };
  return ScheduleSpec.fromJSON(
    ScheduleSpec.toJSON(
      ScheduleSpec.fromPartial({ name: `s${index}`, target: { reference: 'f' }, trigger, policies } as object),
    ),
  );
}
