import { SluiceError } from '@sluice/chassis';
import { FlowFormat } from '@sluice/proto/catalog/v1/flow';
import { FlowServiceService } from '@sluice/proto/catalog/v1/flow_service';
import {
  CronGrammar,
  MisfirePolicy,
  OverlapPolicy,
  ScheduleState,
  TickOutcome,
  VersionPolicy,
  type Schedule,
  type ScheduleSpec,
} from '@sluice/proto/scheduling/v1/schedule';
import { ScheduleServiceService } from '@sluice/proto/scheduling/v1/schedule_service';
import type { DialectHandler, DialectTools } from '../../dialect.js';
import { nothingNamed, notYet } from './piflow.errors.js';
import { javaDate } from './piflow.dates.js';
import { pretty, text } from './piflow.replies.js';
import type { ScheduleReply } from './piflow.wire.js';

/** PiFlow's schedules are meant in this zone, wherever the server stands. */
const ZONE = 'Asia/Shanghai';
/** That zone's offset, since 1992 without summer time. */
const OFFSET = '+08:00';
const PAGE_SIZE = 500;

/** What a body for `/schedule/start` says. */
interface Wish {
  readonly expression: string;
  readonly startDate: Date | undefined;
  readonly endDate: Date | undefined;
  /** The flow document, as it stood in the body. */
  readonly document: string;
  readonly name: string;
}

