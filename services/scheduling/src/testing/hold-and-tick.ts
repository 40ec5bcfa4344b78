import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { container } from 'tsyringe';
import { Vault, type Config, type Database } from '@sluice/chassis';
import { ScheduleSpec } from '@sluice/proto/scheduling/v1/schedule';
import { MachineClock } from '../engine/clock.js';
import { Engine } from '../engine/engine.js';
import { JobTypes, type JobRun, type JobType } from '../jobs/job-type.js';
import { registerParts } from '../parts.js';
import { Definitions } from '../schedules/definitions.js';
import { SHARDS } from '../schedules/schedule-record.js';
import { hash } from '../triggers/trigger.js';
import * as token from '../tokens.js';

/** How long before the first due time everything has to be ready; longer for each row, whose time is set before. */
const READY_MS = 10_000;
const ROW_MS = 0.05;
const ROWS_AN_INSERT = 400;
const DAY_MS = 86_400_000;

/** Starts nothing, at once. */
class NoJob implements JobType {
  readonly name = 'flow';
  private count = 0;

  async start(): Promise<JobRun> {
    return { runId: `run_${(this.count += 1)}`, state: 'ACTIVE', endedMs: undefined };
  }

  async find(runId: string): Promise<JobRun | undefined> {
    return { runId, state: 'ACTIVE', endedMs: undefined };
  }

  async cancel(): Promise<void> {
    return Promise.resolve();
  }

  async check(): Promise<{ readonly version: number }> {
    return { version: 1 };
  }
}

/** What was measured. */
export interface Held {
  /** For each tick, the time from its due time until its decision was committed. */
  readonly lateMs: readonly number[];
  readonly decided: number;
  readonly held: number;
  /** From the start of the engine until it held all. */
  readonly loadMs: number;
  readonly memoryBytes: number;
}

/** Stores very many schedules, lets one engine hold them, and measures how late those are decided that become due. */
export async function holdAndTick(wish: {
  readonly schedules: number;
  readonly dueASecond: number;
  readonly seconds: number;
  readonly database: Database;
  readonly config: Config;
}): Promise<Held> {
  const { database, config } = wish;
  const firstMs = await fill(wish);
  const lateMs: number[] = [];
  const measured: Database = {
    ...database,
    async transaction(work) {
      const result = await database.transaction(work);
      const now = Date.now();
      const { ticks } = (result ?? {}) as { ticks?: readonly { source: string; startMs: number }[] };
      for (const tick of ticks ?? []) if (tick.source === 'TIME') lateMs.push(now - tick.startMs);
      return result;
    },
  };
  const clock = new MachineClock();
  const scope = container.createChildContainer();
  scope.register(token.CONFIG, { useValue: config }).register(token.LOG, { useValue: pino({ level: 'error' }) });
  scope.register(token.DATABASE, { useValue: measured });
  scope.register(token.OUTBOX, { useValue: { add: () => Promise.resolve(), wake: () => undefined } });
  scope.register(token.METRICS, { useValue: new Registry() }).register(token.CLOCK, { useValue: clock });
  scope.register(token.NODE, { useValue: 'bench' });
  scope.register(token.JOBS, { useValue: new JobTypes().add(new NoJob()) });
  scope.register(token.VAULT, { useValue: new Vault([]) });
  scope.registerInstance(Definitions, new Definitions('UTC'));
  registerParts(scope);
  const engine = scope.resolve(Engine);
  const began = performance.now();
  engine.start();
  while (engine.held < wish.schedules && Date.now() < firstMs) await delay(20);
  const loadMs = performance.now() - began;
  const { held } = engine;
  if (held < wish.schedules) {
    await engine.close();
    await clock.close();
    const took = Math.round(loadMs / 1000);
    throw new Error(`only ${held} of ${wish.schedules} schedules were held after ${took} s, when the first was due`);
  }
  let memoryBytes = 0;
  while (Date.now() < firstMs + wish.seconds * 1000 + 500) {
    memoryBytes = Math.max(memoryBytes, process.memoryUsage().rss);
    await delay(200);
  }
  await engine.close();
  await clock.close();
  return { lateMs, decided: lateMs.length, held, loadMs, memoryBytes };
}

/** Stores the schedules; gives the first due time. Those beyond the minute that is measured are due a day later. */
async function fill({ schedules, dueASecond, seconds, database }: Parameters<typeof holdAndTick>[0]): Promise<number> {
  const spec = JSON.stringify(
    ScheduleSpec.toJSON(
      ScheduleSpec.fromPartial({
        name: 'held',
        target: { reference: 'flow' },
        trigger: { $case: 'interval', value: { every: { seconds: BigInt(DAY_MS / 1000), nanos: 0 } } },
      }),
    ),
  );
  const nowMs = Date.now();
  for (let first = 0; first < schedules; first += ROWS_AN_INSERT * 25) {
    await database.transaction(async (trx) => {
      for (let from = first; from < Math.min(schedules, first + ROWS_AN_INSERT * 25); from += ROWS_AN_INSERT) {
        const ids = Array.from({ length: Math.min(ROWS_AN_INSERT, schedules - from) }, (_, i) => `s${from + i}`);
        await trx('scheduling_schedules').insert(ids.map((id) => scheduleRow(id, spec, nowMs)));
        const cursors = ids.map((id, i) => {
          const second = Math.floor((from + i) / dueASecond);
          const due = second * 1000 + (second < seconds ? 0 : DAY_MS);
          return { schedule_id: id, shard: hash(id) % SHARDS, start_ms: due, due_ms: due };
        });
        await trx('scheduling_cursors').insert(
          cursors.map((row) => ({ ...row, failures: 0, dropped: 0, changed_ms: nowMs - DAY_MS })),
        );
      }
    });
  }
  // So far they count from the first due time, which is known last: storing a million rows takes its time.
  const perRow = schedules * ROW_MS;
  const firstMs = Math.ceil((Date.now() + READY_MS + perRow) / 1000) * 1000;
  await database.knex.raw('update scheduling_cursors set start_ms = start_ms + ?, due_ms = due_ms + ?', [
    firstMs,
    firstMs,
  ]);
  return firstMs;
}

function scheduleRow(id: string, spec: string, nowMs: number): Record<string, unknown> {
  return {
    id,
    version: 1,
    state: 'ACTIVE',
    state_reason: '',
    name: 'held',
    project: '',
    kind: 'interval',
    target_type: 'flow',
    target_reference: 'flow',
    pool: '',
    calendars: '',
    created_ms: nowMs - DAY_MS,
    updated_ms: nowMs,
    warning: '',
    request_digest: '',
    spec,
  };
}
