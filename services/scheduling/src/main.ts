import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { container } from 'tsyringe';
import { openKeepersVault, readPayload, type Platform } from '@sluice/chassis';
import { FlowServiceService } from '@sluice/proto/catalog/v1/flow_service';
import { RunFinished } from '@sluice/proto/events/v1/execution';
import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { mountBackfills } from './backfills/backfill.rpc.js';
import { Backfills } from './backfills/backfill.service.js';
import { mountCalendars } from './calendars/calendar.rpc.js';
import { mountCalendarImport } from './calendars/calendar-import.rpc.js';
import { CalendarStore } from './calendars/calendar.store.js';
import { mountContexts } from './contexts/context.rpc.js';
import { Contexts } from './contexts/context.service.js';
import { MachineClock } from './engine/clock.js';
import { Engine } from './engine/engine.js';
import { RunWatch } from './engine/run-watch.js';
import { mountCron } from './cron/cron.rpc.js';
import { Events } from './events/events.js';
import { mountEvents } from './events/event.rpc.js';
import { startForeignEvents } from './events/foreign-events.js';
import { FileWatch } from './files/file-watch.js';
import { startNotifications } from './notifications/start-notifications.js';
import { FlowJob } from './jobs/flow-job.js';
import { JobTypes } from './jobs/job-type.js';
import { registerParts } from './parts.js';
import { PoolRuns } from './pools/pool-runs.js';
import { mountPools } from './pools/pool.rpc.js';
import { PoolStore } from './pools/pool.store.js';
import { Definitions } from './schedules/definitions.js';
import { keptKeyIds, sealKept } from './secrets/kept-secrets.js';
import { Explain } from './schedules/explain.js';
import { Preview } from './schedules/preview.js';
import { SCHEDULE_CHANGED } from './schedules/schedule.events.js';
import { mountSchedules } from './schedules/schedule.rpc.js';
import { Schedules } from './schedules/schedule.service.js';
import { ScheduleStore } from './schedules/schedule.store.js';
import { TickStore } from './ticks/tick.store.js';
import * as token from './tokens.js';

/** Wires the scheduling service. */
export async function start(platform: Platform): Promise<void> {
  const { config, log, lifecycle, clients, bus, rpc } = platform;
  const runs = clients.get(RunServiceService);
  const zone = config.time.zone === '' ? new Intl.DateTimeFormat().resolvedOptions().timeZone : config.time.zone;
  const clock = new MachineClock();
  const scope = container.createChildContainer();
  scope.register(token.CONFIG, { useValue: config }).register(token.LOG, { useValue: log });
  scope.register(token.DATABASE, { useValue: platform.database }).register(token.OUTBOX, { useValue: platform.outbox });
  scope.register(token.METRICS, { useValue: platform.metrics }).register(token.CLOCK, { useValue: clock });
  const vault = await lifecycle.step('master key', async () => {
    const opened = await openKeepersVault(config, await keptKeyIds(platform.database));
    const sealed = await sealKept(platform.database, opened);
    if (sealed > 0) log.info({ sealed, key: opened.keyId }, 'secrets were put under the present master key');
    return opened;
  });
  scope.register(token.VAULT, { useValue: vault });
  const node = `${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`;
  const jobs = new JobTypes().add(new FlowJob(runs, clients.get(FlowServiceService)));
  scope.register(token.NODE, { useValue: node }).register(token.JOBS, { useValue: jobs });
  scope.registerInstance(Definitions, new Definitions(zone));
  registerParts(scope);

  const engine = scope.resolve(Engine);
  const events = scope.resolve(Events);
  const watch = scope.resolve(RunWatch);
  const backfills = scope.resolve(Backfills);
  const files = scope.resolve(FileWatch);
  for (const chore of [...watch.chores(runs), backfills.chore(), files.chore(), events.chore()]) engine.add(chore);
  const listen = startForeignEvents(platform, events);
  await bus.subscribe({
    subject: SCHEDULE_CHANGED,
    // One of the schedulers hears of it; the others find it with their next sweep.
    durable: 'scheduling-changes',
    handle: async ({ key }) => engine.hint(key),
  });
  await bus.subscribe({
    subject: 'sluice.v1.>',
    durable: 'scheduling-events',
    handle: async (event) => {
      const ended = readPayload(event, 'sluice.events.v1.RunFinished', RunFinished);
      if (ended !== undefined) await watch.runFinished(ended, event.time);
      await events.heard(event);
    },
  });
  mountSchedules(rpc, {
    schedules: scope.resolve(Schedules),
    ticks: scope.resolve(TickStore),
    preview: scope.resolve(Preview),
    explain: scope.resolve(Explain),
    events,
    listen,
  });
  mountCalendars(rpc, scope.resolve(CalendarStore), zone);
  mountPools(rpc, scope.resolve(PoolStore), scope.resolve(PoolRuns), () => clock.now());
  mountBackfills(rpc, backfills);
  mountContexts(rpc, scope.resolve(Contexts), scope.resolve(ScheduleStore), runs);
  mountCalendarImport(rpc, scope.resolve(CalendarStore), zone, () => clock.now());
  mountCron(rpc);
  mountEvents(rpc, events);
  startNotifications(platform, { database: platform.database, vault, zone, runs, now: () => clock.now() });
  // Due runs are started by calls, perhaps to this very process: once it listens.
  lifecycle.onListening('engine', () => {
    engine.start();
    lifecycle.onClose('engine', async () => {
      await engine.close();
      await clock.close();
    });
  });
}
