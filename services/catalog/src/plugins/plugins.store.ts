import { isDuplicateKey, type Database, type Knex, type Outbox } from '@sluice/chassis';
import type { PluginManifest } from '@sluice/plugin-sdk';
import type { TrustedKey } from '@sluice/proto/catalog/v1/plugin';
import { inject, injectable, type InjectionToken } from 'tsyringe';
import { DATABASE, OUTBOX } from '../flows/flows.store.js';
import { recordChange } from './changes.store.js';
import {
  FIRST_GENERATION,
  type ChangeRecord,
  type GenerationRecord,
  type Member,
  type NodeRecord,
  type PackageFacts,
  type PackageKind,
  type PluginRecord,
  type RunUse,
} from './plugin-record.js';
import { pluginChanged, type NewChange } from './plugins.events.js';

export const PLUGIN_STORE: InjectionToken<PluginStore> = Symbol('PluginStore');

/** How often a change begins again when others make generations at the same time. */
const ATTEMPTS = 30;

interface PluginRow {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly kind: PackageKind;
  readonly file_name: string;
  readonly size: number | string;
  readonly uploaded_by: string;
  readonly create_time: number | string;
  readonly granted: number | boolean;
  readonly removing: number | boolean;
  readonly quarantine_reason: string;
  readonly quarantine_time: number | string | null;
  readonly facts: string;
  readonly manifest: string;
}

interface GenerationRow {
  readonly number: number | string;
  readonly members: string;
  readonly comment: string;
  readonly actor: string;
  readonly create_time: number | string;
}

/** One version of a flow. */
export interface FlowGraph {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly isNewest: boolean;
  /** The graph as JSON. */
  readonly graph: string;
}

/** The tables of packages and generations. */
@injectable()
export class PluginStore {
  readonly #database: Database;
  readonly #outbox: Outbox;

  constructor(@inject(DATABASE) database: Database, @inject(OUTBOX) outbox: Outbox) {
    this.#database = database;
    this.#outbox = outbox;
  }

  /** Does several things in one transaction, events included; again when another made a generation meanwhile. */
  async change<T>(work: (change: PluginWork) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const result = await this.#database.transaction((trx) => work(new PluginWork(trx, this.#outbox)));
        this.#outbox.wake();
        return result;
      } catch (error) {
        if (!isDuplicateKey(error) || attempt >= ATTEMPTS) throw error;
      }
    }
  }

  /** What can be read without a transaction. */
  get reader(): PluginReader {
    return new PluginReader(this.#database.knex);
  }

  async report(node: NodeRecord): Promise<void> {
    const { name, generation, oldest, seenMs, fault, uses } = node;
    const row = { name, generation, oldest, seen_time: seenMs, fault, uses: JSON.stringify(uses) };
    await this.#database.knex('catalog_plugin_nodes').insert(row).onConflict('name').merge();
  }

  async forgetNodes(where: { readonly name: string } | { readonly before: number }): Promise<void> {
    const query = this.#database.knex('catalog_plugin_nodes');
    if ('name' in where) void query.where({ name: where.name });
    else {
      const last: unknown = await this.#database
        .knex('catalog_plugin_nodes')
        .orderBy('seen_time', 'desc')
        .first('name');
      // What the last one told of runs holds until another node is there.
      void query
        .where('seen_time', '<', where.before)
        .whereNot('name', (last as { name: string } | undefined)?.name ?? '');
    }
    await query.delete();
  }

  /** Counts a crash once; gives how many there were since a time. */
  async crashed(digest: string, runId: string, attempt: number, now: number, since: number): Promise<number> {
    const table = 'catalog_plugin_crashes';
    const { knex } = this.#database;
    await knex(table)
      .insert({ digest, run_id: runId, attempt, crash_time: now })
      .onConflict(['digest', 'run_id', 'attempt'])
      .ignore();
    const [row] = await knex(table).where({ digest }).where('crash_time', '>=', since).count({ count: '*' });
    return Number((row as { count: unknown } | undefined)?.count ?? 0);
  }

  /** Forgets crashes, of a package or before a time. */
  async forgetCrashes(where: { readonly digest: string } | { readonly before: number }): Promise<void> {
    const query = this.#database.knex('catalog_plugin_crashes');
    if ('digest' in where) void query.where({ digest: where.digest });
    else void query.where('crash_time', '<', where.before);
    await query.delete();
  }

  /** Forgets generations before a number, except those from the oldest on that a live run is pinned to. */
  async forgetGenerations(before: number): Promise<void> {
    const { knex } = this.#database;
    const [row] = await knex('catalog_plugin_nodes').where('oldest', '>', 0).min({ oldest: 'oldest' });
    const oldest = Number((row as { oldest: unknown } | undefined)?.oldest ?? 0);
    const limit = oldest === 0 ? before : Math.min(before, oldest);
    await knex('catalog_generations').where('number', '<', limit).delete();
  }

  /** Forgets what was done before a time. */
  async forgetChanges(before: number): Promise<void> {
    await this.#database.knex('catalog_plugin_changes').where('change_time', '<', before).delete();
  }
}

