import type { ErrorCode, Problem, SluiceError } from '@sluice/chassis';

/** HTTP's status for each code, as Google's mapping has it. */
export const STATUS_OF_CODE: Readonly<Record<ErrorCode, number>> = {
  CANCELLED: 499,
  UNKNOWN: 500,
  INVALID_ARGUMENT: 400,
  DEADLINE_EXCEEDED: 504,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  PERMISSION_DENIED: 403,
  RESOURCE_EXHAUSTED: 429,
  FAILED_PRECONDITION: 400,
  ABORTED: 409,
  OUT_OF_RANGE: 400,
  UNIMPLEMENTED: 501,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  DATA_LOSS: 500,
  UNAUTHENTICATED: 401,
};

/** What every error of the JSON API is: the code and the fields of sluice.common.v1.ErrorInfo. */
export interface ErrorBody {
  readonly error: {
    readonly code: ErrorCode;
    readonly reason: string;
    readonly message: string;
    readonly details: Readonly<Record<string, string>>;
    readonly problems: readonly Problem[];
  };
}

/** The HTTP status of an error. */
export function statusOf({ code, reason, details }: SluiceError): number {
  if (reason === 'REQUEST_TOO_LARGE') return 413;
  if (reason === 'ROUTE_NOT_FOUND' && details['allow'] !== undefined) return 405;
  return STATUS_OF_CODE[code];
}

/** The body of an error. Absent values of problems are left out. */
export function errorBody({ code, reason, message, details, problems }: SluiceError): ErrorBody {
  return { error: { code, reason, message, details, problems } };
}
