import { randomUUID } from 'node:crypto';
import { SluiceError, type Client } from '@sluice/chassis';
import { Schedule, ScheduleSpec, Tick, type ScheduleState } from '@sluice/proto/scheduling/v1/schedule';
import {
  ListSchedulesRequest,
  ListSchedulesResponse,
  ScheduleServiceService,
} from '@sluice/proto/scheduling/v1/schedule_service';
import { toContractJson } from '../contract-json.js';
import { readSecrets } from '../secret-input.js';
import type { Session } from '../session.js';
import { formatMoment, momentIn, printable } from '../terminal/format.js';
import { table } from '../terminal/table.js';
import { pad, widthOf } from '../terminal/width.js';
import { readCount, readPairs, readTime } from '../values.js';
import { readSpecFile, withOptions, type SpecOptions } from './schedule-spec.js';

type ScheduleClient = Client<typeof ScheduleServiceService>;

const PACKAGE = 'sluice.scheduling.v1';
const USUAL = 20;
const LARGEST_PAGE = 500;

export async function schedulesOf(session: Session): Promise<ScheduleClient> {
  return (await session.connect()).get(ScheduleServiceService);
}

/** Creates a schedule from a file, from options, or from a file with options over it. */
export async function createSchedule(
  session: Session,
  options: SpecOptions & { readonly paused?: boolean },
  file?: string,
): Promise<void> {
  const base = file === undefined ? ScheduleSpec.create() : await readSpecFile(file);
  const spec = await withHookSecret(session, withOptions(base, options), options);
  const client = await schedulesOf(session);
  const request = { spec, paused: options.paused ?? false, idempotencyKey: randomUUID() };
  tellSchedule(session, (await client.createSchedule(request, { idempotent: true })).schedule, 'saved');
}

/** Changes a schedule: by a file the whole of it, by options only what they say. */
export async function updateSchedule(
  session: Session,
  options: SpecOptions & { readonly expect?: string },
  id: string,
  file?: string,
): Promise<void> {
  const given = file === undefined ? undefined : await readSpecFile(file);
  const client = await schedulesOf(session);
  const { schedule } = await client.getSchedule({ id });
  const changed = withOptions(given ?? schedule?.spec ?? ScheduleSpec.create(), options);
  const spec = await withHookSecret(session, changed, options);
  // What was read is what is changed: somebody else's change in between is not lost.
  const read = file === undefined ? (schedule?.version ?? 0) : 0;
  const expectedVersion = options.expect === undefined ? read : readCount('--expect', options.expect);
  tellSchedule(session, (await client.updateSchedule({ id, spec, expectedVersion })).schedule, 'saved');
}

/** A hook's secret comes from a file, standard input or the terminal: never from an argument, which others can read. */
async function withHookSecret(session: Session, spec: ScheduleSpec, options: SpecOptions): Promise<ScheduleSpec> {
  const { hook, hookSecretFile } = options;
  const source = spec.trigger?.$case === 'event' ? spec.trigger.value.source : undefined;
  if (source?.$case !== 'hook' || (hook !== true && hookSecretFile === undefined)) return spec;
  const asked = hookSecretFile === undefined ? { secret: ['secret'] } : { secretFile: [`secret=${hookSecretFile}`] };
  source.value.secret = (await readSecrets(session, asked))['secret'] ?? '';
  return spec;
}

