import { SluiceError, pageOf, pageSize, readPageToken, type Handlers, type RpcServer } from '@sluice/chassis';
import { TickOutcome, Verdict } from '@sluice/proto/scheduling/v1/schedule';
import {
  CreateScheduleRequest,
  ScheduleServiceService,
  type ListSchedulesRequest,
  type ListTicksRequest,
} from '@sluice/proto/scheduling/v1/schedule_service';
import { decidingText, readLanguage, type Language } from '../policies/words.js';
import type { TickFilter, TickStore } from '../ticks/tick.store.js';
import type { Events } from '../events/events.js';
import { readBody } from '../events/payload.js';
import { localText } from '../triggers/zone-time.js';
import type { Explain } from './explain.js';
import type { Forecast, Preview } from './preview.js';
import type { ScheduleRecord } from './schedule-record.js';
import type { Schedules } from './schedule.service.js';
import type { ScheduleFilter } from './schedule.store.js';
import { fromOutcome, fromState, toChange, toSchedule, toTick, toVerdict } from './schedule.wire.js';

const MOST_PREVIEWED = 1_000;

export interface ScheduleParts {
  readonly schedules: Schedules;
  readonly ticks: TickStore;
  readonly preview: Preview;
  readonly explain: Explain;
  readonly events: Events;
  /** Waits until all subjects are listened to that schedules name. */
  readonly listen: () => Promise<void>;
}

/** Mounts ScheduleService. */
export function mountSchedules(server: RpcServer, parts: ScheduleParts): void {
  const { schedules, ticks, preview, explain, events, listen } = parts;
  const full = async (record: ScheduleRecord) =>
    toSchedule(record, await ticks.lastUntil(record.id, Number.MAX_SAFE_INTEGER));
  /** Whoever has the answer may count on it that the next event of the subject is not missed. */
  const heardFromNowOn = async ({ spec }: ScheduleRecord): Promise<void> => {
    if (spec.trigger?.$case === 'event') await listen();
  };
  const handlers: Handlers<typeof ScheduleServiceService> = {
    async createSchedule(request) {
      const { spec, paused, idempotencyKey } = request;
      const record = await schedules.create(
        spec,
        paused,
        idempotencyKey,
        CreateScheduleRequest.encode(request).finish(),
      );
      await heardFromNowOn(record);
      return { schedule: await full(record) };
    },
    async updateSchedule({ id, spec, expectedVersion }) {
      const record = await schedules.update(id, spec, expectedVersion);
      await heardFromNowOn(record);
      return { schedule: await full(record) };
    },
    async getSchedule({ id }) {
      return { schedule: await full(await schedules.store.get(id)) };
    },
    async listSchedules(request) {
      const limit = pageSize(request.pageSize, 50, 500);
      const filter = toFilter(request);
      const scope = ['schedules', filter];
      const place = readPageToken(request.pageToken, scope, ['number', 'string']);
      const after = place === undefined ? undefined : { createdMs: place[0], id: place[1] };
      const found = await schedules.store.list(filter, after, limit + 1);
      const { items, nextPageToken } = pageOf(found, limit, scope, (each) => [each.createdMs, each.id]);
      return { schedules: await Promise.all(items.map(full)), nextPageToken };
    },
    async deleteSchedule({ id }) {
      await schedules.remove(id);
      return {};
    },
    async pauseSchedule({ id, reason }) {
      return { schedule: await full(await schedules.pause(id, reason)) };
    },
    async resumeSchedule({ id }) {
      return { schedule: await full(await schedules.resume(id)) };
    },
    async triggerSchedule({ id, variables, logicalTime, idempotencyKey }) {
      const tick = await schedules.trigger(id, variables, logicalTime?.getTime(), idempotencyKey);
      return { tick: toTick(tick) };
    },
    async receiveEvent({ id, secret, eventId, payload }) {
      const proof = { secret, signature: '', body: new Uint8Array() };
      const tick = await events.receive(id, proof, eventId, payload ?? {});
      return { accepted: tick !== undefined, tick: tick === undefined ? undefined : toTick(tick) };
    },
    async receiveHook({ id, secret, signature, eventId, contentType, body }) {
      const tick = await events.receive(id, { secret, signature, body }, eventId, readBody(body, contentType));
      return { accepted: tick !== undefined, tick: tick === undefined ? undefined : toTick(tick) };
    },
    async previewSchedule({ subject, after, count, language }) {
      if (subject === undefined)
        throw new SluiceError('REQUEST_INVALID', 'the request names no schedule; give id or spec');
      const wanted = pageSize(count, 10, MOST_PREVIEWED);
      const what = subject.$case === 'id' ? await schedules.store.get(subject.value) : subject.value;
      return toPreview(await preview.of(what, after?.getTime(), wanted), readLanguage(language));
    },
    async explainSchedule({ id, time, tickKey, language: text }) {
      const language = readLanguage(text);
      const found = await explain.why(id, time?.getTime(), tickKey, language);
      return {
        summary: found.summary,
        tick: found.tick === undefined ? undefined : toTick(found.tick),
        due: found.isDue,
        rules: [
          ...found.rules.map((rule) => toVerdict(rule, language)),
          ...found.findings.map(({ rule, isGood, message }) => {
            return { rule, verdict: isGood ? Verdict.VERDICT_PASS : Verdict.VERDICT_STOP, message };
          }),
        ],
        previousDueTime: found.previousMs === undefined ? undefined : new Date(found.previousMs),
        nextDueTime: found.nextMs === undefined ? undefined : new Date(found.nextMs),
        changes: found.changes.map(toChange),
      };
    },
    async listTicks(request) {
      const limit = pageSize(request.pageSize, 50, 500);
      const filter = toTickFilter(request);
      const scope = ['ticks', filter];
      const place = readPageToken(request.pageToken, scope, ['number', 'string']);
      const after = place === undefined ? undefined : { dueMs: place[0], id: place[1] };
      const found = await ticks.list(filter, after, limit + 1);
      const { items, nextPageToken } = pageOf(found, limit, scope, (tick) => [tick.dueMs, tick.id]);
      return { ticks: items.map(toTick), nextPageToken };
    },
    async listScheduleChanges(request) {
      const limit = pageSize(request.pageSize, 50, 500);
      const scope = ['changes', request.id];
      const [before] = readPageToken(request.pageToken, scope, ['number']) ?? [];
      const found = await schedules.store.changes(request.id, before, limit + 1);
      const { items, nextPageToken } = pageOf(found, limit, scope, (change) => [change.version]);
      return { changes: items.map(toChange), nextPageToken };
    },
  };
  server.add(ScheduleServiceService, handlers);
}

