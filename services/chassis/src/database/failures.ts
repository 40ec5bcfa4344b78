/** The driver's code of an error, such as `ER_LOCK_DEADLOCK`, `SQLITE_BUSY` or `ECONNREFUSED`; empty when it has none. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'PROTOCOL_CONNECTION_LOST',
  'ER_SERVER_SHUTDOWN',
  'ER_CON_COUNT_ERROR',
]);

/** Whether the database could not be reached, or the connection to it broke. */
export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (CONNECTION_CODES.has(codeOf(error)) || error.name === 'KnexTimeoutError') return true;
  return /closed state|Connection lost|connection is in closed/i.test(error.message);
}

/** Whether the database asks for the transaction to be run again. */
export function isContention(error: unknown): boolean {
  const code = codeOf(error);
  if (code === 'ER_LOCK_DEADLOCK' || code === 'ER_LOCK_WAIT_TIMEOUT' || code === 'ER_CHECKREAD') return true;
  return code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED');
}

/** Whether the disk of the database, or one that is written to, has no room. */
export function isDiskFull(error: unknown): boolean {
  return ['SQLITE_FULL', 'ER_DISK_FULL', 'ER_RECORD_FILE_FULL', 'ENOSPC', 'EDQUOT'].includes(codeOf(error));
}

/** Whether a row could not be written because its key exists already. */
export function isDuplicateKey(error: unknown): boolean {
  const code = codeOf(error);
  if (code === 'ER_DUP_ENTRY' || code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY')
    return true;
  return error instanceof Error && code.startsWith('SQLITE_CONSTRAINT') && /UNIQUE constraint/.test(error.message);
}
