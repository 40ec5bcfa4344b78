import { createHash, randomUUID } from 'node:crypto';
import { SluiceError, type Problem, pageOf, pageSize, readPageToken, type Page } from '@sluice/chassis';
import { flowError, hiddenValues, prepareFlow, readFlow } from '@sluice/flow';
import type { Kernel } from '@sluice/kernel';
import type { FlowFormat } from '@sluice/proto/catalog/v1/flow';
import { type FlowSummary, type FlowVersion, type StoredFlow } from '@sluice/proto/catalog/v1/flow';
import type * as wire from '@sluice/proto/catalog/v1/flow_service';
import type { Flow } from '@sluice/proto/common/v1/flow';
import { inject, injectable, type InjectionToken } from 'tsyringe';
import { KERNEL } from '../stops/stops.service.js';
import { presentNames, writeFlow } from './flow-document.js';
import { hideSecrets, restoreSecrets, withoutSecrets } from './flow-secrets.js';
import { flowDeleted, flowSaved } from './flows.events.js';
import { FLOW_STORE, type FlowChange, type FlowStore } from './flows.store.js';
import { PLATFORM_VALUES, type PlatformValues } from './platform-values.js';

export const FLOWS: InjectionToken<Flows> = Symbol('Flows');

/** How long an idempotency key is remembered. */
const KEY_LIFE_MS = 24 * 3_600_000;
const MAX_GRAPH_CHARACTERS = 8 * 2 ** 20;

/** Flows and their versions. */
@injectable()
export class Flows {
  readonly #store: FlowStore;
  readonly #kernel: Kernel;
  readonly #values: PlatformValues;

  constructor(
    @inject(FLOW_STORE) store: FlowStore,
    @inject(KERNEL) kernel: Kernel,
    @inject(PLATFORM_VALUES) values: PlatformValues,
  ) {
    this.#store = store;
    this.#kernel = kernel;
    this.#values = values;
  }

  async create(request: wire.CreateFlowRequest): Promise<StoredFlow> {
    const flow = checkSaved(request.flow);
    return this.#shown(await this.#once('create', request, (change) => this.#save(change, flow, request.comment)));
  }