/** What is known of packages and generations. */
export class PluginReader {
  constructor(protected readonly knex: Knex) {}

  async plugin(name: string, version: string): Promise<PluginRecord | undefined> {
    const row = await this.knex<PluginRow>('catalog_plugins').where({ name, version }).first();
    return row && toPlugin(row);
  }

  async pluginByDigest(digest: string): Promise<PluginRecord | undefined> {
    const row = await this.knex<PluginRow>('catalog_plugins').where({ digest }).first();
    return row && toPlugin(row);
  }

  /** All packages, or those of a name, in no order. */
  async plugins(name = ''): Promise<PluginRecord[]> {
    const query = this.knex<PluginRow>('catalog_plugins');
    if (name !== '') void query.where({ name });
    return (await query).map(toPlugin);
  }

  async newest(): Promise<number> {
    const [row] = await this.knex('catalog_generations').max({ number: 'number' });
    return Number((row as { number: unknown } | undefined)?.number ?? 0);
  }

  /** A generation; undefined when it is not kept. */
  async generation(number: number): Promise<GenerationRecord | undefined> {
    if (number === 0) return FIRST_GENERATION;
    const row = await this.knex<GenerationRow>('catalog_generations').where({ number }).first();
    return row && toGeneration(row);
  }

  /** Generations below a number, the newest first. */
  async generations(below: number, limit: number): Promise<GenerationRecord[]> {
    const rows = await this.knex<GenerationRow>('catalog_generations')
      .where('number', '<', below)
      .orderBy('number', 'desc')
      .limit(limit);
    return rows.map((row) => toGeneration(row as GenerationRow));
  }

  async nodes(since: number): Promise<NodeRecord[]> {
    const rows = await this.knex('catalog_plugin_nodes').where('seen_time', '>=', since).orderBy('name');
    return rows.map((row: Record<string, string | number>) => ({
      name: String(row['name']),
      generation: Number(row['generation']),
      oldest: Number(row['oldest']),
      seenMs: Number(row['seen_time']),
      fault: String(row['fault']),
      uses: JSON.parse(String(row['uses'])) as RunUse[],
    }));
  }

  /** Changes below a sequence, the newest first. */
  async changes(plugin: string, below: number, limit: number): Promise<ChangeRecord[]> {
    const query = this.knex('catalog_plugin_changes').where('sequence', '<', below);
    if (plugin !== '') void query.where({ plugin });
    const rows = await query.orderBy('sequence', 'desc').limit(limit);
    return rows.map((row: Record<string, string | number>) => ({
      sequence: Number(row['sequence']),
      timeMs: Number(row['change_time']),
      actor: String(row['actor']),
      peer: String(row['peer']),
      action: String(row['action']),
      plugin: String(row['plugin']),
      version: String(row['version']),
      generation: Number(row['generation']),
      detail: String(row['detail']),
    }));
  }

  async keys(): Promise<TrustedKey[]> {
    const rows = await this.knex('catalog_trusted_keys').orderBy('name');
    return rows.map((row: { name: string; public_key: string; create_time: number | string }) => ({
      name: row.name,
      publicKey: row.public_key,
      createTime: new Date(Number(row.create_time)),
    }));
  }

