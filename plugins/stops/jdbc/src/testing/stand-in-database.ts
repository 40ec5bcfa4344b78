import { DuckDBInstance, type DuckDBConnection, type DuckDBType } from '@duckdb/node-api';

/** What a statement gave. */
export interface StandInResult {
  readonly names: readonly string[];
  readonly types: readonly DuckDBType[];
  readonly rows: readonly (readonly unknown[])[];
}

/**
 * What lies behind the servers that stand in for databases of which none can be had: a DuckDB in memory. A server makes its
 * SQL of the other database's before it asks.
 */
export class StandInDatabase {
  private constructor(
    private readonly instance: DuckDBInstance,
    readonly connection: DuckDBConnection,
  ) {}

  static async open(): Promise<StandInDatabase> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    const connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
    return new StandInDatabase(instance, connection);
  }

  /** A further session on the same tables. */
  async session(): Promise<StandInDatabase> {
    const connection = await this.instance.connect();
    return new StandInDatabase(this.instance, connection);
  }

  async run(sql: string): Promise<StandInResult> {
    const result = await this.connection.runAndReadAll(sql);
    return { names: result.columnNames(), types: result.columnTypes(), rows: result.getRows() };
  }
}
