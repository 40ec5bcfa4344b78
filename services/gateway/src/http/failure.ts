import { randomBytes } from 'node:crypto';
import { SluiceError, isSluiceError, type Logger } from '@sluice/chassis';
import { BODY_LIMIT_BYTES } from './limits.js';

/** The error behind whatever was thrown while a request was served. What nobody foresaw is logged under an id. */
export function toFailure(thrown: unknown, log: Logger): SluiceError {
  if (isSluiceError(thrown)) {
    if (thrown.code === 'INTERNAL') log.error({ err: thrown }, 'a request failed');
    return thrown;
  }
  const { code, statusCode, message } = describe(thrown);
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return tooLarge(thrown);
  if (code === 'FST_ERR_BAD_URL') {
    return new SluiceError('REQUEST_INVALID', `the path is not encoded as paths are: ${message}`, { cause: thrown });
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new SluiceError('REQUEST_INVALID', `the request cannot be read: ${message}`, { cause: thrown });
  }
  const errorId = randomBytes(6).toString('hex');
  log.error({ err: thrown, errorId }, 'a request failed for a reason nobody foresaw');
  const text = `something went wrong inside the gateway; its log has the cause under ${errorId}`;
  return new SluiceError('INTERNAL', text, { details: { errorId } });
}

function tooLarge(cause: unknown): SluiceError {
  const message = `the body is larger than ${BODY_LIMIT_BYTES / 2 ** 20} MiB; send less, or name a file instead of its content`;
  return new SluiceError('REQUEST_TOO_LARGE', message, { details: { limitBytes: String(BODY_LIMIT_BYTES) }, cause });
}

function describe(thrown: unknown): { code: string | undefined; statusCode: number | undefined; message: string } {
  if (!(thrown instanceof Error)) return { code: undefined, statusCode: undefined, message: String(thrown) };
  const { code, statusCode } = thrown as Error & { code?: unknown; statusCode?: unknown };
  return {
    code: typeof code === 'string' ? code : undefined,
    statusCode: typeof statusCode === 'number' ? statusCode : undefined,
    message: thrown.message,
  };
}

/** Logs that a stream broke off, unless because its reader left, a service went away, or it had no more time. */
export function logBreak(error: unknown, log: Logger): void {
  if (isSluiceError(error) && ['CANCELLED', 'UNAVAILABLE', 'DEADLINE_EXCEEDED'].includes(error.code)) return;
  log.warn({ err: error }, 'a stream broke off');
}
