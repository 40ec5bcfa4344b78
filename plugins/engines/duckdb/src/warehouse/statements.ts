import type { Dataset } from '@sluice/plugin-sdk';
import type { DuckWarehouse } from './warehouse.js';

/** Runs one statement of Spark SQL over the tables of the warehouse. */
export function runStatement(warehouse: DuckWarehouse, text: string): Promise<Dataset> {
  return warehouse.query(text);
}
