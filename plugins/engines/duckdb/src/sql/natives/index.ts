import type { DuckDBConnection } from '@duckdb/node-api';
import { FUNCTIONS } from './functions.js';
import { register } from './register.js';

/**
 * Makes the JavaScript functions that translated queries call known to a DuckDB instance, for all its connections and
 * databases. Once per instance; costs about 2 ms.
 */
export function prepareInstance(connection: DuckDBConnection): Promise<void> {
  for (const native of FUNCTIONS) register(connection, native);
  return Promise.resolve();
}
