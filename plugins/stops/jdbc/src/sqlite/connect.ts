import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { SluiceError } from '@sluice/plugin-sdk';
import type { FileTarget } from '../target.js';

export type Session = Database.Database;

/** How long a statement waits for another process that writes, in milliseconds. */
const BUSY_MS = 30_000;

/** Opens a database file that is there, or makes one when rows are to be written. */
export function openSession({ path }: FileTarget, make: boolean): Session {
  if (!make && !existsSync(path)) {
    const message = `there is no SQLite file '${path}', step 'connect'; check the path`;
    throw new SluiceError('CONNECTION_FAILED', message, { details: { step: 'connect' } });
  }
  try {
    const session = new Database(path, { timeout: BUSY_MS });
    session.defaultSafeIntegers(true);
    // Any statement finds out whether the file is a database at all.
    session.prepare('SELECT count(*) FROM sqlite_master').get();
    return session;
  } catch (error) {
    const { message } = error as Error;
    throw new SluiceError(
      'CONNECTION_FAILED',
      `the SQLite file '${path}' cannot be opened, step 'connect': ${message}`,
      {
        details: { step: 'connect' },
        cause: error,
      },
    );
  }
}

/** A driver's failure as an error of Sluice. */
export function sqliteError(error: unknown, doing: string): unknown {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  if (typeof code !== 'string' || !code.startsWith('SQLITE')) return error;
  const reason = code.startsWith('SQLITE_FULL') ? 'DISK_FULL' : 'QUERY_FAILED';
  return new SluiceError(reason, `${doing} failed: ${String(message)}`, {
    details: { serverCode: code },
    cause: error,
  });
}

/** A name of a table or column as a word of SQL. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
