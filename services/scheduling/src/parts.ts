import type { DependencyContainer } from 'tsyringe';
import { Backfills } from './backfills/backfill.service.js';
import { BackfillStore } from './backfills/backfill.store.js';
import { CalendarStore } from './calendars/calendar.store.js';
import { Contexts } from './contexts/context.service.js';
import { Engine } from './engine/engine.js';
import { SchedulingMetrics } from './engine/metrics.js';
import { RunWatch } from './engine/run-watch.js';
import { ShardLeases } from './engine/shards.js';
import { Starter } from './engine/starter.js';
import { WindowStore } from './engine/window.store.js';
import { Events } from './events/events.js';
import { Flood } from './events/flood.js';
import { Listeners } from './events/listeners.js';
import { FileWatch } from './files/file-watch.js';
import { PoolRuns } from './pools/pool-runs.js';
import { PoolStore } from './pools/pool.store.js';
import { Explain } from './schedules/explain.js';
import { Preview } from './schedules/preview.js';
import { Schedules } from './schedules/schedule.service.js';
import { ScheduleStore } from './schedules/schedule.store.js';
import { Arrivals } from './ticks/arrivals.js';
import { Decider } from './ticks/decider.js';
import { RunEnds } from './ticks/run-ends.js';
import { PlannedTicks } from './ticks/planned-ticks.js';
import { ScheduleLocks } from './ticks/schedule-locks.js';
import { TickStore } from './ticks/tick.store.js';
import { Upstreams } from './ticks/upstreams.js';

/** Registers the parts of one scheduler, each once; what they work with stands in `tokens.ts`. */
export function registerParts(scope: DependencyContainer): void {
  scope.registerSingleton(SchedulingMetrics).registerSingleton(PoolRuns).registerSingleton(ScheduleLocks);
  scope.registerSingleton(PlannedTicks).registerSingleton(Decider);
  scope
    .registerSingleton(Arrivals)
    .registerSingleton(RunEnds)
    .registerSingleton(TickStore)
    .registerSingleton(Upstreams);
  scope.registerSingleton(ShardLeases).registerSingleton(WindowStore).registerSingleton(Starter);
  scope
    .registerSingleton(Engine)
    .registerSingleton(CalendarStore)
    .registerSingleton(PoolStore)
    .registerSingleton(ScheduleStore);
  scope.registerSingleton(Schedules).registerSingleton(Preview).registerSingleton(Explain).registerSingleton(Events);
  scope.registerSingleton(RunWatch).registerSingleton(BackfillStore).registerSingleton(Backfills);
  scope.registerSingleton(Contexts).registerSingleton(FileWatch).registerSingleton(Listeners).registerSingleton(Flood);
}
