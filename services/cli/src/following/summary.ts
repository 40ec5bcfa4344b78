import type { PortCount, Run, StopRun } from '@sluice/proto/execution/v1/run';
import { EXIT } from '../exit-codes.js';
import { problemLines, summaryOf } from '../report-error.js';
import type { Session } from '../session.js';
import { formatBytes, formatCount, formatTime, printable } from '../terminal/format.js';
import { table, type TableColumn } from '../terminal/table.js';
import { stateWord } from './run-model.js';

/** `12 rows`, or `left 12, right 3` for several ports; empty when nothing was counted. */
export function countsText(session: Session, counts: readonly PortCount[]): string {
  const { words } = session.texts;
  const [only] = counts;
  if (only === undefined) return '';
  if (counts.length === 1) return words.rows(formatCount(only.rows), only.rows);
  return counts
    .map(({ port, rows }) => `${port === '' ? words.defaultPort : printable(port)} ${formatCount(rows)}`)
    .join(', ');
}

/** A sign for a state, coloured where colours are wanted. */
export function stateMark({ style }: Session, state: string): string {
  switch (stateWord(state)) {
    case 'SUCCEEDED':
    case 'RESTORED':
      return style.good('✓');
    case 'FAILED':
      return style.bad('✗');
    case 'CANCELLED':
      return style.warn('■');
    case 'SKIPPED':
      return style.dim('–');
    case 'RUNNING':
      return style.accent('●');
    case 'STALLED':
    case 'RETRYING':
      return style.warn('●');
    default:
      return style.dim('·');
  }
}

/** A state in the user's language, coloured. */
export function markState({ style }: Session, shown: string, state: string): string {
  const word = stateWord(state);
  if (word === 'SUCCEEDED' || word === 'RESTORED') return style.good(shown);
  if (word === 'FAILED') return style.bad(shown);
  return word === 'SKIPPED' || word === 'WAITING' ? style.dim(shown) : style.warn(shown);
}

/** What became of a run: its stops as a table, then how it ended, and why. */
export function summaryLines(session: Session, run: Run): string[] {
  return [...stopTable(session, run.stops), ...(run.stops.length > 0 ? [''] : []), ...outcomeLines(session, run)];
}

function stopTable(session: Session, stops: readonly StopRun[]): string[] {
  if (stops.length === 0) return [];
  const { texts, style, width } = session;
  const { columns, states } = texts.words;
  const hasBytes = stops.some((stop) => bytesOf(stop) > 0n);
  const hasRejected = stops.some(({ rejectedRows }) => rejectedRows > 0n);
  const shown: TableColumn[] = [
    { title: columns.stop },
    {
      title: columns.state,
      mark: (padded, cell) =>
        markState(session, padded, Object.keys(states).find((word) => states[word] === cell) ?? cell),
    },
    { title: columns.rowsIn, align: 'right' },
    { title: columns.rowsOut, align: 'right' },
    ...(hasBytes ? [{ title: columns.bytes, align: 'right' } as const] : []),
    ...(hasRejected ? [{ title: columns.rejected, align: 'right' } as const] : []),
    { title: columns.time, align: 'right' },
  ];
  const rows = stops.map((stop) => [
    printable(stop.name),
    states[stateWord(stop.state)] ?? stateWord(stop.state),
    rowsCell(session, stop.inputs),
    rowsCell(session, stop.outputs),
    ...(hasBytes ? [bytesOf(stop) > 0n ? formatBytes(bytesOf(stop)) : ''] : []),
    ...(hasRejected ? [stop.rejectedRows > 0n ? formatCount(stop.rejectedRows) : ''] : []),
    stop.startTime && stop.endTime ? formatTime(stop.endTime.getTime() - stop.startTime.getTime()) : '',
  ]);
  return table(shown, rows, width, style.dim);
}

function rowsCell(session: Session, counts: readonly PortCount[]): string {
  const [only] = counts;
  return counts.length === 1 && only !== undefined ? formatCount(only.rows) : countsText(session, counts);
}

function bytesOf({ inputs, outputs }: StopRun): bigint {
  return [...inputs, ...outputs].reduce((sum, { bytes }) => sum + bytes, 0n);
}

/** How long a run took, from its first stop to its end. */
export function runTime({ createTime, startTime, endTime }: Run): number | undefined {
  const began = startTime ?? createTime;
  return began === undefined || endTime === undefined ? undefined : Math.max(0, endTime.getTime() - began.getTime());
}

function outcomeLines(session: Session, run: Run): string[] {
  const { texts, style } = session;
  const state = stateWord(run.state);
  const took = runTime(run);
  const word = markState(session, texts.words.states[state] ?? state, run.state);
  const head = `${stateMark(session, run.state)} ${style.bold(printable(run.flowName))} ${word}`;
  const time = took === undefined ? '' : ` ${texts.words.in(formatTime(took))}`;
  return [`${head}${time}  ${style.dim(run.id)}`, ...errorLines(session, run)];
}

function errorLines(session: Session, { error, stops, id }: Run): string[] {
  if (error === undefined) return [];
  const { style, texts } = session;
  const failed = stops.find((stop) => stop.error !== undefined);
  const where = failed === undefined ? '' : `${style.bold(printable(failed.name))}: `;
  const message = summaryOf(error).split('\n').map(printable).join('\n    ');
  const problems = error.problems.length > 1 ? problemLines(session, error.problems) : [];
  return [
    `  ${where}${message} ${style.dim(`[${error.reason}]`)}`,
    ...problems,
    `  ${style.dim(texts.follow.seeLogs(id))}`,
  ];
}

/** The exit code for how a run ended. */
export function exitCodeOfRun(run: Run): number {
  switch (stateWord(run.state)) {
    case 'SUCCEEDED':
      return EXIT.ok;
    case 'CANCELLED':
      return EXIT.cancelled;
    default:
      return EXIT.failed;
  }
}
