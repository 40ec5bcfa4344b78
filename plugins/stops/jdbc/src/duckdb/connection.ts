import { SluiceError, type Connection, type ConnectOptions } from '@sluice/plugin-sdk';
import { connectSql } from '../sql/connection.js';
import type { FileTarget } from '../target.js';
import { DIALECT } from './dialect.js';
import { openSession } from './session.js';

/** A connection to a file of DuckDB. */
export function connectDuckdb({ path }: FileTarget, { signal }: ConnectOptions): Connection {
  signal.throwIfAborted();
  return connectSql({
    dialect: DIALECT,
    signal,
    // Readers share the file with others that read; who writes has it alone.
    open: (forWriting = false) => openSession(path, forWriting),
    tell(error, doing) {
      if (!(error instanceof Error) || error instanceof SluiceError) return error;
      return new SluiceError('QUERY_FAILED', `${doing} failed: ${error.message}`, { cause: error });
    },
  });
}