  async update(request: wire.UpdateFlowRequest): Promise<StoredFlow> {
    const { id, expectedVersion, comment } = request;
    const given = request.flow;
    const saved = await this.#once('update', request, async (change) => {
      const version = await this.#expect(change, id, expectedVersion);
      const earlier = (await change.find(id))?.flow;
      const flow = checkSaved(given && earlier && restoreSecrets(given, earlier));
      return this.#save(change, flow, comment, { id, version });
    });
    return this.#shown(saved);
  }

  async delete(request: wire.DeleteFlowRequest): Promise<void> {
    const { id, expectedVersion } = request;
    await this.#once('delete', request, async (change) => {
      await this.#expect(change, id, expectedVersion);
      await change.delete(id);
      await change.publish(flowDeleted(id));
      return undefined;
    });
  }

  /** A flow as it is shown. */
  async get(id: string, version: number): Promise<StoredFlow> {
    return this.#shown(await this.resolve(id, version));
  }

  /** A flow with its secrets, for running it. */
  async resolve(id: string, version: number): Promise<StoredFlow> {
    const found = await this.#store.find(id, checkVersion('version', version));
    if (found) return found;
    const newest = await this.#store.newest(id);
    if (newest === undefined) throw notFound(id);
    throw new SluiceError('FLOW_NOT_FOUND', `the flow '${id}' has no version ${version}; its newest is ${newest}`, {
      details: { id, version: String(newest) },
    });
  }

  async list(request: wire.ListFlowsRequest): Promise<Page<FlowSummary>> {
    const { query, labels } = request;
    const size = pageSize(request.pageSize, 50, 500);
    const scope = ['flows', query, Object.entries(labels).sort()];
    const cursor = readPageToken(request.pageToken, scope, ['number', 'string']);
    const after = cursor && { updateTime: cursor[0], id: cursor[1] };
    const rows = await this.#store.list({ query: query.trim(), labels, after, limit: size + 1 });
    return pageOf(rows, size, scope, ({ updateTime, id }) => [updateTime?.getTime() ?? 0, id]);
  }

  async versions(request: wire.ListFlowVersionsRequest): Promise<Page<FlowVersion>> {
    const size = pageSize(request.pageSize, 50, 500);
    const scope = ['versions', request.id];
    const [below = Number.MAX_SAFE_INTEGER] = readPageToken(request.pageToken, scope, ['number']) ?? [];
    const rows = await this.#store.versions(request.id, below, size + 1);
    if (rows.length === 0 && (await this.#store.newest(request.id)) === undefined) throw notFound(request.id);
    return pageOf(rows, size, scope, ({ version }) => [version]);
  }

  /** Every problem that would stop a run now, and the flow as it was understood. */
  async validate(
    source: wire.ValidateFlowRequest['source'],
  ): Promise<{ readonly flow: Flow; readonly problems: readonly Problem[] }> {
    const value = source?.value;
    if (value === undefined) throw new SluiceError('REQUEST_INVALID', 'give the flow, or a document with it');
    const { flow, problems } = typeof value === 'string' ? readFlow(value) : { flow: value, problems: [] };
    const { generation } = this.#kernel;
    // A document that could not be read has no graph to judge.
    const unread = problems.some(({ reason }) => reason !== 'FLOW_INVALID');
    const checked = unread ? [] : await this.#problemsOf(flow);
    return { flow: presentNames(flow, generation), problems: [...problems, ...checked] };
  }

  async import(
    request: wire.ImportFlowRequest,
  ): Promise<{ readonly flow: StoredFlow; readonly problems: readonly Problem[] }> {
    const { flow, problems } = readFlow(request.document);
    if (problems.length > 0) throw flowError(flow.name, problems);
    checkSaved(flow);
    const saved = await this.#once('import', request, (change) => this.#save(change, flow, request.comment));
    return { flow: this.#shown(saved), problems: await this.#problemsOf(saved.flow ?? flow) };
  }

  /** Every problem of a flow as it would run now, with what the platform fills into it. */
  async #problemsOf(flow: Flow): Promise<readonly Problem[]> {
    const { problems } = await prepareFlow(flow, this.#kernel.generation, {}, undefined, this.#values);
    return problems;
  }

  async export(id: string, version: number, format: FlowFormat): Promise<string> {
    const { flow } = await this.resolve(id, version);
    if (!flow) throw new SluiceError('INTERNAL', `version ${version} of the flow '${id}' has no graph`);
    return writeFlow(withoutSecrets(flow, this.#kernel.generation), format);
  }

  #shown(stored: StoredFlow): StoredFlow {
    return { ...stored, flow: stored.flow && hideSecrets(stored.flow, this.#kernel.generation) };
  }

  /** Forgets idempotency keys that have had their day. */
  async forgetRequests(): Promise<void> {
    await this.#store.forgetRequests(Date.now() - KEY_LIFE_MS);
  }

  /** Saves a new flow, or the next version of one; gives it as it is then. */
  async #save(
    change: FlowChange,
    flow: Flow,
    comment: string,
    before: { readonly id: string; readonly version: number } = { id: randomUUID(), version: 0 },
  ): Promise<StoredFlow> {
    await change.save(before.id, before.version + 1, flow, comment, Date.now());
    const saved = await change.find(before.id);
    if (!saved) throw new SluiceError('INTERNAL', `the flow '${before.id}' was saved and is not there`);
    await change.publish(flowSaved(saved));
    return saved;
  }

  /** Locks a flow and gives its version, which must be the one that the caller saw (0: any). */
  async #expect(change: FlowChange, id: string, expected: number): Promise<number> {
    checkVersion('expected_version', expected);
    const head = await change.lock(id);
    if (!head) throw notFound(id);
    const { version, updateTime } = head;
    if (expected === 0 || expected === version) return version;
    const message =
      `the flow '${id}' is at version ${version}, saved at ${updateTime.toISOString()}, and not at version ${expected}; ` +
      `get version ${version}, make the change there and save it with expected_version ${version}`;
    throw new SluiceError('VERSION_CONFLICT', message, { details: { id, version: String(version) } });
  }

  /** Does a request once: the same key with the same request gives the first reply again, for a day. */
  async #once<T extends StoredFlow | undefined>(
    call: string,
    request: { readonly idempotencyKey: string },
    work: (change: FlowChange) => Promise<T>,
  ): Promise<T> {
    const key = request.idempotencyKey;
    if (key === '') return this.#store.change(work);
    if (key.length > 200) throw new SluiceError('REQUEST_INVALID', 'an idempotency_key has at most 200 characters');
    const digest = createHash('sha256').update(call).update(canonical(request)).digest('hex');
    return this.#store.change(async (change) => {
      const known = await change.request(key, Date.now() - KEY_LIFE_MS);
      if (known?.digest === digest) return known.reply as T;
      if (known) {
        const message = `the idempotency_key '${key}' came with another request before; use a new key for each request`;
        throw new SluiceError('IDEMPOTENCY_KEY_REUSED', message, { details: { key } });
      }
      const reply = await work(change);
      await change.remember(key, { digest, reply }, Date.now());
      return reply;
    });
  }
}

/** What every saved flow has, whatever problems it may have when it runs. */
function checkSaved(flow: Flow | undefined): Flow {
  if (!flow) throw new SluiceError('REQUEST_INVALID', 'there is no flow in the request; give one');
  const faults: string[] = [];
  if (flow.name.trim() === '' || flow.name.length > 200) faults.push('the flow needs a name of 1 to 200 characters');
  for (const [label, value] of Object.entries(flow.labels)) {
    if (label === '' || label.length > 100 || value.length > 200) {
      faults.push(`the label '${label.slice(0, 100)}' must have 1 to 100 characters, and its value at most 200`);
    }
  }
  const problems = faults.map((message): Problem => ({ reason: 'FLOW_INVALID', message }));
  problems.push(...hiddenValues(flow));
  if (problems.length > 0) throw flowError(flow.name, problems);
  const { length } = JSON.stringify(flow);
  if (length <= MAX_GRAPH_CHARACTERS) return flow;
  const message = `the flow has ${length} characters as JSON; at most ${MAX_GRAPH_CHARACTERS} are kept`;
  throw new SluiceError('REQUEST_TOO_LARGE', message);
}

function checkVersion(field: string, version: number): number {
  if (version >= 0) return version;
  throw new SluiceError('REQUEST_INVALID', `${field} is ${version}; it must be 0 (for the newest) or more`);
}

function notFound(id: string): SluiceError {
  return new SluiceError('FLOW_NOT_FOUND', `there is no flow '${id}'; ListFlows gives those there are`, {
    details: { id },
  });
}

/** JSON with sorted keys: one text for all requests that say the same. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
