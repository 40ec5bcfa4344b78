import { SluiceError, type Dataset, type SaveMode, type Warehouse, type Written } from '@sluice/plugin-sdk';
import type { Session } from '../session.js';

/** Named tables in the warehouse folder, on behalf of one stop. */
export class DuckWarehouse implements Warehouse {
  constructor(
    private readonly session: Session,
    private readonly stop: string,
  ) {}

  sql(text: string): Promise<Dataset> {
    return Promise.reject(new SluiceError('NOT_IMPLEMENTED', `${this.stop}: ${text} ${this.session.name}`));
  }

  table(name: string): Promise<Dataset> {
    return Promise.reject(new SluiceError('TABLE_NOT_FOUND', name));
  }

  write(_dataset: Dataset, table: string, _options: { readonly mode: SaveMode }): Promise<Written> {
    return Promise.reject(new SluiceError('NOT_IMPLEMENTED', table));
  }
}
