import { Run } from '@sluice/proto/execution/v1/run';
import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { stateWord } from '../following/run-model.js';
import { summaryLines } from '../following/summary.js';
import type { Session } from '../session.js';
import { formatMoment, printable } from '../terminal/format.js';
import { pad, widthOf } from '../terminal/width.js';
import { follow } from './follow-run.js';

async function getRun(session: Session, id: string): Promise<Run> {
  const client = (await session.connect()).get(RunServiceService);
  return (await client.getRun({ id })).run ?? Run.create();
}

/** Shows one run with its stops. */
export async function showRun(session: Session, _options: object, id: string): Promise<void> {
  const run = await getRun(session, id);
  if (session.json) return session.outJson(Run.toJSON(run));
  const { fields } = session.texts.runs;
  const flow = run.flow?.id === undefined || run.flow.id === '' ? '' : ` (${run.flow.id}@${run.flow.version})`;
  const labels = Object.entries(run.labels).map(([name, value]) => `${printable(name)}=${printable(value)}`);
  const facts: [string, string][] = [
    [fields.flow, `${printable(run.flowName)}${flow}`],
    [fields.engine, run.engine],
    [fields.mode, run.mode === 'RUN_MODE_DEBUG' ? 'DEBUG' : ''],
    [fields.attempt, run.attempt > 1 ? String(run.attempt) : ''],
    [fields.pool, printable(run.pool)],
    [fields.waitingFor, printable(run.waitingFor)],
    [fields.labels, labels.join(', ')],
    [fields.created, formatMoment(run.createTime)],
    [fields.ended, formatMoment(run.endTime)],
    [fields.node, run.node],
  ];
  const shown = facts.filter(([, value]) => value !== '');
  const room = Math.max(...shown.map(([name]) => widthOf(name)));
  session.out(...shown.map(([name, value]) => `${session.style.dim(pad(name, room))}  ${value}`), '');
  session.out(...summaryLines(session, run));
}

/** Follows a run that was started before. */
export async function watchRun(session: Session, _options: object, id: string): Promise<void> {
  const connection = await session.connect();
  const { run } = await connection.get(RunServiceService).getRun({ id });
  await follow(session, connection, run ?? Run.create(), false);
}

/** Asks a run to end. */
export async function cancelRun(session: Session, options: { readonly reason?: string }, id: string): Promise<void> {
  const client = (await session.connect()).get(RunServiceService);
  const { run } = await client.cancelRun({ id, reason: options.reason ?? '' }, { idempotent: true });
  if (session.json) return session.outJson(Run.toJSON(run ?? Run.create()));
  if (session.quiet || run === undefined) return;
  const word = stateWord(run.state);
  const ended = run.endTime !== undefined;
  const { texts } = session;
  session.out(ended ? texts.runs.endedAlready(id, texts.words.states[word] ?? word) : texts.runs.cancelAsked(id));
}
