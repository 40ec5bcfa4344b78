import { randomUUID } from 'node:crypto';
import type { Client } from '@sluice/chassis';
import {
  Backfill,
  BackfillServiceService,
  BackfillSpec,
  ListBackfillsResponse,
  PlanBackfillResponse,
  type BackfillItem,
} from '@sluice/proto/scheduling/v1/backfill_service';
import type { Session } from '../session.js';
import { formatMoment, momentIn, printable } from '../terminal/format.js';
import { table } from '../terminal/table.js';
import { readCount, readPairs, readTime } from '../values.js';

/** The options of `sluice backfill plan` and `start`. */
export interface BackfillOptions {
  readonly from: string;
  readonly to?: string;
  readonly parallel?: string;
  readonly newestFirst?: boolean;
  readonly again?: boolean;
  readonly withDependents?: boolean;
  readonly continue?: boolean;
  readonly var?: readonly string[];
  readonly yes?: boolean;
}

const USUAL = 20;

async function backfillsOf(session: Session): Promise<Client<typeof BackfillServiceService>> {
  return (await session.connect()).get(BackfillServiceService);
}

function specOf(scheduleId: string, options: BackfillOptions): BackfillSpec {
  return BackfillSpec.fromPartial({
    scheduleId,
    from: readTime('--from', options.from),
    to: options.to === undefined ? new Date() : readTime('--to', options.to),
    parallel: options.parallel === undefined ? 0 : readCount('--parallel', options.parallel),
    newestFirst: options.newestFirst ?? false,
    again: options.again ?? false,
    withDependents: options.withDependents ?? false,
    continueOnFailure: options.continue ?? false,
    variables: readPairs('--var', options.var ?? []),
  });
}

/** Shows what a backfill would run, what exists already, and what depends on it. */
export async function planBackfill(session: Session, options: BackfillOptions, schedule: string): Promise<void> {
  const client = await backfillsOf(session);
  const plan = await client.planBackfill({ spec: specOf(schedule, options) }, { idempotent: true });
  if (session.json) return session.outJson(PlanBackfillResponse.toJSON(plan));
  tellPlan(session, plan);
}

/** Shows the plan, and with `--yes` starts it. */
export async function startBackfill(session: Session, options: BackfillOptions, schedule: string): Promise<void> {
  const client = await backfillsOf(session);
  const spec = specOf(schedule, options);
  if (options.yes !== true || !(session.json || session.quiet)) {
    const plan = await client.planBackfill({ spec }, { idempotent: true });
    if (options.yes !== true && session.json) return session.outJson(PlanBackfillResponse.toJSON(plan));
    tellPlan(session, plan);
    if (options.yes !== true) return session.err(session.texts.backfill.sayYes);
  }
  const { backfill } = await client.createBackfill({ spec, idempotencyKey: randomUUID() }, { idempotent: true });
  const started = backfill ?? Backfill.create();
  if (session.json) return session.outJson(Backfill.toJSON(started));
  if (session.quiet) return session.out(started.id);
  session.out(`${session.style.good('✓')} ${session.texts.backfill.started(started.id)}`);
}

/** Lists backfills, the newest first. */
export async function listBackfills(
  session: Session,
  options: { readonly schedule?: string; readonly limit?: string; readonly page?: string },
): Promise<void> {
  const found = await (
    await backfillsOf(session)
  ).listBackfills({
    scheduleId: options.schedule ?? '',
    pageSize: options.limit === undefined ? USUAL : readCount('--limit', options.limit),
    pageToken: options.page ?? '',
  });
  if (session.json) return session.outJson(ListBackfillsResponse.toJSON(found));
  if (session.quiet) return session.out(...found.backfills.map(({ id }) => id));
  const { texts } = session;
  if (found.backfills.length === 0) return session.err(texts.backfill.none);
  const { columns } = texts.backfill;
  const titles = [
    { title: columns.id, whole: true },
    { title: columns.from, whole: true },
    { title: columns.to, whole: true },
    { title: columns.state, whole: true },
    { title: columns.done, align: 'right' as const },
  ];
  const rows = found.backfills.map(({ id, spec, state, total, succeeded, failed }) => [
    id,
    momentIn(session.width, spec?.from),
    momentIn(session.width, spec?.to),
    wordIn(session, state, 'BACKFILL_STATE_'),
    `${succeeded + failed}/${total}`,
  ]);
  session.out(...table(titles, rows, session.width, session.style.dim));
  if (found.nextPageToken !== '') session.err(texts.words.nextPage(found.nextPageToken));
}

/** Shows one backfill with its runs. */
export async function getBackfill(session: Session, _options: object, id: string): Promise<void> {
  const { backfill } = await (await backfillsOf(session)).getBackfill({ id });
  tellBackfill(session, backfill);
}

/** Starts no further runs of a backfill. */
export async function pauseBackfill(session: Session, _options: object, id: string): Promise<void> {
  tellBackfill(session, (await (await backfillsOf(session)).pauseBackfill({ id }, { idempotent: true })).backfill);
}

/** Goes on with a paused backfill. */
export async function resumeBackfill(session: Session, _options: object, id: string): Promise<void> {
  tellBackfill(session, (await (await backfillsOf(session)).resumeBackfill({ id }, { idempotent: true })).backfill);
}

/** Ends a backfill with its runs. */
export async function cancelBackfill(session: Session, _options: object, id: string): Promise<void> {
  tellBackfill(session, (await (await backfillsOf(session)).cancelBackfill({ id }, { idempotent: true })).backfill);
}

function tellPlan(session: Session, plan: PlanBackfillResponse): void {
  const { backfill } = session.texts;
  if (plan.items.length > 0) session.out(...itemTable(session, plan.items), '');
  session.out(backfill.plan(plan.runs, plan.items.length));
  if (plan.dependents.length === 0) return;
  session.out(backfill.dependents(plan.dependents.map(({ scheduleName }) => printable(scheduleName)).join(', ')));
}

function tellBackfill(session: Session, backfill: Backfill | undefined): void {
  const found = backfill ?? Backfill.create();
  if (session.json) return session.outJson(Backfill.toJSON(found));
  const { id, state, total, succeeded, failed, items } = found;
  if (session.quiet) return session.out(id);
  session.out(`${id}  ${wordIn(session, state, 'BACKFILL_STATE_')}  ${succeeded + failed}/${total}`);
  if (items.length > 0) session.out('', ...itemTable(session, items));
}

function itemTable(session: Session, items: readonly BackfillItem[]): string[] {
  const { columns } = session.texts.backfill;
  const titles = [
    { title: columns.time, whole: true },
    { title: columns.name },
    { title: columns.state, whole: true },
    { title: columns.run, whole: true },
    { title: columns.reason },
  ];
  const rows = items.map(({ logicalTime, scheduleName, state, runId, reason, depth }) => [
    formatMoment(logicalTime),
    `${'  '.repeat(depth)}${printable(scheduleName)}`,
    wordIn(session, state, 'BACKFILL_ITEM_STATE_'),
    runId,
    printable(reason),
  ]);
  return table(titles, rows, session.width, session.style.dim);
}

function wordIn({ texts }: Session, state: string, prefix: string): string {
  const word = state.replace(prefix, '');
  return word === 'PAUSED' ? texts.backfill.paused : (texts.words.states[word] ?? word.toLowerCase());
}