/** What answers the routes under `/schedule`. */
export function scheduleHandlers({ clients, config }: Pick<DialectTools, 'clients' | 'config'>) {
  const schedules = clients.get(ScheduleServiceService);
  const flows = clients.get(FlowServiceService);

  return {
    start: async ({ body }) => {
      const wish = readWish(body);
      const imported = await flows.importFlow({
        document: wish.document,
        format: FlowFormat.FLOW_FORMAT_PIFLOW,
        comment: 'kept for a schedule of the PiFlow routes',
        idempotencyKey: '',
      });
      const { id = '', version = 0 } = imported.flow ?? {};
      try {
        // As in PiFlow the schedule goes on with the flow that it was given, whatever becomes of others of that name.
        const { schedule } = await schedules.createSchedule({
          spec: toSpec(wish, id, version),
          paused: false,
          idempotencyKey: '',
        });
        return text(schedule?.id ?? '');
      } catch (error) {
        await flows.deleteFlow({ id, expectedVersion: 0, idempotencyKey: '' });
        throw error;
      }
    },
    stop: async ({ body }) => {
      const id = namedSchedule(body);
      if (id === '') throw nothingNamed('schedule', 'a body such as {"scheduleId":"schedule_..."}');
      await schedules.pauseSchedule({ id, reason: 'stopped by a client of the PiFlow routes' });
      return text('Stop schedule ok!');
    },
    info: async ({ query, signal }) => {
      const id = (query.get('scheduleId') ?? '').trim();
      if (id === '') throw nothingNamed('schedule', '/schedule/info?scheduleId=schedule_...');
      const { schedule } = await schedules.getSchedule({ id }, { signal });
      if (schedule === undefined) throw new SluiceError('INTERNAL', `scheduling gave no schedule for '${id}'`);
      return pretty({ schedule: toScheduleReply(schedule, await runsOf(id, signal), config.time.zone) });
    },
  } satisfies Record<string, DialectHandler>;

  /** The runs that a schedule has started, the first first. */
  async function runsOf(scheduleId: string, signal: AbortSignal): Promise<string[]> {
    const runs: string[] = [];
    let pageToken = '';
    do {
      const wish = { scheduleId, outcomes: [TickOutcome.TICK_OUTCOME_FIRED], dueFrom: undefined, dueBefore: undefined };
      const page = await schedules.listTicks({ ...wish, pageSize: PAGE_SIZE, pageToken }, { signal });
      runs.push(...page.ticks.map((tick) => tick.runId));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    return runs.reverse();
  }
}

function toSpec({ expression, startDate, endDate, name }: Wish, flowId: string, version: number): ScheduleSpec {
  return {
    name,
    description: '',
    project: '',
    labels: {},
    target: {
      type: 'flow',
      reference: flowId,
      versionPolicy: VersionPolicy.VERSION_POLICY_PINNED,
      version,
      parameters: {},
      labels: {},
      engine: '',
      maxAttempts: 0,
      timeout: undefined,
    },
    trigger: {
      $case: 'cron',
      value: { expression, grammar: CronGrammar.CRON_GRAMMAR_QUARTZ, zone: ZONE },
    },
    policies: {
      // PiFlow makes up for nothing that it missed, and lets runs overlap.
      misfire: MisfirePolicy.MISFIRE_POLICY_SKIP,
      misfireAfter: undefined,
      misfireWithin: undefined,
      overlap: OverlapPolicy.OVERLAP_POLICY_ALLOW,
      queueLimit: 0,
      startTime: startDate,
      endTime: endDate,
      jitter: undefined,
      calendars: [],
      maxLateness: undefined,
      pauseAfterFailures: 0,
      pool: '',
      poolSlots: 0,
      priority: 0,
      rateLimit: undefined,
    },
  };
}

function toScheduleReply(schedule: Schedule, runs: readonly string[], zone: string): ScheduleReply {
  const { spec } = schedule;
  const policies = spec?.policies;
  return {
    id: schedule.id,
    cronExpression: spec?.trigger?.$case === 'cron' ? spec.trigger.value.expression : '',
    startDate: plainTime(policies?.startTime),
    endDate: plainTime(policies?.endTime),
    state: schedule.state === ScheduleState.SCHEDULE_STATE_ACTIVE ? 'STARTED' : 'STOPED',
    createTime: schedule.createTime === undefined ? '' : javaDate(schedule.createTime, zone),
    updateTime: schedule.updateTime === undefined ? '' : javaDate(schedule.updateTime, zone),
    entryList: runs.map((scheduleEntryId) => ({ scheduleEntryId, scheduleEntryType: 'Flow' })),
  };
}

function readWish(body: string): Wish {
  const wish = asObject(parse(body));
  const target = asObject(wish['schedule']);
  if (target['group'] !== undefined) {
    throw notYet('Sluice does not run groups of flows yet. Schedule its flows one by one.');
  }
  if (target['flow'] === undefined) throw nothingNamed('flow', '{"expression":"...","schedule":{"flow":{...}}}');
  const expression = typeof wish['expression'] === 'string' ? wish['expression'].trim() : '';
  if (expression === '') throw nothingNamed('time', '"expression":"0 0/5 * * * ?"');
  const name = asObject(target['flow'])['name'];
  return {
    expression,
    startDate: readTime(wish['startDate'], 'startDate'),
    endDate: readTime(wish['endDate'], 'endDate'),
    document: JSON.stringify({ flow: target['flow'] }),
    name: typeof name === 'string' && name.trim() !== '' ? name.trim() : 'a flow of PiFlow',
  };
}

/** A time such as `2026-11-21 08:00:00`; nothing for an empty one. */
function readTime(value: unknown, key: string): Date | undefined {
  const given = typeof value === 'string' ? value.trim() : '';
  if (given === '') return undefined;
  const time = new Date(`${given.replace(' ', 'T')}${OFFSET}`);
  if (/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(given) && !Number.isNaN(time.getTime())) return time;
  throw new SluiceError(
    'REQUEST_INVALID',
    `'${key}' is '${given}'; write it as yyyy-MM-dd HH:mm:ss, or leave it empty`,
  );
}

function plainTime(time: Date | undefined): string {
  if (time === undefined) return '';
  return new Date(time.getTime() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
}

function namedSchedule(body: string): string {
  const id = asObject(parse(body))['scheduleId'];
  return typeof id === 'string' ? id.trim() : '';
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SluiceError('REQUEST_INVALID', `the body is not JSON: ${why}`, { cause });
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
