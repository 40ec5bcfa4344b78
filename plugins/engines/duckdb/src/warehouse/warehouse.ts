import type { Dataset, SaveMode, Warehouse, Written } from '@sluice/plugin-sdk';
import type { RunContext } from '../run-context.js';
import { runStatement } from './statements.js';
import { Tables } from './tables.js';

/** Named tables in the warehouse folder, on behalf of one stop. */
export class DuckWarehouse implements Warehouse {
  private readonly tables: Tables;

  constructor(context: RunContext, stop: string) {
    this.tables = new Tables(context, stop);
  }

  sql(text: string): Promise<Dataset> {
    return runStatement(this.tables, text);
  }

  async table(name: string): Promise<Dataset> {
    const place = this.tables.nameOf(partsOf(name));
    return this.tables.open(place, await this.tables.catalog.get(place));
  }

  async write(dataset: Dataset, table: string, options: { readonly mode: SaveMode }): Promise<Written> {
    return this.tables.put(dataset, this.tables.nameOf(partsOf(table)), options.mode);
  }
}

/** The parts of a name such as `database.table`, each maybe in backquotes. */
function partsOf(name: string): string[] {
  return name.split('.').map((part) => part.trim().replace(/^`|`$/g, ''));
}