  /** The graphs of flows that hold one of some texts, the newest versions first. */
  async graphsWith(texts: readonly string[]): Promise<FlowGraph[]> {
    if (texts.length === 0) return [];
    const query = this.knex('catalog_flows as f')
      .join('catalog_flow_versions as v', 'v.flow_id', 'f.id')
      .orderByRaw('case when v.version = f.version then 0 else 1 end, v.version desc')
      .limit(5000)
      .select('f.id as id', 'f.name as name', 'f.version as newest', 'v.version as version', 'v.graph as graph');
    void query.where((any) => {
      for (const text of texts) {
        const pattern = `%${JSON.stringify(text).slice(1, -1).replace(/[!%_]/g, '!$&')}%`;
        void any.orWhereRaw("v.graph like ? escape '!'", [pattern]);
      }
    });
    return (await query).map(({ id, name, newest, version, graph }: Record<string, string | number>) => ({
      id: String(id),
      name: String(name),
      version: Number(version),
      isNewest: Number(version) === Number(newest),
      graph: String(graph),
    }));
  }
}

/** What can be done to packages and generations in one transaction. */
export class PluginWork extends PluginReader {
  readonly #outbox: Outbox;

  constructor(trx: Knex.Transaction, outbox: Outbox) {
    super(trx);
    this.#outbox = outbox;
  }

  async insert(record: PluginRecord): Promise<void> {
    await this.knex('catalog_plugins').insert({
      name: record.name,
      version: record.version,
      digest: record.digest,
      kind: record.kind,
      file_name: record.fileName,
      size: record.size,
      uploaded_by: record.uploadedBy,
      create_time: record.createdMs,
      granted: record.granted,
      removing: record.removing,
      quarantine_reason: record.quarantineReason,
      quarantine_time: record.quarantinedMs ?? null,
      facts: JSON.stringify(record.facts),
      manifest: JSON.stringify(record.manifest),
    });
  }

  async update(
    { name, version }: { readonly name: string; readonly version: string },
    change: Partial<Pick<PluginRecord, 'granted' | 'removing' | 'quarantineReason' | 'quarantinedMs'>>,
  ): Promise<void> {
    const row = {
      ...(change.granted === undefined ? {} : { granted: change.granted }),
      ...(change.removing === undefined ? {} : { removing: change.removing }),
      ...(change.quarantineReason === undefined
        ? {}
        : { quarantine_reason: change.quarantineReason, quarantine_time: change.quarantinedMs ?? null }),
    };
    await this.knex('catalog_plugins').where({ name, version }).update(row);
  }

  async delete({ name, version, digest }: PluginRecord): Promise<void> {
    await this.knex('catalog_plugins').where({ name, version }).delete();
    await this.knex('catalog_package_blocks').where({ digest }).delete();
    await this.knex('catalog_packages').where({ digest }).delete();
  }

  /** The present generation; no other transaction makes the next before this one ends. */
  async lockGeneration(): Promise<GenerationRecord> {
    const row = await this.knex<GenerationRow>('catalog_generations').orderBy('number', 'desc').forUpdate().first();
    return row ? toGeneration(row) : FIRST_GENERATION;
  }

  async insertGeneration({ number, members, comment, actor, createdMs }: GenerationRecord): Promise<void> {
    const row = { number, members: JSON.stringify(members), comment, actor, create_time: createdMs };
    await this.knex('catalog_generations').insert(row);
  }

  /** Keeps what was done, and publishes it. */
  async record(change: NewChange): Promise<void> {
    await recordChange(this.knex as Knex.Transaction, this.#outbox, change, pluginChanged(change));
  }

  async addKey({ name, publicKey, createTime }: TrustedKey): Promise<void> {
    const row = { name, public_key: publicKey, create_time: createTime?.getTime() ?? 0 };
    await this.knex('catalog_trusted_keys').insert(row).onConflict('name').merge();
  }

  async removeKey(name: string): Promise<number> {
    return this.knex('catalog_trusted_keys').where({ name }).delete();
  }
}

function toPlugin(row: PluginRow): PluginRecord {
  return {
    name: row.name,
    version: row.version,
    digest: row.digest,
    kind: row.kind,
    fileName: row.file_name,
    size: Number(row.size),
    uploadedBy: row.uploaded_by,
    createdMs: Number(row.create_time),
    granted: Boolean(row.granted),
    removing: Boolean(row.removing),
    quarantineReason: row.quarantine_reason,
    quarantinedMs: row.quarantine_time === null ? undefined : Number(row.quarantine_time),
    facts: JSON.parse(row.facts) as PackageFacts,
    manifest: JSON.parse(row.manifest) as PluginManifest,
  };
}

function toGeneration(row: GenerationRow): GenerationRecord {
  return {
    number: Number(row.number),
    members: JSON.parse(row.members) as Member[],
    comment: row.comment,
    actor: row.actor,
    createdMs: Number(row.create_time),
  };
}
