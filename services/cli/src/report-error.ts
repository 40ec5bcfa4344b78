import { isSluiceError, type SluiceError } from '@sluice/chassis';
import { DEFAULT_ADDRESS } from './address.js';
import { EXIT } from './exit-codes.js';
import { toJson } from './open-session.js';
import type { Session } from './session.js';
import { printable } from './terminal/format.js';

/** The exit code for what a command threw. */
export function exitCodeOf(thrown: unknown): number {
  if (!isSluiceError(thrown)) return EXIT.fault;
  if (thrown.reason === 'REQUEST_INVALID' || thrown.reason === 'CONFIG_INVALID') return EXIT.usage;
  switch (thrown.code) {
    case 'NOT_FOUND':
      return EXIT.notFound;
    case 'UNAVAILABLE':
    case 'DEADLINE_EXCEEDED':
      return EXIT.unavailable;
    case 'CANCELLED':
      return EXIT.cancelled;
    case 'ABORTED':
    case 'ALREADY_EXISTS':
      return EXIT.conflict;
    case 'INTERNAL':
    case 'DATA_LOSS':
      return EXIT.fault;
    default:
      return EXIT.failed;
  }
}

/** Says what went wrong and what to do, and sets the exit code. */
export function reportError(session: Session, thrown: unknown): void {
  session.exitWith(exitCodeOf(thrown));
  const { errorStyle: style, texts } = session;
  if (!isSluiceError(thrown)) {
    const told = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    if (session.json) session.err(toJson({ error: { code: 'INTERNAL', reason: 'INTERNAL', message: told } }));
    else session.err(`${style.bad(texts.errors.fault)} ${told}`);
    return;
  }
  if (session.json) {
    const { code, reason, message, details, problems } = thrown;
    session.err(toJson({ error: { code, reason, message, details, problems } }));
    return;
  }
  session.err(...errorLines(session, thrown));
}

function errorLines(session: Session, error: SluiceError): string[] {
  const { errorStyle: style, texts } = session;
  // Nothing else is unreachable so often, and then the address and the way to start it are what helps.
  const isPlatform = error.reason === 'SERVICE_UNAVAILABLE' && / cannot be reached /.test(error.message);
  const told = isPlatform ? texts.errors.unreachable(session.url ?? DEFAULT_ADDRESS) : lines(summaryOf(error));
  const head = `${style.bad(texts.errors.error)} ${told} ${style.dim(`[${error.reason}]`)}`;
  // One problem is what the message says already.
  const listed = error.problems.length > 1 ? error.problems : [];
  return [head, ...problemLines(session, listed), ...(isPlatform ? [texts.errors.startIt] : [])];
}

/** The beginning of a message that goes on with its problems, where those are listed below it. */
export function summaryOf({ message, problems }: { message: string; problems: readonly ShownProblem[] }): string {
  const at = problems.length > 1 ? message.indexOf(problems[0]?.message ?? '') : -1;
  return at > 0 ? message.slice(0, at).replace(/[\s:;,]+$/, '') : message;
}

/** What a problem of a flow looks like. */
export interface ShownProblem {
  readonly reason: string;
  readonly message: string;
  readonly stop?: string | undefined;
  readonly property?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

/** Problems, one a line, with the place where each can be mended. */
export function problemLines(session: Session, problems: readonly ShownProblem[]): string[] {
  const { errorStyle: style } = session;
  return problems.map(({ reason, message, stop = '', property = '', line = 0, column = 0 }) => {
    const place = line > 0 ? `:${line}${column > 0 ? `:${column}` : ''}` : '';
    const where = [stop, property].filter((name) => name !== '').join('.') + place;
    return `  ${style.bad('✗')} ${where === '' ? '' : `${style.bold(printable(where))}  `}${lines(message)} ${style.dim(`[${reason}]`)}`;
  });
}

/** A message of several lines keeps them; anything else that could move the cursor is shown. */
function lines(message: string): string {
  return message.split('\n').map(printable).join('\n    ');
}
