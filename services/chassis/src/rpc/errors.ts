import { randomBytes } from 'node:crypto';
import { Metadata, status, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import { ErrorInfo, type Problem as WireProblem } from '@sluice/proto/common/v1/problem';
import type { Logger } from 'pino';
import { REASONS, SluiceError, isSluiceError, type ErrorCode, type Problem, type Reason } from '../errors.js';

/** The trailer that carries an ErrorInfo. */
export const ERROR_TRAILER = 'sluice-error-bin';

/** HTTP/2 peers refuse more than 64 KiB of headers; base64 adds a third. */
const TRAILER_LIMIT = 32 * 1024;
const STATUS_TEXT_LIMIT = 2 * 1024;

/** What a status without an ErrorInfo means: it comes from gRPC itself, or from a service that is none of Sluice. */
const REASON_OF_CODE: Readonly<Record<number, Reason>> = {
  [status.CANCELLED]: 'CALL_CANCELLED',
  [status.INVALID_ARGUMENT]: 'REQUEST_INVALID',
  [status.DEADLINE_EXCEEDED]: 'DEADLINE_EXCEEDED',
  [status.NOT_FOUND]: 'ROUTE_NOT_FOUND',
  [status.RESOURCE_EXHAUSTED]: 'REQUEST_TOO_LARGE',
  [status.ABORTED]: 'VERSION_CONFLICT',
  [status.UNIMPLEMENTED]: 'NOT_IMPLEMENTED',
  [status.UNAVAILABLE]: 'SERVICE_UNAVAILABLE',
};

/** The gRPC status code of an error of Sluice. */
export function statusOf(code: ErrorCode): status {
  return status[code];
}

function cut(text: string, limit: number): string {
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
    details: Object.fromEntries(
      Object.entries(error.details).map(([name, value]) => [name, cut(value, STATUS_TEXT_LIMIT)]),
    ),
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

/**
 * The status that a caller gets for what a handler threw. What is no error of Sluice becomes INTERNAL with an id under
 * which the log has it; its message and stack stay here, as they may hold what the caller must not see.
 */
export function toStatus(thrown: unknown, log: Logger, method: string): Partial<StatusObject> {
  let error: SluiceError;
  if (isSluiceError(thrown)) {
    error = thrown;
    if (error.code === 'INTERNAL') log.error({ err: error, method }, 'a call failed');
  } else {
    const errorId = randomBytes(6).toString('hex');
    log.error({ err: thrown, errorId, method }, 'a call failed for a reason nobody foresaw');
    const message = `something went wrong inside the service; its log has the cause under ${errorId}`;
    error = new SluiceError('INTERNAL', message, { details: { errorId } });
  }
  const metadata = new Metadata();
  metadata.set(ERROR_TRAILER, Buffer.from(ErrorInfo.encode(toErrorInfo(error)).finish()));
  return { code: statusOf(error.code), details: cut(error.message, STATUS_TEXT_LIMIT), metadata };
}

function isServiceError(value: unknown): value is ServiceError {
  return value instanceof Error && typeof (value as Partial<ServiceError>).code === 'number' && 'metadata' in value;
}

/** The error that a caller throws for what grpc-js gave it; `target` says whom it called, for the message. */
export function fromStatus(thrown: unknown, target: string): SluiceError {
  if (isSluiceError(thrown)) return thrown;
  if (!isServiceError(thrown)) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    return new SluiceError('INTERNAL', `the call to ${target} failed: ${why}`, { cause: thrown });
  }
  const reason = REASON_OF_CODE[thrown.code] ?? 'INTERNAL';
  const trailer = thrown.metadata.get(ERROR_TRAILER)[0];
  if (Buffer.isBuffer(trailer)) {
    try {
      return fromErrorInfo(ErrorInfo.decode(trailer), reason, thrown);
    } catch {
      // A trailer that does not decode comes from something that is not Sluice; the status alone is then the truth.
    }
  }
  const details = { status: status[thrown.code] ?? String(thrown.code) };
  return new SluiceError(reason, plainMessage(thrown, target), { details, cause: thrown });
}

function plainMessage(error: ServiceError, target: string): string {
  switch (error.code) {
    case status.UNAVAILABLE:
      return `${target} cannot be reached (${error.details}); see that it runs and that its address is right`;
    case status.DEADLINE_EXCEEDED:
      return `${target} did not answer in time (${error.details})`;
    case status.CANCELLED:
      return `the call to ${target} was cancelled`;
    case status.UNIMPLEMENTED:
      return `${target} does not know this call; it may be of another version`;
    case status.RESOURCE_EXHAUSTED:
      return `${target} refused the call: ${error.details}; raise rpc.maxMessageBytes or send less`;
    default:
      return `the call to ${target} failed: ${error.details}`;
  }
}
