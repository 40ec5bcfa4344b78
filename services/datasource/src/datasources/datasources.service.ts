import {
  isSluiceError,
  pageOf,
  pageSize,
  readPageToken,
  SluiceError,
  type Page,
  type Problem,
  type Vault,
} from '@sluice/chassis';
import type { Generation, MountedDatasource } from '@sluice/kernel';
import { didYouMean, readProperties } from '@sluice/plugin-sdk';
import type { DatasourceType } from '@sluice/proto/datasource/v1/datasource';
import type * as wire from '@sluice/proto/datasource/v1/datasource_service';
import { inject, injectable } from 'tsyringe';
import { VAULT } from '../tokens.js';
import { describeType, OTHER } from './datasource-type.js';
import { DatasourceTypes, type TypeCode } from './datasource-types.js';
import { datasourceDeleted, datasourceSaved } from './datasources.events.js';
import { DatasourceStore, idOf, type DatasourceChange, type DatasourceRecord } from './datasources.store.js';
import { DatasourceUsage } from './usage.js';

const MOST_CHARACTERS = 100_000;
/** How long an idempotency key is remembered. */
const KEY_LIFE_MS = 24 * 3_600_000;
/** Names of free properties that are secret whether or not they are said to be. */
const SECRET_NAME = /pass|pwd|secret|token|credential|(^|[_-])key$|apikey|accesskey/i;

/** The rules of datasources: what is accepted, what is secret, and who gets it. */
@injectable()
export class Datasources {
  constructor(
    @inject(DatasourceStore) private readonly store: DatasourceStore,
    @inject(DatasourceTypes) private readonly mounted: DatasourceTypes,
    @inject(VAULT) private readonly vault: Vault,
    @inject(DatasourceUsage) private readonly usage: DatasourceUsage,
  ) {}

