import type { DuckDBConnection } from '@duckdb/node-api';

/**
 * Makes the JavaScript functions that translated queries call known to a DuckDB instance, for all its connections and
 * databases. Once per instance; costs about 2 ms. The functions are loaded here: who only translates needs few of them.
 */
export async function prepareInstance(connection: DuckDBConnection): Promise<void> {
  const [{ FUNCTIONS }, { register }] = await Promise.all([import('./functions.js'), import('./register.js')]);
  for (const native of FUNCTIONS) register(connection, native);
}
