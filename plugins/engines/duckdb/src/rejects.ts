import type { EngineListener } from '@sluice/plugin-sdk';
import type { Executor } from './executor.js';
import type { RejectedRow } from './formats/source.js';
import type { Keeper } from './keeper.js';
import { quoteLiteral } from './sql/index.js';

/** The columns of refused rows. */
export const REJECT_COLUMNS = [
  { name: 'stop', type: 'string' },
  { name: 'file', type: 'string' },
  { name: 'line', type: 'bigint' },
  { name: 'column', type: 'string' },
  { name: 'reason', type: 'string' },
  { name: 'text', type: 'string' },
] as const;

/** The rows that readers of a run refused, kept in the run's database. */
export class Rejects {
  private made: Promise<string> | undefined;

  constructor(
    private readonly executor: Executor,
    private readonly keeper: Keeper,
    private readonly listener: EngineListener,
  ) {}

  /** Keeps rows that a stop's reader refused, and tells how many. */
  async add(stop: string, rows: readonly RejectedRow[]): Promise<void> {
    if (rows.length === 0) return;
    this.made ??= this.make();
    const table = await this.made;
    await this.executor.connected(async ({ connection }) => {
      const values = rows.map((row) => {
        const column = row.column === null ? 'NULL' : quoteLiteral(row.column);
        const texts = [stop, row.file].map(quoteLiteral).join(', ');
        return `(${texts}, ${row.line}, ${column}, ${quoteLiteral(row.reason)}, ${quoteLiteral(row.text)})`;
      });
      await connection.run(`INSERT INTO ${table} VALUES ${values.join(', ')}`);
    });
    this.listener.rejected(stop, rows.length);
  }

  /** A query that gives them all; undefined when there are none. */
  async query(): Promise<string | undefined> {
    const table = await this.made;
    return table === undefined ? undefined : `SELECT * FROM ${table} ORDER BY stop, file, line`;
  }

  private async make(): Promise<string> {
    const table = await this.keeper.table('rejects');
    const types = 'stop VARCHAR, file VARCHAR, line BIGINT, "column" VARCHAR, reason VARCHAR, text VARCHAR';
    await this.executor.connected(({ connection }) => connection.run(`CREATE TABLE ${table.quoted} (${types})`));
    return table.quoted;
  }
}
