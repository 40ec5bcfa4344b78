import { isDuplicateKey, toBytes, type Database, type Knex, type Outbox, type OutgoingEvent } from '@sluice/chassis';
import { StoredFlow, type FlowSummary, type FlowVersion } from '@sluice/proto/catalog/v1/flow';
import { Flow } from '@sluice/proto/common/v1/flow';
import { inject, injectable, type InjectionToken } from 'tsyringe';

export const DATABASE: InjectionToken<Database> = Symbol('Database');
export const OUTBOX: InjectionToken<Outbox> = Symbol('Outbox');
export const FLOW_STORE: InjectionToken<FlowStore> = Symbol('FlowStore');

/** Which flows a list shows, and where it goes on. */
export interface FlowFilter {
  readonly query: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The last flow of the page before. */
  readonly after: { readonly updateTime: number; readonly id: string } | undefined;
  readonly limit: number;
}

/** A request that carried an idempotency key, with its reply. */
export interface KnownRequest {
  readonly digest: string;
  /** Absent for a request whose reply is empty. */
  readonly reply: StoredFlow | undefined;
}

interface FlowRow {
  readonly id: string;
  readonly name: string;
  readonly search_name: string;
  readonly description: string;
  readonly version: number;
  readonly stop_count: number;
  readonly create_time: number;
  readonly update_time: number;
}

interface VersionRow {
  readonly flow_id: string;
  readonly version: number;
  readonly graph: string;
  readonly comment: string;
  readonly create_time: number;
}

interface RequestRow {
  readonly idempotency_key: string;
  readonly digest: string;
  readonly reply: unknown;
  readonly create_time: number;
}

/** The tables of flows. */
@injectable()
export class FlowStore {
  readonly #database: Database;
  readonly #outbox: Outbox;

  constructor(@inject(DATABASE) database: Database, @inject(OUTBOX) outbox: Outbox) {
    this.#database = database;
    this.#outbox = outbox;
  }

  /** A flow at a version, or at its newest (0). */
  async find(id: string, version: number): Promise<StoredFlow | undefined> {
    return findFlow(this.#database.knex, id, version);
  }

  /** The newest version of a flow. */
  async newest(id: string): Promise<number | undefined> {
    const row = await this.#database.knex<FlowRow>('catalog_flows').where({ id }).first('version');
    return row && Number(row.version);
  }

  /** Flows that were saved last, first. */
  async list({ query, labels, after, limit }: FlowFilter): Promise<FlowSummary[]> {
    const { knex } = this.#database;
    const rows = knex<FlowRow>('catalog_flows').orderBy('update_time', 'desc').orderBy('id', 'desc').limit(limit);
    if (after) {
      const { updateTime, id } = after;
      void rows.where('update_time', '<=', updateTime);
      void rows.whereNot((same) => void same.where('update_time', updateTime).where('id', '>=', id));
    }
    if (query !== '') {
      const pattern = `%${searchName(query).replace(/[!%_]/g, '!$&')}%`;
      void rows.whereRaw("search_name like ? escape '!'", [pattern]);
    }
    for (const [label, value] of Object.entries(labels)) {
      void rows.whereIn('id', knex('catalog_flow_labels').where({ label, value }).select('flow_id'));
    }
    const found = await rows;
    const byFlow = await this.#labels(found.map(({ id }) => id));
    return found.map((row) => ({
      id: row.id,
      name: row.name,
      description: row.description,
      version: Number(row.version),
      stopCount: Number(row.stop_count),
      createTime: new Date(Number(row.create_time)),
      updateTime: new Date(Number(row.update_time)),
      labels: byFlow.get(row.id) ?? {},
    }));
  }

  /** The versions of a flow below one, the newest first. */
  async versions(id: string, below: number, limit: number): Promise<FlowVersion[]> {
    const rows = await this.#database
      .knex<VersionRow>('catalog_flow_versions')
      .where('flow_id', id)
      .where('version', '<', below)
      .orderBy('version', 'desc')
      .limit(limit)
      .select('version', 'create_time', 'comment');
    return rows.map(({ version, create_time, comment }) => ({
      version: Number(version),
      createTime: new Date(Number(create_time)),
      comment,
    }));
  }

  /**
   * Does several things in one transaction, events included. When another request with the same idempotency key
   * commits meanwhile, `work` begins again and finds it.
   */
  async change<T>(work: (change: FlowChange) => Promise<T>): Promise<T> {
    const attempt = (): Promise<T> => this.#database.transaction((trx) => work(new FlowChange(trx, this.#outbox)));
    const result = await attempt().catch((error: unknown) => {
      if (isDuplicateKey(error)) return attempt();
      throw error;
    });
    this.#outbox.wake();
    return result;
  }

  /** Forgets requests that are older than a time. */
  async forgetRequests(before: number): Promise<void> {
    await this.#database.knex('catalog_requests').where('create_time', '<', before).delete();
  }

  async #labels(ids: readonly string[]): Promise<Map<string, Record<string, string>>> {
    const byFlow = new Map<string, Record<string, string>>();
    if (ids.length === 0) return byFlow;
    type Row = { readonly flow_id: string; readonly label: string; readonly value: string };
    const rows = await this.#database.knex<Row>('catalog_flow_labels').whereIn('flow_id', [...ids]);
    for (const { flow_id, label, value } of rows) byFlow.set(flow_id, { ...byFlow.get(flow_id), [label]: value });
    return byFlow;
  }
}

