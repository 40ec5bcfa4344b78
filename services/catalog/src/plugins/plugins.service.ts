import { setTimeout as delay } from 'node:timers/promises';
import { pageOf, pageSize, readPageToken, SluiceError, type Page } from '@sluice/chassis';
import { asksForAny, type Capabilities } from '@sluice/kernel';
import type * as wire from '@sluice/proto/catalog/v1/plugin_service';
import type { PluginUse } from '@sluice/proto/catalog/v1/plugin';
import { chooseBundles } from '@sluice/packages';
import { inject, injectable, type InjectionToken } from 'tsyringe';
import type { Nodes } from './nodes.service.js';
import { NODES } from './nodes.service.js';
import type { ChangeRecord, Doer, GenerationRecord, KeptPlugin, Member, PluginRecord } from './plugin-record.js';
import type { NewChange, PluginAction } from './plugins.events.js';
import { bundlesMissing } from './package-inspector.js';
import { PLUGIN_SET, makeSet, isPlugin, type PluginSet } from './plugin-set.js';
import { PLUGIN_STORE, type PluginReader, type PluginStore, type PluginWork } from './plugins.store.js';
import { findPlugin, inOrder, memberOf, presentGeneration } from './plugin-lookup.js';
import { PLUGIN_USES, type PluginUses } from './plugin-uses.js';
import { readPublicKey } from './signature.js';

export const PLUGINS: InjectionToken<Plugins> = Symbol('Plugins');

/** What a change of the generation is about. */
interface Step {
  readonly action: PluginAction;
  readonly name: string;
  readonly version: string;
  readonly members: readonly Member[];
  readonly comment: string;
  readonly doer: Doer;
}

/** The rules of packages: what is mounted, and what becomes of it. */
@injectable()
export class Plugins {
  readonly #store: PluginStore;
  readonly #set: PluginSet;
  readonly #nodes: Nodes;
  readonly #uses: PluginUses;

  constructor(
    @inject(PLUGIN_STORE) store: PluginStore,
    @inject(PLUGIN_SET) set: PluginSet,
    @inject(NODES) nodes: Nodes,
    @inject(PLUGIN_USES) uses: PluginUses,
  ) {
    this.#store = store;
    this.#set = set;
    this.#nodes = nodes;
    this.#uses = uses;
  }

  async list(request: wire.ListPluginsRequest): Promise<Page<KeptPlugin>> {
    const size = pageSize(request.pageSize, 100, 1000);
    const scope = ['plugins', request.name, request.mounted];
    const after = readPageToken(request.pageToken, scope, ['string', 'string']);
    const { reader } = this.#store;
    const present = await presentGeneration(reader);
    const all = (await reader.plugins(request.name)).map((record) => ({ record, member: memberOf(present, record) }));
    const rows = all
      .filter(({ member }) => !request.mounted || member !== undefined)
      .sort((a, b) => inOrder(a.record, b.record))
      .filter(({ record }) => after === undefined || inOrder(record, { name: after[0], version: after[1] }) > 0);
    return pageOf(rows.slice(0, size + 1), size, scope, ({ record }) => [record.name, record.version]);
  }

  /** A package by version, by range, or the default one. */
  async get(name: string, version: string): Promise<KeptPlugin> {
    const { reader } = this.#store;
    const present = await presentGeneration(reader);
    const record = await findPlugin(reader, name, version, present);
    return { record, member: memberOf(present, record) };
  }

