import { injectable, inject } from 'tsyringe';
import type { Knex } from '@sluice/chassis';
import { Definitions } from '../schedules/definitions.js';
import { SCHEDULE_COLUMNS, type ScheduleRow } from '../schedules/schedule-record.js';
import { bucketOf, causeKey, matchesEnd } from '../triggers/dependency.js';
import type { NewTick } from './decider.js';
import type { RunEnd } from './tick-record.js';

/** The end of a run, as dependencies look at it. */
export interface Arrival {
  /** `s:` and a schedule, or `f:` and a flow. */
  readonly source: string;
  /** The tick or run that ended. */
  readonly cause: string;
  readonly logicalMs: number;
  readonly end: RunEnd;
  /** When it ended: what ended before a schedule was created is no concern of its. */
  readonly endedMs: number;
}

/** Notes ends of runs for the schedules that wait for them, and finds which of those are due now. */
@injectable()
export class Arrivals {
  constructor(@inject(Definitions) private readonly definitions: Definitions) {}

  /** The ticks that an end makes, within the transaction that stores the end: it counts once and is never lost. */
  async note(trx: Knex.Transaction, arrival: Arrival, nowMs: number): Promise<NewTick[]> {
    const waiting = (await trx('scheduling_dependencies')
      .where({ source: arrival.source })
      .orderBy(['schedule_id', 'position'])
      .select('schedule_id', 'position')) as { schedule_id: string; position: number }[];
    const made: NewTick[] = [];
    for (const { schedule_id: id, position } of waiting) {
      const row = (await trx('scheduling_schedules as s')
        .join('scheduling_cursors as c', 's.id', 'c.schedule_id')
        .where('s.id', id)
        .first(...SCHEDULE_COLUMNS)) as ScheduleRow | undefined;
      if (row === undefined || arrival.endedMs < Number(row.created_ms)) continue;
      const { trigger } = this.definitions.of(row);
      if (trigger.kind !== 'dependency') continue;
      const upstream = trigger.upstreams[Number(position)];
      if (upstream === undefined || !matchesEnd(upstream, arrival.end)) continue;
      const bucket = bucketOf(trigger, upstream, arrival.logicalMs);
      const logicalMs = bucket.beginMs ?? arrival.logicalMs + upstream.offsetMs;
      const tick = { scheduleId: id, source: 'DEPENDENCY', logicalMs } as const;
      if (trigger.mode === 'any') {
        const variables = { SLUICE_UPSTREAM: arrival.cause };
        made.push({ ...tick, key: causeKey('d', arrival.cause), variables });
        continue;
      }
      const place = { schedule_id: id, bucket: bucket.key };
      await trx('scheduling_arrivals')
        .insert({ ...place, position, cause: arrival.cause, logical_ms: arrival.logicalMs, at_ms: nowMs })
        .onConflict(['schedule_id', 'bucket', 'position'])
        .merge(['cause', 'logical_ms', 'at_ms']);
      const there = (await trx('scheduling_arrivals').where(place).orderBy('position').select('position', 'cause')) as {
        position: number;
        cause: string;
      }[];
      if (there.length < trigger.upstreams.length) continue;
      const causes = there.map(({ cause }) => cause).join(' ');
      // Without a window the next round begins anew; within one the arrivals stay, and the key lets it be due once.
      if (bucket.beginMs === undefined) await trx('scheduling_arrivals').where(place).delete();
      const key = bucket.beginMs === undefined ? causeKey('d', causes) : `d${bucket.key}`;
      made.push({ ...tick, key, variables: { SLUICE_UPSTREAM: causes } });
    }
    return made;
  }
}
