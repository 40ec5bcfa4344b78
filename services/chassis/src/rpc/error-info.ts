import { ErrorInfo, type Problem as WireProblem } from '@sluice/proto/common/v1/problem';
import { REASONS, SluiceError, type Problem, type Reason } from '../errors.js';

/** HTTP/2 peers refuse more than 64 KiB of headers; base64 adds a third. */
const TRAILER_LIMIT = 32 * 1024;
const VALUE_LIMIT = 2 * 1024;

/** A text of at most `limit` characters, with an ellipsis where it was cut. */
export function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}

function wireProblem(problem: Problem): WireProblem {
  return {
    reason: problem.reason,
    message: problem.message,
    stop: problem.stop ?? '',
    property: problem.property ?? '',
    port: problem.port ?? '',
    line: problem.line ?? 0,
    column: problem.column ?? 0,
  };
}

/** An error as a message; what does not fit a trailer is left out and counted in the detail `problemsOmitted`. */
export function toErrorInfo(error: SluiceError): ErrorInfo {
  const problems = error.problems.map(wireProblem);
  const info: ErrorInfo = {
    reason: error.reason,
    message: cut(error.message, TRAILER_LIMIT / 4),
    details: Object.fromEntries(Object.entries(error.details).map(([name, value]) => [name, cut(value, VALUE_LIMIT)])),
    problems,
  };
  if (ErrorInfo.encode(info).finish().length <= TRAILER_LIMIT) return info;
  let size = ErrorInfo.encode({ ...info, problems: [] }).finish().length;
  const kept = problems.filter((problem) => {
    size += ErrorInfo.encode({ reason: '', message: '', details: {}, problems: [problem] }).finish().length;
    return size < TRAILER_LIMIT - 64;
  });
  const omitted = String(problems.length - kept.length);
  return { ...info, details: { ...info.details, problemsOmitted: omitted }, problems: kept };
}

function isReason(text: string): text is Reason {
  return Object.hasOwn(REASONS, text);
}

function optional<T>(value: T, nothing: T): T | undefined {
  return value === nothing ? undefined : value;
}

/** The error that a message tells of. A reason that this build does not know becomes `fallback`. */
export function fromErrorInfo(info: ErrorInfo, fallback: Reason, cause?: unknown): SluiceError {
  const reason = isReason(info.reason) ? info.reason : undefined;
  return new SluiceError(reason ?? fallback, info.message, {
    details: reason === undefined ? { ...info.details, reason: info.reason } : info.details,
    problems: info.problems.map((problem) => ({
      reason: isReason(problem.reason) ? problem.reason : fallback,
      message: problem.message,
      stop: optional(problem.stop, ''),
      property: optional(problem.property, ''),
      port: optional(problem.port, ''),
      line: optional(problem.line, 0),
      column: optional(problem.column, 0),
    })),
    cause,
  });
}
