import { SluiceError, toSluiceError, type Client, type Clients } from '@sluice/chassis';
import type { StopType } from '@sluice/proto/catalog/v1/stop';
import { ListStopsRequest, StopServiceService, type StopUse } from '@sluice/proto/catalog/v1/stop_service';
import type { LogLine, Run } from '@sluice/proto/execution/v1/run';
import { ListRunsRequest, RunServiceService } from '@sluice/proto/execution/v1/run_service';
import type { Schedule } from '@sluice/proto/scheduling/v1/schedule';
import {
  ListSchedulesRequest,
  ListTicksRequest,
  ScheduleServiceService,
} from '@sluice/proto/scheduling/v1/schedule_service';
import { inject, injectable } from 'tsyringe';
import { CLIENTS } from '../tokens.js';
import type { Asked } from './home.js';
import type { LogTail } from './run.js';
import type { ScheduleState } from './schedules.js';

/** How long a page waits for what it shows. */
const LIMIT_MS = 3_000;
const RUNS_SHOWN = 10;
const SCHEDULES_SHOWN = 100;
const NEXT_SHOWN = 5;
const TICKS_SHOWN = 20;
const TAIL_LINES = 200;
const KEEP_MS = 10_000;
const STOPS_A_PAGE = 1_000;

/** Reads from the services what pages show. */
@injectable()
export class PlatformReader {
  readonly #clients: Clients;
  #stopTypes: { readonly at: number; readonly count: Promise<Asked<number>> } | undefined;

  constructor(@inject(CLIENTS) clients: Clients) {
    this.#clients = clients;
  }

  /** The last runs with their stop runs. */
  lastRuns(): Promise<Asked<readonly Run[]>> {
    const runs = this.#clients.get(RunServiceService);
    return ask(async () => {
      const list = await runs.listRuns(ListRunsRequest.fromPartial({ pageSize: RUNS_SHOWN }), { deadlineMs: LIMIT_MS });
      // Lists leave stop runs out, which have the counts.
      return Promise.all(list.runs.map(async (run) => this.run(run.id)));
    });
  }

  /** The number of stop types that are mounted, at most ten seconds old: their list is long. */
  stopTypes(): Promise<Asked<number>> {
    const now = performance.now();
    if (this.#stopTypes === undefined || now - this.#stopTypes.at > KEEP_MS) {
      this.#stopTypes = { at: now, count: ask(async () => (await this.#listStops({})).length) };
    }
    return this.#stopTypes.count;
  }

  get #stops(): Client<typeof StopServiceService> {
    return this.#clients.get(StopServiceService);
  }

  async #listStops(which: Partial<ListStopsRequest>): Promise<StopType[]> {
    const found: StopType[] = [];
    for (let pageToken = ''; ;) {
      const request = ListStopsRequest.fromPartial({ ...which, pageSize: STOPS_A_PAGE, pageToken });
      const page = await this.#stops.listStops(request, { deadlineMs: LIMIT_MS });
      found.push(...page.stops);
      pageToken = page.nextPageToken;
      if (pageToken === '') return found;
    }
  }

  /** All stop types, the hidden ones too, with how many flows use each. */
  allStops(): Promise<Asked<readonly StopType[]>> {
    return ask(() => this.#listStops({ includeHidden: true, countUses: true }));
  }

  /** One stop type; STOP_NOT_FOUND when there is none. */
  async stop(name: string): Promise<StopType> {
    const { stop } = await this.#stops.getStop({ name }, { deadlineMs: LIMIT_MS });
    if (stop === undefined) throw new SluiceError('STOP_NOT_FOUND', `there is no stop type '${name}'`);
    return stop;
  }

  /** The flows that use a stop type. */
  stopUses(name: string): Promise<Asked<readonly StopUse[]>> {
    return ask(async () => (await this.#stops.listStopUses({ name }, { deadlineMs: LIMIT_MS })).uses);
  }

  /** Hides a stop type or a group from users, or shows it. */
  async setVisibility(kind: 'stop' | 'group', name: string, hidden: boolean): Promise<void> {
    const names = kind === 'stop' ? { stops: [name], groups: [] } : { stops: [], groups: [name] };
    await this.#stops.setStopVisibility({ ...names, hidden, actor: 'page' }, { deadlineMs: LIMIT_MS });
  }

  /** One run with its stop runs; RUN_NOT_FOUND when there is none. */
  async run(id: string): Promise<Run> {
    const { run } = await this.#clients.get(RunServiceService).getRun({ id }, { deadlineMs: LIMIT_MS });
    if (run === undefined) throw new SluiceError('RUN_NOT_FOUND', `there is no run '${id}'`);
    return run;
  }

  /** The schedules, the newest first. */
  schedules(): Promise<Asked<readonly Schedule[]>> {
    const request = ListSchedulesRequest.fromPartial({ pageSize: SCHEDULES_SHOWN });
    return ask(async () => (await this.#schedules.listSchedules(request, { deadlineMs: LIMIT_MS })).schedules);
  }

  /** One schedule with its times; SCHEDULE_NOT_FOUND when there is none. */
  async schedule(id: string, language: string): Promise<ScheduleState> {
    const options = { deadlineMs: LIMIT_MS };
    const { schedule } = await this.#schedules.getSchedule({ id }, options);
    if (schedule === undefined) throw new SluiceError('SCHEDULE_NOT_FOUND', `there is no schedule '${id}'`);
    const [next, ticks] = await Promise.all([
      ask(() => {
        const request = { subject: { $case: 'id' as const, value: id }, after: undefined, count: NEXT_SHOWN, language };
        return this.#schedules.previewSchedule(request, options);
      }),
      ask(async () => {
        const request = ListTicksRequest.fromPartial({ scheduleId: id, pageSize: TICKS_SHOWN });
        return (await this.#schedules.listTicks(request, options)).ticks;
      }),
    ]);
    return { schedule, next, ticks };
  }

  get #schedules(): Client<typeof ScheduleServiceService> {
    return this.#clients.get(ScheduleServiceService);
  }

  /** The last lines of a run's log. */
  logTail(id: string): Promise<Asked<LogTail>> {
    return ask(async () => {
      const lines: LogLine[] = [];
      let offset = 0n;
      for await (const line of this.log(id, '', false, AbortSignal.timeout(LIMIT_MS))) {
        offset = line.offset;
        lines.push(line);
        if (lines.length > 2 * TAIL_LINES) lines.splice(0, lines.length - TAIL_LINES);
      }
      return { lines: lines.slice(-TAIL_LINES), offset };
    });
  }

  /** The lines of a run's log; those of one stop unless `stop` is empty. */
  async *log(id: string, stop: string, follow: boolean, signal: AbortSignal): AsyncGenerator<LogLine, void> {
    const request = { id, stop, offset: 0n, follow };
    for await (const { lines } of this.#clients.get(RunServiceService).streamRunLogs(request, { signal })) yield* lines;
  }
}

async function ask<T>(work: () => Promise<T>): Promise<Asked<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { failure: toSluiceError(error).message };
  }
}
