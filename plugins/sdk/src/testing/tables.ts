import type { Dataset, Value } from '../dataset.js';
import type { Table } from '../define-stop.js';
import type { Engine } from '../engine.js';

/** The rows of a table as a dataset of an engine. */
export function fromTable(engine: Engine, table: Table): Promise<Dataset> {
  const columns = table.columns.map(([name, type]) => ({ name, type }));
  return engine.fromRows(columns, rowsOf(table));
}

async function* rowsOf(table: Table): AsyncGenerator<readonly Value[]> {
  yield* table.rows;
}

/** All rows of a dataset. */
export async function toTable(dataset: Dataset): Promise<Table> {
  const rows: Value[][] = [];
  for await (const batch of dataset.batches()) {
    for (let row = 0; row < batch.length; row++) rows.push(batch.columns.map((column) => column[row] ?? null));
  }
  return { columns: dataset.columns.map(({ name, type }) => [name, type] as const), rows };
}
