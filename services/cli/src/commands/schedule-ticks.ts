import { TickOutcome, Tick, Verdict } from '@sluice/proto/scheduling/v1/schedule';
import {
  ExplainScheduleResponse,
  ListTicksRequest,
  ListTicksResponse,
  PreviewScheduleResponse,
} from '@sluice/proto/scheduling/v1/schedule_service';
import type { Session } from '../session.js';
import { formatMoment, momentIn, printable } from '../terminal/format.js';
import { table } from '../terminal/table.js';
import { readCount, readTime } from '../values.js';
import { readSpecFile, wordOf } from './schedule-spec.js';
import { outcomeText, schedulesOf } from './schedule.js';

const USUAL = 20;
const LARGEST_PAGE = 500;

/** Shows what a schedule, or a file that would be one, will do next, and why it will not where it will not. */
export async function previewSchedule(
  session: Session,
  options: { readonly from?: string; readonly limit?: string },
  name: string,
): Promise<void> {
  const isFile = name === '-' || /[/\\]|\.json$/i.test(name);
  const subject = isFile
    ? { $case: 'spec' as const, value: await readSpecFile(name) }
    : { $case: 'id' as const, value: name };
  const found = await (
    await schedulesOf(session)
  ).previewSchedule(
    {
      subject,
      after: options.from === undefined ? undefined : readTime('--from', options.from),
      count: options.limit === undefined ? 0 : readCount('--limit', options.limit),
      language: session.language,
    },
    { idempotent: true },
  );
  if (session.json) return session.outJson(PreviewScheduleResponse.toJSON(found));
  const { columns } = session.texts.schedule;
  const titles = [
    { title: columns.due, whole: true },
    ...(found.zone === '' ? [] : [{ title: printable(found.zone), whole: true }]),
    { title: columns.outcome, whole: true },
    { title: columns.reason },
  ];
  const rows = found.ticks.map(({ dueTime, localTime, outcome, reason, message }) => [
    formatMoment(dueTime),
    ...(found.zone === '' ? [] : [localTime]),
    outcome === TickOutcome.TICK_OUTCOME_FIRED
      ? session.texts.schedule.willRun
      : outcomeText(session, { outcome, reason: '', runState: '' }),
    reason === '' ? '' : printable(message),
  ]);
  if (rows.length > 0) session.out(...table(titles, rows, session.width, session.style.dim));
  if (found.endReason !== '') session.err(found.endReason);
}

/** The options of `sluice schedule ticks`. */
export interface TicksOptions {
  readonly outcome?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly limit?: string;
  readonly page?: string;
  readonly all?: boolean;
}

/** Lists ticks with their outcomes, the last due first. */
export async function listTicks(session: Session, options: TicksOptions, id?: string): Promise<void> {
  const { limit, all = false } = options;
  const request = ListTicksRequest.fromPartial({
    scheduleId: id ?? '',
    outcomes: (options.outcome ?? []).map((text) => wordOf('--outcome', 'TICK_OUTCOME', text, TickOutcome)),
    dueFrom: options.since === undefined ? undefined : readTime('--since', options.since),
    dueBefore: options.until === undefined ? undefined : readTime('--until', options.until),
    pageSize: all ? LARGEST_PAGE : limit === undefined ? USUAL : readCount('--limit', limit),
    pageToken: options.page ?? '',
  });
  const client = await schedulesOf(session);
  let found = await client.listTicks(request);
  if (session.json && !all) return session.outJson(ListTicksResponse.toJSON(found));
  const ticks = [...found.ticks];
  while (all && found.nextPageToken !== '') {
    found = await client.listTicks({ ...request, pageToken: found.nextPageToken });
    ticks.push(...found.ticks);
  }
  if (session.json) return ticks.forEach((tick) => session.outJson(Tick.toJSON(tick)));
  if (session.quiet) return session.out(...ticks.map((tick) => tick.key));
  if (ticks.length === 0) return session.err(session.texts.schedule.noTicks);
  const { columns } = session.texts.schedule;
  const titles = [
    ...(id === undefined ? [{ title: columns.id, whole: true }] : []),
    { title: columns.tick, whole: true },
    { title: columns.due, whole: true },
    { title: columns.outcome },
    { title: columns.run, whole: true },
  ];
  const rows = ticks.map((tick) => [
    ...(id === undefined ? [tick.scheduleId] : []),
    tick.key,
    momentIn(session.width, tick.dueTime),
    outcomeText(session, tick),
    tick.runId,
  ]);
  session.out(...table(titles, rows, session.width, session.style.dim));
  if (found.nextPageToken !== '') session.err(session.texts.words.nextPage(found.nextPageToken));
}

/** Says why a schedule did, did not or would run: every rule that was looked at, in order. */
export async function whySchedule(
  session: Session,
  options: { readonly time?: string; readonly tick?: string },
  id: string,
): Promise<void> {
  const found = await (
    await schedulesOf(session)
  ).explainSchedule({
    id,
    time: options.time === undefined ? undefined : readTime('--time', options.time),
    tickKey: options.tick ?? '',
    language: session.language,
  });
  if (session.json) return session.outJson(ExplainScheduleResponse.toJSON(found));
  const { texts, style } = session;
  session.out(printable(found.summary), '');
  const marks: Readonly<Partial<Record<Verdict, string>>> = {
    [Verdict.VERDICT_PASS]: style.good('✓'),
    [Verdict.VERDICT_WAIT]: style.warn('…'),
    [Verdict.VERDICT_STOP]: style.bad('✗'),
  };
  const titles = [{ title: '' }, { title: texts.schedule.columns.rule }, { title: texts.schedule.columns.reason }];
  const rows = found.rules.map(({ rule, verdict, message }) => [marks[verdict] ?? '-', rule, printable(message)]);
  if (rows.length > 0) session.out(...table(titles, rows, session.width, style.dim));
  for (const { time, change, reason } of found.changes) {
    session.out(style.dim(`${formatMoment(time)}  ${change}${reason === '' ? '' : `: ${printable(reason)}`}`));
  }
  if (found.tick?.runId) session.err(texts.follow.seeLogs(found.tick.runId));
}