/** Shows one schedule. */
export async function getSchedule(session: Session, _options: object, id: string): Promise<void> {
  const { schedule } = await (await schedulesOf(session)).getSchedule({ id });
  const found = schedule ?? Schedule.create();
  if (session.json) return session.outJson(scheduleJson(found));
  const { fields, states } = session.texts.schedule;
  const { spec, lastTick } = found;
  const facts: [string, string][] = [
    [fields.id, found.id],
    [fields.name, printable(spec?.name ?? '')],
    [fields.project, printable(spec?.project ?? '')],
    [fields.target, targetText(spec)],
    [fields.due, printable(triggerText(spec))],
    [
      fields.state,
      `${states[stateWord(found.state)] ?? ''}${found.stateReason === '' ? '' : ` (${found.stateReason})`}`,
    ],
    [fields.next, formatMoment(found.nextTime)],
    [fields.last, lastTick === undefined ? '' : `${formatMoment(lastTick.dueTime)} ${outcomeText(session, lastTick)}`],
    [fields.failures, found.failures > 0 ? String(found.failures) : ''],
    [fields.warning, printable(found.warning)],
    [fields.version, String(found.version)],
  ];
  const shown = facts.filter(([, value]) => value !== '');
  const room = Math.max(...shown.map(([name]) => widthOf(name)));
  session.out(...shown.map(([name, value]) => `${session.style.dim(pad(name, room))}  ${value}`));
}

/** The options of `sluice schedule list`. */
export interface ScheduleListOptions {
  readonly search?: string;
  readonly project?: string;
  readonly label?: readonly string[];
  readonly limit?: string;
  readonly page?: string;
  readonly all?: boolean;
}

/** Lists schedules, the newest first. */
export async function listSchedules(session: Session, options: ScheduleListOptions): Promise<void> {
  const { limit, all = false } = options;
  const request = ListSchedulesRequest.fromPartial({
    query: options.search ?? '',
    project: options.project ?? '',
    labels: readPairs('--label', options.label ?? []),
    pageSize: all ? LARGEST_PAGE : limit === undefined ? USUAL : readCount('--limit', limit),
    pageToken: options.page ?? '',
  });
  const client = await schedulesOf(session);
  let found = await client.listSchedules(request);
  if (session.json && !all)
    return session.outJson(toContractJson(`${PACKAGE}.ListSchedulesResponse`, ListSchedulesResponse, found));
  const schedules = [...found.schedules];
  while (all && found.nextPageToken !== '') {
    found = await client.listSchedules({ ...request, pageToken: found.nextPageToken });
    schedules.push(...found.schedules);
  }
  if (session.json) return schedules.forEach((each) => session.outJson(scheduleJson(each)));
  if (session.quiet) return session.out(...schedules.map(({ id }) => id));
  if (schedules.length === 0) return session.err(session.texts.schedule.none);
  const { columns, states } = session.texts.schedule;
  const titles = [
    { title: columns.id, whole: true },
    { title: columns.name },
    { title: columns.due },
    { title: columns.state, whole: true },
    { title: columns.next, whole: true },
    { title: columns.last },
  ];
  const rows = schedules.map((each) => [
    each.id,
    printable(each.spec?.name ?? ''),
    printable(triggerText(each.spec)),
    states[stateWord(each.state)] ?? '',
    momentIn(session.width, each.nextTime),
    each.lastTick === undefined ? '' : outcomeText(session, each.lastTick),
  ]);
  session.out(...table(titles, rows, session.width, session.style.dim));
  if (found.nextPageToken !== '') session.err(session.texts.words.nextPage(found.nextPageToken));
}

/** Deletes a schedule; its runs go on. */
export async function deleteSchedule(session: Session, _options: object, id: string): Promise<void> {
  await (await schedulesOf(session)).deleteSchedule({ id });
  if (session.json) session.outJson({});
  else if (!session.quiet) session.out(session.texts.schedule.deleted(id));
}

/** Skips what is due from now on. */
export async function pauseSchedule(
  session: Session,
  options: { readonly reason?: string },
  id: string,
): Promise<void> {
  const client = await schedulesOf(session);
  const { schedule } = await client.pauseSchedule({ id, reason: options.reason ?? '' }, { idempotent: true });
  tellSchedule(session, schedule, 'paused');
}

/** Lets a paused schedule go on. */
export async function resumeSchedule(session: Session, _options: object, id: string): Promise<void> {
  const { schedule } = await (await schedulesOf(session)).resumeSchedule({ id }, { idempotent: true });
  tellSchedule(session, schedule, 'resumed');
}

