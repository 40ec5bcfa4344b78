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
const REQUESTS = 'datasource_requests';

/** A request that carried an idempotency key: what it said, sealed, and the record that it led to, without secrets. */
export interface KnownRequest {
  readonly said: Sealed;
  readonly reply: DatasourceRecord;
}

interface RequestRow extends SealedRow {
  readonly idempotency_key: string;
  readonly reply: string;
  readonly create_time: number;
}

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

  /**
   * Does several things in one transaction, events included. When another request with the same idempotency key
   * commits meanwhile, `work` begins again and finds it.
   */
  async change<T>(work: (change: DatasourceChange) => Promise<T>): Promise<T> {
    const attempt = (): Promise<T> => this.database.transaction((trx) => work(new DatasourceChange(trx, this.outbox)));
    const result = await attempt().catch((error: unknown) => {
      if (isDuplicateKey(error)) return attempt();
      throw error;
    });
    this.outbox.wake();
    return result;
  }

  /** Forgets requests that are older than a time. */
  async forgetRequests(before: number): Promise<void> {
    await this.database.knex(REQUESTS).where('create_time', '<', before).delete();
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

  /** The request that carried an idempotency key at or after a time. An older one is forgotten. */
  async request(key: string, since: number): Promise<KnownRequest | undefined> {
    const row = await this.trx<RequestRow>(REQUESTS).where({ idempotency_key: key }).first();
    const said = row && fromSealedRow(row);
    if (row === undefined || said === undefined) return undefined;
    if (Number(row.create_time) < since) {
      await this.forget(key);
      return undefined;
    }
    const reply = JSON.parse(row.reply, (name, value: unknown) =>
      name === 'createTime' || name === 'updateTime' ? new Date(value as string) : value,
    ) as Omit<DatasourceRecord, 'sealed'>;
    return { said, reply: { ...reply, sealed: undefined } };
  }

  async forget(key: string): Promise<void> {
    await this.trx(REQUESTS).where({ idempotency_key: key }).delete();
  }

  /** Keeps a request with its reply. */
  async remember(key: string, { said, reply }: KnownRequest, now: number): Promise<void> {
    const row = { ...toSealedRow(said), reply: JSON.stringify({ ...reply, sealed: undefined }), create_time: now };
    await this.trx(REQUESTS).insert({ idempotency_key: key, ...row });
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
