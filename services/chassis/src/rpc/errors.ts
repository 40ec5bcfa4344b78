import { randomBytes } from 'node:crypto';
import { Metadata, status, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import { ErrorInfo } from '@sluice/proto/common/v1/problem';
import type { Logger } from 'pino';
import { SluiceError, isSluiceError, type ErrorCode, type Reason } from '../errors.js';
import { cut, fromErrorInfo, toErrorInfo } from './error-info.js';

/** The trailer that carries an ErrorInfo. */
export const ERROR_TRAILER = 'sluice-error-bin';

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
  // A connection that the other side ended takes its calls along: nothing is wrong with the call itself.
  if (thrown.code === status.INTERNAL && /Session closed|GOAWAY/.test(thrown.details)) {
    const message = `the connection to ${target} was closed (${thrown.details}); call again`;
    return new SluiceError('SERVICE_UNAVAILABLE', message, { details, cause: thrown });
  }
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