  async mount(
    request: wire.MountPluginRequest,
    doer: Doer,
  ): Promise<{ readonly plugin: KeptPlugin; readonly generation: number }> {
    const { name, keepDefault, grant, win, comment } = request;
    const made = await this.#store.change(async (change) => {
      const present = await change.lockGeneration();
      const record = await findPlugin(change, name, request.version, present);
      const { version, digest } = record;
      checkMountable(record, grant);
      const before = memberOf(present, record);
      const others = present.members.filter((each) => each.digest !== digest);
      const hasDefault = others.some((each) => each.name === name && each.isDefault);
      const isDefault = !keepDefault || !hasDefault;
      // Code of npm packages is imported by name, so that only who names one has it.
      const declaredOnly = record.kind === 'node-package' || (!isPlugin(record) && request.declaredOnly);
      const wins = win || (before?.wins ?? false);
      const member: Member = { name, version, digest, isDefault, wins, declaredOnly };
      const members = [
        ...others.map((each) => (each.name === name && isDefault ? { ...each, isDefault: false } : each)),
        member,
      ];
      if (grant && !record.granted) await change.update(record, { granted: true });
      const isSame = before?.isDefault === isDefault && before.wins === wins;
      if (isSame && (before.declaredOnly ?? false) === declaredOnly) return present.number;
      await this.#checkConflicts(change, record, members);
      return this.#advance(change, present, { action: 'mount', name, version, members, comment, doer });
    });
    await this.#set.refresh();
    return { plugin: await this.get(name, request.version), generation: made };
  }

  async unmount(
    request: wire.UnmountPluginRequest,
    doer: Doer,
  ): Promise<{ readonly generation: number; readonly uses: readonly PluginUse[] }> {
    const { name, safe, comment } = request;
    const uses = await this.#uses.of(name, request.version, safe);
    if (safe && uses.length > 0) throw inUse(name, request.version, uses);
    const generation = await this.#store.change(async (change) => {
      const present = await change.lockGeneration();
      const record = await findPlugin(change, name, request.version, present);
      const before = memberOf(present, record);
      if (before === undefined) return present.number;
      const left = present.members.filter((each) => each.digest !== record.digest);
      // Flows that pin no version get the newest of those that stay.
      const rest = left.filter((each) => each.name === name).sort(inOrder);
      const next = before.isDefault ? rest[0] : undefined;
      const members = left.map((each) => (each === next ? { ...each, isDefault: true } : each));
      const { version } = record;
      return this.#advance(change, present, { action: 'unmount', name, version, members, comment, doer });
    });
    await this.#set.refresh();
    return { generation, uses };
  }

  /** Goes back to the members of an earlier generation, as far as they are still kept and fit. */
  async rollback(to: number | undefined, doer: Doer): Promise<GenerationRecord> {
    const made = await this.#store.change(async (change) => {
      const present = await change.lockGeneration();
      const number = to ?? present.number - 1;
      const wanted = number < 0 || number > present.number ? undefined : await change.generation(number);
      if (wanted === undefined) {
        const message = `there is no generation ${number}; ListGenerations gives those that are kept`;
        throw new SluiceError('GENERATION_NOT_FOUND', message, { details: { generation: String(number) } });
      }
      const kept = new Map((await change.plugins()).map((record) => [record.digest, record]));
      const members = wanted.members.filter(({ digest }) => kept.get(digest)?.removing === false);
      const gone = wanted.members.filter((each) => !members.includes(each));
      const lost = gone.length === 0 ? '' : `, without ${gone.map(titleOf).join(', ')}, removed since`;
      const comment = `back to generation ${number}${lost}`;
      return this.#advance(change, present, { action: 'rollback', name: '', version: '', members, comment, doer });
    });
    await this.#set.refresh();
    return (await this.#store.reader.generation(made)) as GenerationRecord;
  }

  /** Forgets a package, now or as soon as no run needs it any more; says whether it waits. */
  async remove(name: string, wanted: string, doer: Doer): Promise<boolean> {
    const removed = await this.#store.change(async (change) => {
      const present = await change.lockGeneration();
      const record = await findPlugin(change, name, wanted, present);
      const { version } = record;
      if (memberOf(present, record) !== undefined) {
        const message = `'${name}' ${version} is mounted; unmount it first`;
        throw new SluiceError('PLUGIN_IN_USE', message, { details: { plugin: name, version } });
      }
      if (!record.removing) {
        await change.update(record, { removing: true });
        await this.#note(change, { action: 'remove', name, version, comment: '', doer }, present.number);
      }
      return record;
    });
    return !(await this.#nodes.clear(removed));
  }

  async setQuarantine(request: Omit<wire.SetPluginQuarantineRequest, 'actor'>, doer: Doer): Promise<KeptPlugin> {
    const { name, quarantined, reason } = request;
    const why = reason.trim() === '' ? `${doer.actor || 'an operator'} said so` : reason;
    const digest = await this.#store.change(async (change) => {
      const present = await change.lockGeneration();
      const record = await findPlugin(change, name, request.version, present);
      if ((record.quarantineReason !== '') === quarantined) return record.digest;
      const state = quarantined ? { quarantineReason: why, quarantinedMs: Date.now() } : { quarantineReason: '' };
      await change.update(record, { quarantinedMs: undefined, ...state });
      const { version } = record;
      // The same members: a generation is made so that every node hears of it.
      const { members } = present;
      const action = quarantined ? 'quarantine' : 'release';
      await this.#advance(change, present, { action, name, version, members, comment: why, doer });
      return record.digest;
    });
    if (!quarantined) await this.#store.forgetCrashes({ digest });
    await this.#set.refresh();
    return this.get(name, request.version);
  }

  async generations(request: wire.ListGenerationsRequest): Promise<Page<GenerationRecord>> {
    const size = pageSize(request.pageSize, 50, 500);
    const scope = ['generations'];
    const [below = Number.MAX_SAFE_INTEGER] = readPageToken(request.pageToken, scope, ['number']) ?? [];
    return pageOf(await this.#store.reader.generations(below, size + 1), size, scope, ({ number }) => [number]);
  }

  async changes(request: wire.ListPluginChangesRequest): Promise<Page<ChangeRecord>> {
    const size = pageSize(request.pageSize, 50, 500);
    const scope = ['changes', request.plugin];
    const [below = Number.MAX_SAFE_INTEGER] = readPageToken(request.pageToken, scope, ['number']) ?? [];
    const rows = await this.#store.reader.changes(request.plugin, below, size + 1);
    return pageOf(rows, size, scope, ({ sequence }) => [sequence]);
  }

  async addKey(
    { name, publicKey }: wire.AddTrustedKeyRequest,
    doer: Doer,
  ): Promise<{ name: string; publicKey: string; createTime: Date }> {
    if (!/^[\w.@ -]{1,100}$/.test(name))
      throw new SluiceError('REQUEST_INVALID', 'a key needs a name of 1 to 100 letters');
    readPublicKey(publicKey);
    const key = { name, publicKey, createTime: new Date() };
    await this.#store.change(async (change) => {
      await change.addKey(key);
      await change.record({ ...doer, ...this.#about('trust-key'), detail: name });
    });
    return key;
  }

  async removeKey(name: string, doer: Doer): Promise<void> {
    await this.#store.change(async (change) => {
      if ((await change.removeKey(name)) === 0) {
        throw new SluiceError(
          'REQUEST_INVALID',
          `there is no trusted key '${name}'; ListTrustedKeys gives those there are`,
        );
      }
      await change.record({ ...doer, ...this.#about('distrust-key'), detail: name });
    });
  }

  async keys(): Promise<Awaited<ReturnType<PluginReader['keys']>>> {
    return this.#store.reader.keys();
  }

  /** Waits until every live node has a generation, for so long; gives the names of those that have not. */
  async waitFor(generation: number, ms: number): Promise<string[]> {
    const until = Date.now() + ms;
    for (let pause = 5; ; pause = Math.min(pause * 2, 50)) {
      const behind = await this.#nodes.behind(generation);
      if (behind.length === 0 || Date.now() >= until) return behind;
      await delay(pause);
    }
  }

  #about(action: PluginAction): Omit<NewChange, 'actor' | 'peer' | 'detail'> {
    return { timeMs: Date.now(), action, plugin: '', version: '', generation: this.#set.number };
  }

  /** Refuses a package that claims what another one has, unless it was told to win. */
  async #checkConflicts(reader: PluginReader, record: PluginRecord, members: readonly Member[]): Promise<void> {
    const kept = await reader.plugins();
    if (!isPlugin(record)) return checkBundle(record, members, kept);
    const set = makeSet(1, members, kept);
    const { lacking } = chooseBundles(record.facts.bundles ?? {}, set.bundles);
    if (lacking.length > 0) throw bundlesMissing(record.name, record.version, lacking);
    const { refusals } = this.#set.compose(set);
    const own = refusals.find(({ error }) => error.details['plugin'] === record.name);
    if (own === undefined) return;
    const message = `${own.error.message}; or mount it with 'win', so that flows get its stops`;
    throw new SluiceError('PLUGIN_CONFLICT', message, { details: own.error.details });
  }

  async #advance(change: PluginWork, present: GenerationRecord, step: Step): Promise<number> {
    const number = present.number + 1;
    const { members, comment, doer } = step;
    await change.insertGeneration({ number, members, comment, actor: doer.actor, createdMs: Date.now() });
    await this.#note(change, step, number);
    return number;
  }

  async #note(change: PluginWork, step: Omit<Step, 'members'>, generation: number): Promise<void> {
    const { action, name, version, comment, doer } = step;
    await change.record({ ...doer, timeMs: Date.now(), action, plugin: name, version, generation, detail: comment });
  }
}

