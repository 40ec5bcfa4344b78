import { SluiceError, type Connection, type Dataset, type StopLog, type WriteRowsOptions } from '@sluice/plugin-sdk';

/** Writes a dataset to a table and says in the log what was written. */
export async function writeDataset(
  connection: Connection,
  table: string,
  rows: Dataset,
  options: WriteRowsOptions,
  log: StopLog,
): Promise<void> {
  try {
    if (connection.write === undefined) {
      throw new SluiceError(
        'NOT_IMPLEMENTED',
        'this type of datasource has no tables to write; use the stops of its family',
      );
    }
    const written = await connection.write(table, rows, options);
    log.info(`${written.rows} rows written to the table ${table}`);
    if (!written.atomic) {
      log.warn(
        `the table ${table} has no transactions: had this failed, some rows would be there, and a retry would write them again`,
      );
    }
  } finally {
    await connection.close();
  }
}