/** Makes a tick now. */
export async function triggerSchedule(
  session: Session,
  options: { readonly var?: readonly string[]; readonly time?: string; readonly key?: string },
  id: string,
): Promise<void> {
  const client = await schedulesOf(session);
  const request = {
    id,
    variables: readPairs('--var', options.var ?? []),
    logicalTime: options.time === undefined ? undefined : readTime('--time', options.time),
    idempotencyKey: options.key ?? randomUUID().replaceAll('-', ''),
  };
  const { tick } = await client.triggerSchedule(request, { idempotent: true });
  const made = tick ?? Tick.create();
  if (session.json) return session.outJson(Tick.toJSON(made));
  if (session.quiet) return session.out(made.runId || made.key);
  session.out(`${made.key}  ${outcomeText(session, made)}${made.runId === '' ? '' : `  ${made.runId}`}`);
  session.err(session.texts.schedule.seeWhy(id, made.key));
}

function scheduleJson(schedule: Schedule): unknown {
  return toContractJson(`${PACKAGE}.Schedule`, Schedule, schedule);
}

function tellSchedule(session: Session, schedule: Schedule | undefined, what: 'saved' | 'paused' | 'resumed'): void {
  if (schedule === undefined) throw new SluiceError('INTERNAL', 'scheduling gave no schedule');
  if (session.json) return session.outJson(scheduleJson(schedule));
  if (session.quiet) return session.out(schedule.id);
  const { texts, style } = session;
  session.out(`${style.good('✓')} ${texts.schedule[what](schedule.id, printable(schedule.spec?.name ?? ''))}`);
  const isDue = what !== 'paused' && stateWord(schedule.state) === 'ACTIVE';
  if (isDue && schedule.nextTime !== undefined) session.err(texts.schedule.nextAt(formatMoment(schedule.nextTime)));
  if (schedule.warning !== '')
    session.err(`${session.errorStyle.warn(texts.errors.warning)} ${printable(schedule.warning)}`);
}

/** What became of a tick, with the reason where there is one. */
export function outcomeText({ texts }: Session, tick: Pick<Tick, 'outcome' | 'reason' | 'runState'>): string {
  const word = tick.outcome.replace('TICK_OUTCOME_', '');
  const told = texts.schedule.outcomes[word] ?? word.toLowerCase();
  if (tick.reason !== '') return `${told} (${tick.reason})`;
  const { states } = texts.words;
  const run = tick.runState === 'ACTIVE' ? states['RUNNING'] : states[tick.runState];
  return run === undefined ? told : `${told} (${run})`;
}

function stateWord(state: ScheduleState): string {
  return state.replace('SCHEDULE_STATE_', '');
}

function targetText(spec: ScheduleSpec | undefined): string {
  const { reference = '', version = 0 } = spec?.target ?? {};
  return version > 0 ? `${reference}@${version}` : reference;
}

/** When a schedule is due, in the words of its options. */
function triggerText(spec: ScheduleSpec | undefined): string {
  const trigger = spec?.trigger;
  switch (trigger?.$case) {
    case 'cron':
      return `${trigger.value.expression}${trigger.value.zone === '' ? '' : ` ${trigger.value.zone}`}`;
    case 'interval':
      return `every ${Number(trigger.value.every?.seconds ?? 0n)}s`;
    case 'once':
      return `at ${formatMoment(trigger.value.time)}`;
    case 'dependency':
      return `after ${trigger.value.upstreams.map(({ source }) => source?.value ?? '').join(', ')}`;
    case 'file':
      return `folder ${trigger.value.folder}`;
    case 'event':
      return trigger.value.source?.$case === 'subject' ? `event ${trigger.value.source.value}` : 'hook';
    default:
      return trigger?.$case ?? '';
  }
}