/** Refuses a bundle that brings what a mounted one has: another version of itself, or the same classes. */
function checkBundle(record: PluginRecord, members: readonly Member[], kept: readonly PluginRecord[]): void {
  const own = members.find(({ digest }) => digest === record.digest);
  if (own?.wins === true) return;
  const others = kept.filter(
    ({ digest, kind }) =>
      digest !== record.digest && kind === record.kind && members.some((each) => each.digest === digest),
  );
  const { name, version } = record;
  for (const other of others) {
    const has = new Set(other.facts.contents);
    const both = record.facts.contents.filter((each) => has.has(each));
    if (other.name !== name && both.length === 0) continue;
    const what = other.name === name ? 'another version of it' : `the same ${both.slice(0, 5).join(', ')}`;
    const message =
      `'${name}' ${version} and '${other.name}' ${other.version}, which is mounted, hold ${what}; ` +
      "unmount one of the two, or mount it with 'win' to accept that";
    throw new SluiceError('PLUGIN_CONFLICT', message, { details: { plugin: name, owner: other.name } });
  }
}

function titleOf({ name, version }: Member): string {
  return `'${name}' ${version}`;
}

function checkMountable(record: PluginRecord, grant: boolean): void {
  const { name, version, quarantineReason, removing, granted, facts } = record;
  const details = { plugin: name, version };
  if (removing)
    throw new SluiceError('PLUGIN_NOT_FOUND', `'${name}' ${version} is being removed; upload it again`, { details });
  if (quarantineReason !== '') {
    const message = `'${name}' ${version} is quarantined: ${quarantineReason}; upload a mended version, or lift the quarantine`;
    throw new SluiceError('PLUGIN_QUARANTINED', message, { details });
  }
  if (granted || grant || !asksForAny(facts.capabilities)) return;
  const wants = describeCapabilities(facts.capabilities);
  const message = `'${name}' ${version} asks for ${wants}; look at it, and mount it with 'grant' if you agree`;
  throw new SluiceError('PLUGIN_NOT_GRANTED', message, { details: { ...details, wants } });
}

/** What a package asks for, in words. */
function describeCapabilities({ network, read, write, processes, native, environment }: Capabilities): string {
  return [
    ...(network.length > 0 ? [`the network (${network.join(', ')})`] : []),
    ...read.map((folder) => `reading ${folder}`),
    ...write.map((folder) => `writing ${folder}`),
    ...(processes ? ['starting processes'] : []),
    ...(native ? ['native code'] : []),
    ...(environment.length > 0 ? [`the variables ${environment.join(', ')}`] : []),
  ].join(', ');
}

function inUse(name: string, version: string, uses: readonly PluginUse[]): SluiceError {
  const shown = uses.slice(0, 5).map((use) => `${use.kind} '${use.name}' (${use.id})`);
  const more = uses.length > shown.length ? ` and ${uses.length - shown.length} more` : '';
  const message = `'${name}' ${version} is used by ${shown.join(', ')}${more}; change them first, or unmount it without 'safe'`;
  return new SluiceError('PLUGIN_IN_USE', message, { details: { plugin: name, version, uses: String(uses.length) } });
}
