import type { Database, Knex, Sealed } from '@sluice/chassis';
import { inject, injectable } from 'tsyringe';
import { fromSealedRow, toSealedRow, type SealedRow } from '../sealed-row.js';
import { DATABASE } from '../tokens.js';

/** A variable as it is kept; the value of a secret one is sealed. */
export interface VariableRecord {
  readonly name: string;
  readonly project: string;
  readonly type: string;
  readonly value: string;
  readonly secret: boolean;
  readonly description: string;
  readonly sealed: Sealed | undefined;
  readonly version: number;
  readonly updateTime: Date;
}

interface Row extends SealedRow {
  readonly name: string;
  readonly project: string;
  readonly type: string;
  readonly value: string;
  readonly secret: unknown;
  readonly description: string;
  readonly version: number;
  readonly update_time: number;
}

const TABLE = 'datasource_variables';

/** The table of variables. */
@injectable()
export class VariableStore {
  constructor(@inject(DATABASE) private readonly database: Database) {}

  /** All variables, or those of some projects, in the order of their names. */
  async list(projects?: readonly string[]): Promise<VariableRecord[]> {
    const rows = this.database.knex<Row>(TABLE).orderBy(['name', 'project']);
    return (await (projects === undefined ? rows : rows.whereIn('project', [...projects]))).map(read);
  }

  /** The identifiers of the master keys that secrets are under. */
  async keyIds(): Promise<string[]> {
    const rows = await this.database.knex<Row>(TABLE).whereNotNull('key_id').distinct('key_id');
    return rows.map(({ key_id }) => String(key_id));
  }

  /** Gives what is there to a function and keeps what it makes of it. */
  async save(
    name: string,
    project: string,
    make: (before: VariableRecord | undefined) => VariableRecord,
  ): Promise<VariableRecord> {
    return this.database.transaction(async (trx: Knex.Transaction) => {
      const row = await trx<Row>(TABLE).where({ name, project }).forUpdate().first();
      const record = make(row && read(row));
      const { secret, updateTime, sealed, ...rest } = record;
      const values = { ...rest, secret: secret ? 1 : 0, update_time: updateTime.getTime(), ...toSealedRow(sealed) };
      if (row === undefined) await trx(TABLE).insert(values);
      else await trx(TABLE).where({ name, project }).update(values);
      return record;
    });
  }

  /** Whether there was one. */
  async delete(name: string, project: string): Promise<boolean> {
    return (await this.database.knex(TABLE).where({ name, project }).delete()) > 0;
  }
}

function read(row: Row): VariableRecord {
  return {
    name: row.name,
    project: row.project,
    type: row.type,
    value: row.value,
    secret: Number(row.secret) === 1,
    description: row.description,
    sealed: fromSealedRow(row),
    version: Number(row.version),
    updateTime: new Date(Number(row.update_time)),
  };
}