/** What can be done to flows in one transaction. */
export class FlowChange {
  readonly #trx: Knex.Transaction;
  readonly #outbox: Outbox;

  constructor(trx: Knex.Transaction, outbox: Outbox) {
    this.#trx = trx;
    this.#outbox = outbox;
  }

  /** The newest version of a flow; no other transaction saves it before this one ends. */
  async lock(id: string): Promise<{ readonly version: number; readonly updateTime: Date } | undefined> {
    const row = await this.#trx<FlowRow>('catalog_flows').where({ id }).forUpdate().first('version', 'update_time');
    return row && { version: Number(row.version), updateTime: new Date(Number(row.update_time)) };
  }

  async find(id: string): Promise<StoredFlow | undefined> {
    return findFlow(this.#trx, id, 0);
  }

  /** Saves a version: the first makes the flow, a later one becomes its newest. */
  async save(id: string, version: number, flow: Flow, comment: string, now: number): Promise<void> {
    const head = {
      name: flow.name,
      search_name: searchName(flow.name),
      description: flow.description,
      version,
      stop_count: flow.stops.length,
      update_time: now,
    };
    if (version === 1) await this.#trx('catalog_flows').insert({ id, ...head, create_time: now });
    else await this.#trx('catalog_flows').where({ id }).update(head);
    const row: VersionRow = { flow_id: id, version, graph: JSON.stringify(flow), comment, create_time: now };
    await this.#trx('catalog_flow_versions').insert(row);
    await this.#trx('catalog_flow_labels').where({ flow_id: id }).delete();
    const labels = Object.entries(flow.labels).map(([label, value]) => ({ flow_id: id, label, value }));
    if (labels.length > 0) await this.#trx('catalog_flow_labels').insert(labels);
  }

  async delete(id: string): Promise<void> {
    await this.#trx('catalog_flow_labels').where({ flow_id: id }).delete();
    await this.#trx('catalog_flow_versions').where({ flow_id: id }).delete();
    await this.#trx('catalog_flows').where({ id }).delete();
  }

  async publish(event: OutgoingEvent): Promise<void> {
    await this.#outbox.add(this.#trx, event);
  }

  /** The request that carried an idempotency key at or after a time. An older one is forgotten. */
  async request(key: string, since: number): Promise<KnownRequest | undefined> {
    const row = await this.#trx<RequestRow>('catalog_requests').where({ idempotency_key: key }).first();
    if (row === undefined) return undefined;
    if (Number(row.create_time) >= since) {
      return { digest: row.digest, reply: row.reply === null ? undefined : StoredFlow.decode(toBytes(row.reply)) };
    }
    await this.#trx('catalog_requests').where({ idempotency_key: key }).delete();
    return undefined;
  }

  /** Keeps a request with its reply. */
  async remember(key: string, { digest, reply }: KnownRequest, now: number): Promise<void> {
    const bytes = reply === undefined ? null : Buffer.from(StoredFlow.encode(reply).finish());
    await this.#trx('catalog_requests').insert({ idempotency_key: key, digest, reply: bytes, create_time: now });
  }
}

async function findFlow(knex: Knex, id: string, version: number): Promise<StoredFlow | undefined> {
  const head = await knex<FlowRow>('catalog_flows').where({ id }).first('version', 'create_time');
  if (!head) return undefined;
  const wanted = version === 0 ? Number(head.version) : version;
  const row = await knex<VersionRow>('catalog_flow_versions').where({ flow_id: id, version: wanted }).first();
  if (!row) return undefined;
  return {
    id,
    version: wanted,
    flow: Flow.fromPartial(JSON.parse(row.graph) as Flow),
    createTime: new Date(Number(head.create_time)),
    updateTime: new Date(Number(row.create_time)),
    comment: row.comment,
  };
}

function searchName(name: string): string {
  return name.toLowerCase();
}
