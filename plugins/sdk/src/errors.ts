/**
 * The one error class of Sluice, with gRPC's codes and a closed list of reasons.
 *
 * An error may come from another copy of this module (a plugin carries its own), or from another process: recognise
 * it with {@link isSluiceError}, never with `instanceof`.
 */

/** gRPC's sixteen error codes, by name. */
export const ERROR_CODES = [
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Every reason, with the code it comes with. docs/errors.md says what each means; a test compares the two. */
export const REASONS = {
  // flows and their parts
  FLOW_INVALID: 'INVALID_ARGUMENT',
  FLOW_NOT_FOUND: 'NOT_FOUND',
  FLOW_EMPTY: 'INVALID_ARGUMENT',
  FLOW_CYCLE: 'INVALID_ARGUMENT',
  FLOW_UNREADABLE: 'INVALID_ARGUMENT',
  STOP_NAME_INVALID: 'INVALID_ARGUMENT',
  STOP_NAME_DUPLICATE: 'INVALID_ARGUMENT',
  STOP_TYPE_UNKNOWN: 'NOT_FOUND',
  STOP_NOT_FOUND: 'NOT_FOUND',
  PATH_STOP_UNKNOWN: 'INVALID_ARGUMENT',
  PORT_UNKNOWN: 'INVALID_ARGUMENT',
  PORT_TAKEN: 'INVALID_ARGUMENT',
  PORT_MISSING: 'INVALID_ARGUMENT',
  PROPERTY_MISSING: 'INVALID_ARGUMENT',
  PROPERTY_INVALID: 'INVALID_ARGUMENT',
  PROPERTY_UNKNOWN: 'INVALID_ARGUMENT',
  VARIABLE_UNKNOWN: 'INVALID_ARGUMENT',
  ENGINE_UNSUPPORTED: 'FAILED_PRECONDITION',
  // data
  SQL_SYNTAX: 'INVALID_ARGUMENT',
  SQL_UNSUPPORTED: 'UNIMPLEMENTED',
  SQL_STATEMENTS: 'INVALID_ARGUMENT',
  SQL_FORBIDDEN: 'PERMISSION_DENIED',
  SQL_ANALYSIS: 'INVALID_ARGUMENT',
  VIEW_UNKNOWN: 'INVALID_ARGUMENT',
  COLUMN_UNKNOWN: 'INVALID_ARGUMENT',
  COLUMN_AMBIGUOUS: 'INVALID_ARGUMENT',
  SCHEMA_MISMATCH: 'INVALID_ARGUMENT',
  TABLE_NOT_FOUND: 'NOT_FOUND',
  TABLE_EXISTS: 'ALREADY_EXISTS',
  DATA_INVALID: 'INVALID_ARGUMENT',
  INPUT_MISSING: 'FAILED_PRECONDITION',
  // files
  FILE_NOT_FOUND: 'NOT_FOUND',
  FILE_EXISTS: 'ALREADY_EXISTS',
  FILE_FORBIDDEN: 'PERMISSION_DENIED',
  FILE_UNREADABLE: 'FAILED_PRECONDITION',
  FILE_FORMAT: 'INVALID_ARGUMENT',
  ENCODING_INVALID: 'INVALID_ARGUMENT',
  // datasources and variables
  DATASOURCE_NOT_FOUND: 'NOT_FOUND',
  DATASOURCE_EXISTS: 'ALREADY_EXISTS',
  DATASOURCE_IN_USE: 'FAILED_PRECONDITION',
  DATASOURCE_TYPE_UNKNOWN: 'NOT_FOUND',
  VARIABLE_NOT_FOUND: 'NOT_FOUND',
  VARIABLE_EXISTS: 'ALREADY_EXISTS',
  SECRET_UNREADABLE: 'FAILED_PRECONDITION',
  CONNECTION_FAILED: 'UNAVAILABLE',
  ACCESS_REFUSED: 'PERMISSION_DENIED',
  QUERY_FAILED: 'FAILED_PRECONDITION',
  TYPE_UNSUPPORTED: 'UNIMPLEMENTED',
  // running
  RUN_NOT_FOUND: 'NOT_FOUND',
  ROWS_NOT_FOUND: 'NOT_FOUND',
  PREVIEW_WRITES: 'FAILED_PRECONDITION',
  RUN_CANCELLED: 'CANCELLED',
  RUN_TIMEOUT: 'DEADLINE_EXCEEDED',
  RUN_FENCED: 'ABORTED',
  RUNNER_DIED: 'UNAVAILABLE',
  RUNNER_LOST: 'UNAVAILABLE',
  STOP_FAILED: 'UNKNOWN',
  OUT_OF_MEMORY: 'RESOURCE_EXHAUSTED',
  DISK_FULL: 'RESOURCE_EXHAUSTED',
  // schedules
  SCHEDULE_INVALID: 'INVALID_ARGUMENT',
  SCHEDULE_NOT_FOUND: 'NOT_FOUND',
  SCHEDULE_CYCLE: 'INVALID_ARGUMENT',
  SCHEDULE_IN_USE: 'FAILED_PRECONDITION',
  TICK_NOT_FOUND: 'NOT_FOUND',
  CALENDAR_NOT_FOUND: 'NOT_FOUND',
  POOL_NOT_FOUND: 'NOT_FOUND',
  POOL_IN_USE: 'FAILED_PRECONDITION',
  BACKFILL_NOT_FOUND: 'NOT_FOUND',
  EVENT_FORBIDDEN: 'PERMISSION_DENIED',
  EVENTS_TOO_MANY: 'RESOURCE_EXHAUSTED',
  NOTIFICATION_NOT_FOUND: 'NOT_FOUND',
  NOTIFICATION_REFUSED: 'FAILED_PRECONDITION',
  // plugins
  PLUGIN_INVALID: 'INVALID_ARGUMENT',
  PLUGIN_SDK_UNSUPPORTED: 'FAILED_PRECONDITION',
  PLUGIN_NOT_FOUND: 'NOT_FOUND',
  PLUGIN_CONFLICT: 'ALREADY_EXISTS',
  PLUGIN_FAILED: 'FAILED_PRECONDITION',
  PLUGIN_ARCHIVE_INVALID: 'INVALID_ARGUMENT',
  PLUGIN_UNSIGNED: 'PERMISSION_DENIED',
  PLUGIN_NOT_GRANTED: 'PERMISSION_DENIED',
  PLUGIN_IN_USE: 'FAILED_PRECONDITION',
  PLUGIN_UNMOUNTED: 'FAILED_PRECONDITION',
  PLUGIN_QUARANTINED: 'FAILED_PRECONDITION',
  BUNDLE_MISSING: 'FAILED_PRECONDITION',
  PYTHON_UNAVAILABLE: 'FAILED_PRECONDITION',
  GENERATION_NOT_FOUND: 'NOT_FOUND',
  HUB_UNAVAILABLE: 'UNAVAILABLE',
  HUB_REFUSED: 'PERMISSION_DENIED',
  HOST_FAILED: 'UNAVAILABLE',
  // calls
  REQUEST_INVALID: 'INVALID_ARGUMENT',
  REQUEST_TOO_LARGE: 'RESOURCE_EXHAUSTED',
  PAGE_TOKEN_INVALID: 'INVALID_ARGUMENT',
  VERSION_CONFLICT: 'ABORTED',
  IDEMPOTENCY_KEY_REUSED: 'ALREADY_EXISTS',
  ROUTE_NOT_FOUND: 'NOT_FOUND',
  NOT_IMPLEMENTED: 'UNIMPLEMENTED',
  ORIGIN_FORBIDDEN: 'PERMISSION_DENIED',
  DEADLINE_EXCEEDED: 'DEADLINE_EXCEEDED',
  CALL_CANCELLED: 'CANCELLED',
  SERVICE_UNAVAILABLE: 'UNAVAILABLE',
  // platform
  CONFIG_INVALID: 'FAILED_PRECONDITION',
  START_FAILED: 'FAILED_PRECONDITION',
  DATABASE_UNAVAILABLE: 'UNAVAILABLE',
  DATABASE_NEWER: 'FAILED_PRECONDITION',
  BUS_UNAVAILABLE: 'UNAVAILABLE',
  INTERNAL: 'INTERNAL',
} as const satisfies Record<string, ErrorCode>;
export type Reason = keyof typeof REASONS;

/** One of several things that are wrong, with the place where each can be mended. */
export interface Problem {
  readonly reason: Reason;
  /** What is wrong, where, and the remedy. */
  readonly message: string;
  readonly stop?: string | undefined;
  readonly property?: string | undefined;
  readonly port?: string | undefined;
  /** The line in a text value, from 1. */
  readonly line?: number | undefined;
  /** The column in that line, from 1. */
  readonly column?: number | undefined;
}

export interface ErrorOptions {
  /** Named values for programs, such as `{ path: '/x' }`. */
  readonly details?: Readonly<Record<string, string>> | undefined;
  readonly problems?: readonly Problem[] | undefined;
  readonly cause?: unknown;
}

/**
 * An error that says what happened, to what, and the remedy.
 *
 * @example throw new SluiceError('FILE_NOT_FOUND', `no file matches '${path}'; check the property csvPath`);
 */
export class SluiceError extends Error {
  readonly code: ErrorCode;
  readonly reason: Reason;
  readonly details: Readonly<Record<string, string>>;
  readonly problems: readonly Problem[];

  constructor(reason: Reason, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SluiceError';
    this.code = REASONS[reason];
    this.reason = reason;
    this.details = options.details ?? {};
    this.problems = options.problems ?? [];
  }
}

/** Whether a value is an error of Sluice, whichever copy of this module made it. */
export function isSluiceError(value: unknown): value is SluiceError {
  if (!(value instanceof Error)) return false;
  const { code, reason } = value as Partial<SluiceError>;
  return typeof reason === 'string' && reason in REASONS && (ERROR_CODES as readonly unknown[]).includes(code);
}

/** The error itself if it is one of Sluice, else one that wraps it under `reason`. */
export function toSluiceError(value: unknown, reason: Reason = 'INTERNAL'): SluiceError {
  if (isSluiceError(value)) return value;
  const message = value instanceof Error ? value.message : String(value);
  return new SluiceError(reason, message, { cause: value });
}
