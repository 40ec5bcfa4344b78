import type { Database, Outbox } from '@sluice/chassis';
import { inject, injectable, type InjectionToken } from 'tsyringe';
import { DATABASE, OUTBOX } from '../flows/flows.store.js';
import { recordChange } from '../plugins/changes.store.js';
import { visibilityChanged } from './stops.events.js';

export const STOP_SETTINGS: InjectionToken<StopSettings> = Symbol('StopSettings');

const GRAPHS_AT_ONCE = 500;

/** What users are not shown. */
export interface HiddenNames {
  readonly stops: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
}

/** The newest version of a flow. */
export interface NewestGraph {
  readonly id: string;
  readonly name: string;
  /** The names of its stops' types, once for each stop. */
  readonly bundles: readonly string[];
}

/** The table of what users are shown of stops, and the flows that use them. */
@injectable()
export class StopSettings {
  readonly #database: Database;
  readonly #outbox: Outbox;

  constructor(@inject(DATABASE) database: Database, @inject(OUTBOX) outbox: Outbox) {
    this.#database = database;
    this.#outbox = outbox;
  }

  async hidden(): Promise<HiddenNames> {
    const rows = (await this.#database
      .knex('catalog_stop_settings')
      .where({ hidden: true })
      .select('kind', 'name')) as {
      readonly kind: string;
      readonly name: string;
    }[];
    const ofKind = (kind: string): Set<string> =>
      new Set(rows.filter((row) => row.kind === kind).map(({ name }) => name));
    return { stops: ofKind('stop'), groups: ofKind('group') };
  }

  /** Hides or shows, and keeps who did it, in one transaction. */
  async set(
    names: { readonly stops: readonly string[]; readonly groups: readonly string[] },
    hidden: boolean,
    who: { readonly actor: string; readonly peer: string; readonly generation: number },
  ): Promise<void> {
    const now = Date.now();
    const row = (kind: string) => (name: string) => ({ kind, name, hidden, actor: who.actor, update_time: now });
    const rows = [...names.stops.map(row('stop')), ...names.groups.map(row('group'))];
    const told = [...names.stops, ...names.groups.map((name) => `group ${name}`)].join(', ');
    await this.#database.transaction(async (trx) => {
      for (const each of rows) await trx('catalog_stop_settings').insert(each).onConflict(['kind', 'name']).merge();
      const change = { ...who, timeMs: now, action: hidden ? 'hide' : 'show', plugin: '', version: '', detail: told };
      await recordChange(trx, this.#outbox, change, visibilityChanged({ ...names, hidden, actor: who.actor }));
    });
    this.#outbox.wake();
  }

  /** The newest graphs of all flows. */
  async *graphs(): AsyncGenerator<NewestGraph> {
    for (let after = ''; ;) {
      const rows = (await this.#database
        .knex('catalog_flows as f')
        .join('catalog_flow_versions as v', (on) => void on.on('v.flow_id', 'f.id').andOn('v.version', 'f.version'))
        .where('f.id', '>', after)
        .orderBy('f.id')
        .limit(GRAPHS_AT_ONCE)
        .select('f.id as id', 'f.name as name', 'v.graph as graph')) as { id: string; name: string; graph: string }[];
      for (const { id, name, graph } of rows) {
        const { stops = [] } = JSON.parse(graph) as { stops?: readonly { readonly bundle: string }[] };
        yield { id, name, bundles: stops.map(({ bundle }) => bundle) };
      }
      const last = rows.at(-1);
      if (last === undefined || rows.length < GRAPHS_AT_ONCE) return;
      after = last.id;
    }
  }
}