const OUTCOMES = {
  fire: TickOutcome.TICK_OUTCOME_FIRED,
  wait: TickOutcome.TICK_OUTCOME_WAITING,
  skip: TickOutcome.TICK_OUTCOME_SKIPPED,
  miss: TickOutcome.TICK_OUTCOME_MISSED,
} as const;

const ENDS: Readonly<Record<Forecast['end'], readonly [en: string, zh: string]>> = {
  more: ['', ''],
  'no-times': ['the schedule has no times of its own', '此调度没有固定时间'],
  over: ['there are no further due times', '之后不再有触发时间'],
};

function toPreview({ ticks, end, zone }: Forecast, language: Language) {
  return {
    ticks: ticks.map(({ dueMs, startMs, decision }) => ({
      dueTime: new Date(dueMs),
      localTime: localText(zone === '' ? 'UTC' : zone, dueMs),
      startTime: new Date(startMs),
      outcome: OUTCOMES[decision.action],
      reason: decision.reason,
      message: decidingText(decision.rules, language),
    })),
    endReason: ENDS[end][language === 'zh' ? 1 : 0],
    zone,
  };
}

function toFilter(request: ListSchedulesRequest): ScheduleFilter {
  const { query, project, targetReference, labels } = request;
  return { query, project, targetReference, labels, state: fromState(request.state) };
}

function toTickFilter(request: ListTicksRequest): TickFilter {
  return {
    scheduleId: request.scheduleId,
    states: request.outcomes.map(fromOutcome).filter((state) => state !== undefined),
    dueFromMs: request.dueFrom?.getTime(),
    dueBeforeMs: request.dueBefore?.getTime(),
  };
}
