import {
  isDuplicateKey,
  SluiceError,
  type Database,
  type Knex,
  type Outbox,
  type OutgoingEvent,
  type Sealed,
} from '@sluice/chassis';
import { inject, injectable } from 'tsyringe';
import { fromSealedRow, toSealedRow, type SealedRow } from '../sealed-row.js';
import { DATABASE, OUTBOX } from '../tokens.js';

/** A datasource as it is kept. */
export interface DatasourceRecord {
  readonly name: string;
  readonly type: string;
  readonly description: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly secretNames: readonly string[];
  readonly sealed: Sealed | undefined;
  readonly version: number;
  readonly createTime: Date;
  readonly updateTime: Date;
}

interface Row extends SealedRow {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly description: string;
  readonly properties: string;
  readonly secret_names: string;
  readonly version: number;
  readonly create_time: number;
  readonly update_time: number;
}

const TABLE = 'datasource_datasources';

/** The table of datasources. */
@injectable()
export class DatasourceStore {
  constructor(
    @inject(DATABASE) private readonly database: Database,
    @inject(OUTBOX) private readonly outbox: Outbox,
  ) {}

  async find(name: string): Promise<DatasourceRecord | undefined> {
    return read(
      await this.database
        .knex<Row>(TABLE)
        .where({ id: idOf(name) })
        .first(),
    );
  }

  async findAll(names: readonly string[]): Promise<DatasourceRecord[]> {
    const rows = await this.database.knex<Row>(TABLE).whereIn('id', names.map(idOf));
    return rows.map((row) => read(row)).filter((each) => each !== undefined);
  }

  /** Datasources in the order of their names, behind one. */
  async list(after: string, limit: number): Promise<DatasourceRecord[]> {
    const rows = await this.database.knex<Row>(TABLE).where('id', '>', after).orderBy('id').limit(limit);
    return rows.map((row) => read(row)).filter((each) => each !== undefined);
  }

  /** The identifiers of the master keys that secrets are under. */
  async keyIds(): Promise<string[]> {
    const rows = await this.database.knex<Row>(TABLE).whereNotNull('key_id').distinct('key_id');
    return rows.map(({ key_id }) => String(key_id));
  }

  /** Does several things in one transaction, events included. */
  async change<T>(work: (change: DatasourceChange) => Promise<T>): Promise<T> {
    const result = await this.database.transaction((trx) => work(new DatasourceChange(trx, this.outbox)));
    this.outbox.wake();
    return result;
  }
}

/** What can be done to datasources in one transaction. */
export class DatasourceChange {
  constructor(
    private readonly trx: Knex.Transaction,
    private readonly outbox: Outbox,
  ) {}

  /** A datasource that no other transaction changes before this one ends. */
  async lock(name: string): Promise<DatasourceRecord | undefined> {
    return read(
      await this.trx<Row>(TABLE)
        .where({ id: idOf(name) })
        .forUpdate()
        .first(),
    );
  }

  /** @throws DATASOURCE_EXISTS */
  async insert(record: DatasourceRecord): Promise<void> {
    try {
      await this.trx(TABLE).insert({
        id: idOf(record.name),
        ...write(record),
        create_time: record.createTime.getTime(),
      });
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      const message = `there is a datasource '${record.name}' already; change it, or choose another name`;
      throw new SluiceError('DATASOURCE_EXISTS', message, { details: { datasource: record.name } });
    }
  }

  async update(record: DatasourceRecord): Promise<void> {
    await this.trx(TABLE)
      .where({ id: idOf(record.name) })
      .update(write(record));
  }

  async delete(name: string): Promise<void> {
    await this.trx(TABLE)
      .where({ id: idOf(name) })
      .delete();
  }

  async publish(event: OutgoingEvent): Promise<void> {
    await this.outbox.add(this.trx, event);
  }
}

/** The form of a name by which a datasource is found: without regard to case. */
export function idOf(name: string): string {
  return name.trim().toLowerCase();
}

function write(record: DatasourceRecord) {
  return {
    name: record.name,
    type: record.type,
    description: record.description,
    properties: JSON.stringify(record.properties),
    secret_names: JSON.stringify(record.secretNames),
    ...toSealedRow(record.sealed),
    version: record.version,
    update_time: record.updateTime.getTime(),
  };
}

function read(row: Row | undefined): DatasourceRecord | undefined {
  if (row === undefined) return undefined;
  return {
    name: row.name,
    type: row.type,
    description: row.description,
    properties: JSON.parse(row.properties) as Record<string, string>,
    secretNames: JSON.parse(row.secret_names) as string[],
    sealed: fromSealedRow(row),
    version: Number(row.version),
    createTime: new Date(Number(row.create_time)),
    updateTime: new Date(Number(row.update_time)),
  };
}