  async types(): Promise<DatasourceType[]> {
    const { datasources } = await this.mounted.present();
    const types = [...datasources.map(describeType), OTHER];
    return types.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async create(request: wire.CreateDatasourceRequest): Promise<DatasourceRecord> {
    const name = checkName(request.name);
    const type = this.typeOf(request.type, await this.mounted.present());
    const secretNames = new Set(request.secretNames);
    const sorted = this.sort(type, request.properties, (each) => secretNames.has(each) || SECRET_NAME.test(each));
    this.check(type, { ...sorted.plain, ...sorted.secret });
    const now = new Date();
    const record: DatasourceRecord = {
      name,
      type: type?.manifest.name ?? OTHER.name,
      description: request.description,
      properties: sorted.plain,
      ...this.seal(name, sorted.secret),
      version: 1,
      createTime: now,
      updateTime: now,
    };
    return this.once('create', request, async (change) => {
      await change.insert(record);
      await change.publish(datasourceSaved(record));
      return record;
    });
  }

  async update(request: wire.UpdateDatasourceRequest): Promise<DatasourceRecord> {
    // Asked before: the catalog may use the database that the change holds.
    const generation = await this.mounted.present();
    return this.once('update', request, async (change) => {
      const before = await change.lock(request.name);
      if (before === undefined) throw notFound(request.name);
      if (request.expectedVersion !== 0 && request.expectedVersion !== before.version) throw conflict(before, request);
      const type = this.typeOf(before.type, generation);
      const known = new Set(before.secretNames);
      const sorted = this.sort(type, request.properties, (each) => known.has(each) || SECRET_NAME.test(each));
      const cleared = new Set(request.cleared);
      const kept = ([name]: readonly [string, unknown]): boolean => !cleared.has(name);
      const plain = Object.fromEntries(Object.entries({ ...before.properties, ...sorted.plain }).filter(kept));
      const secret = Object.fromEntries(Object.entries({ ...this.open(before), ...sorted.secret }).filter(kept));
      this.check(type, { ...plain, ...secret });
      const record: DatasourceRecord = {
        ...before,
        description: request.description ?? before.description,
        properties: plain,
        ...this.seal(before.name, secret),
        version: before.version + 1,
        updateTime: new Date(),
      };
      await change.update(record);
      await change.publish(datasourceSaved(record));
      return record;
    });
  }

  /** Does a request once: the same key with the same request gives the first reply again, for a day. */
  private async once(
    call: string,
    request: { readonly idempotencyKey: string },
    work: (change: DatasourceChange) => Promise<DatasourceRecord>,
  ): Promise<DatasourceRecord> {
    const key = request.idempotencyKey;
    if (key === '') return this.store.change(work);
    if (key.length > 200) throw new SluiceError('REQUEST_INVALID', 'an idempotency_key has at most 200 characters');
    const said = canonical([call, request]);
    const scope = `datasource-request:${key}`;
    const attempt = (): Promise<DatasourceRecord> =>
      this.store.change(async (change) => {
        const known = await change.request(key, Date.now() - KEY_LIFE_MS);
        // What was said under a master key that is gone cannot be compared any more.
        if (known !== undefined && this.vault.knows(known.said.keyId)) {
          if (this.vault.open(scope, known.said)['said'] === said) return known.reply;
          const message = `the idempotency_key '${key}' came with another request before; use a new key for each request`;
          throw new SluiceError('IDEMPOTENCY_KEY_REUSED', message, { details: { key } });
        }
        if (known !== undefined) await change.forget(key);
        const reply = await work(change);
        await change.remember(key, { said: this.vault.seal(scope, { said }), reply }, Date.now());
        return reply;
      });
    // Of two at once the second may meet what the first has just made: then it finds the first's reply.
    return attempt().catch((error: unknown) => {
      if (isSluiceError(error) && error.reason === 'DATASOURCE_EXISTS') return attempt();
      throw error;
    });
  }

  /** Forgets idempotency keys that have had their day. */
  async forgetRequests(): Promise<void> {
    await this.store.forgetRequests(Date.now() - KEY_LIFE_MS);
  }

  async get(name: string): Promise<DatasourceRecord> {
    const found = await this.store.find(name);
    if (found === undefined) throw notFound(name);
    return found;
  }

  async list(request: wire.ListDatasourcesRequest): Promise<Page<DatasourceRecord>> {
    const size = pageSize(request.pageSize, 50, 500);
    const scope = ['datasources'];
    const [after = ''] = readPageToken(request.pageToken, scope, ['string']) ?? [];
    return pageOf(await this.store.list(after, size + 1), size, scope, ({ name }) => [idOf(name)]);
  }

  async delete({ name, force }: wire.DeleteDatasourceRequest): Promise<void> {
    const found = await this.get(name);
    if (!force) {
      const uses = await this.usage.of(found.name);
      if (uses.length > 0) {
        const shown = uses.slice(0, 5).map(({ flowName, stops }) => `'${flowName}' (${stops.join(', ')})`);
        const more = uses.length > shown.length ? ` and ${uses.length - shown.length} more` : '';
        const message = `the datasource '${found.name}' is used by ${shown.join(', ')}${more}; unbind them, or force it`;
        throw new SluiceError('DATASOURCE_IN_USE', message, {
          details: { flows: uses.map((each) => each.flowId).join(',') },
        });
      }
    }
    await this.store.change(async (change) => {
      await change.delete(name);
      await change.publish(datasourceDeleted(found.name));
    });
  }

  /** Those of the names that there are, with the defaults of their types. */
  async resolve(names: readonly string[]): Promise<DatasourceRecord[]> {
    const found = await this.store.findAll(names);
    return Promise.all(found.map(async (record) => ({ ...record, properties: await this.withDefaults(record) })));
  }

  /** A datasource with its secrets, for the process that connects. */
  async unsealed(
    name: string,
  ): Promise<{ type: string; code: TypeCode; values: Record<string, string>; secrets: string[] }> {
    const record = await this.get(name);
    const type = this.typeOf(record.type, await this.mounted.present());
    if (type === undefined) {
      const message = `the datasource '${record.name}' has free properties, and nothing knows how to connect to it`;
      throw new SluiceError('NOT_IMPLEMENTED', message);
    }
    const secrets = this.open(record);
    const code = await this.mounted.codeOf(type);
    return {
      type: type.manifest.name,
      code,
      values: { ...record.properties, ...secrets },
      secrets: Object.values(secrets),
    };
  }

  /** Puts every secret under a new data key and the present master key; gives how many datasources had some. */
  async rotate(): Promise<number> {
    let count = 0;
    for (let after = ''; ;) {
      const page = await this.store.list(after, 100);
      for (const { name } of page) {
        await this.store.change(async (change) => {
          const record = await change.lock(name);
          if (record?.sealed === undefined) return;
          await change.update({ ...record, ...this.seal(record.name, this.open(record)) });
          count++;
        });
      }
      const last = page.at(-1);
      if (last === undefined) return count;
      after = idOf(last.name);
    }
  }

  private async withDefaults(record: DatasourceRecord): Promise<Record<string, string>> {
    const { properties = {} } = (await this.mounted.known(record.type))?.manifest ?? {};
    const defaults = Object.entries(properties).flatMap(([name, spec]) =>
      spec.default === undefined || spec.secret ? [] : [[name, String(spec.default)] as const],
    );
    return { ...Object.fromEntries(defaults), ...record.properties };
  }

  private open(record: DatasourceRecord): Record<string, string> {
    return record.sealed === undefined ? {} : this.vault.open(scopeOf(record.name), record.sealed);
  }

  private seal(
    name: string,
    secrets: Readonly<Record<string, string>>,
  ): Pick<DatasourceRecord, 'sealed' | 'secretNames'> {
    const secretNames = Object.keys(secrets).sort();
    return { secretNames, sealed: secretNames.length === 0 ? undefined : this.vault.seal(scopeOf(name), secrets) };
  }

  /** The type by its name; undefined for `other`. */
  private typeOf(name: string, generation: Generation): MountedDatasource | undefined {
    if (name.trim().toLowerCase() === OTHER.name) return undefined;
    const type = generation.datasource(name);
    if (type !== undefined) return type;
    const names = generation.datasources.flatMap(({ manifest }) => [manifest.name, ...manifest.aliases]);
    const message = `there is no type of datasource '${name}'${didYouMean(name, names) || `; there are ${[...names, OTHER.name].join(', ')}`}`;
    throw new SluiceError('DATASOURCE_TYPE_UNKNOWN', message, { details: { type: name } });
  }

  /** Properties by present names, secret ones apart. */
  private sort(
    type: MountedDatasource | undefined,
    given: Readonly<Record<string, string>>,
    isFreeSecret: (name: string) => boolean,
  ): { plain: Record<string, string>; secret: Record<string, string> } {
    const plain: Record<string, string> = {};
    const secret: Record<string, string> = {};
    for (const [name, value] of Object.entries(given)) {
      const spec = Object.entries(type?.manifest.properties ?? {}).find(([each, { aliases = [] }]) =>
        [each, ...aliases].some((word) => word.toLowerCase() === name.toLowerCase()),
      );
      const isSecret = spec === undefined ? isFreeSecret(name) : spec[1].secret;
      (isSecret ? secret : plain)[spec?.[0] ?? name] = value;
    }
    return { plain, secret };
  }

  private check(type: MountedDatasource | undefined, values: Readonly<Record<string, string>>): void {
    const size = Object.entries(values).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
    if (size > MOST_CHARACTERS) {
      throw new SluiceError(
        'REQUEST_TOO_LARGE',
        `the properties have ${size} characters; at most ${MOST_CHARACTERS} are kept`,
      );
    }
    if (type === undefined) return;
    const { problems } = readProperties(type.manifest.properties, values, 'refuse');
    if (problems.length === 0) return;
    const message = `the datasource cannot be kept: ${problems.map((each) => each.message).join('; ')}`;
    throw new SluiceError('PROPERTY_INVALID', message, { problems: problems as readonly Problem[] });
  }
}

/** JSON with sorted keys: one text for all requests that say the same. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

/** What a datasource's secrets are bound to. */
function scopeOf(name: string): string {
  return `datasource:${idOf(name)}`;
}

function checkName(given: string): string {
  const name = given.trim();
  if (name !== '' && name.length <= 100 && !/[\p{Cc}/\\]/u.test(name)) return name;
  throw new SluiceError('REQUEST_INVALID', 'a datasource needs a name of 1 to 100 characters, without slashes');
}

function notFound(name: string): SluiceError {
  return new SluiceError('DATASOURCE_NOT_FOUND', `there is no datasource '${name}'`, { details: { datasource: name } });
}

function conflict(before: DatasourceRecord, request: wire.UpdateDatasourceRequest): SluiceError {
  const message =
    `the datasource '${before.name}' is at version ${before.version}, saved at ${before.updateTime.toISOString()}, and not at ` +
    `version ${request.expectedVersion}; look at it, make the change there and save it with expected_version ${before.version}`;
  throw new SluiceError('VERSION_CONFLICT', message, {
    details: { datasource: before.name, version: String(before.version) },
  });
}
