import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError, type Config } from '@sluice/chassis';
import type { PackageStore } from '@sluice/packages';
import { isPython } from '@sluice/python';
import { inject, injectable, type InjectionToken } from 'tsyringe';
import { PACKAGE_BYTES, type PackageBytes } from './packages.store.js';
import { findPlugin, presentGeneration } from './plugin-lookup.js';
import type { Doer, PluginRecord } from './plugin-record.js';
import { PLUGIN_STORE, type PluginStore } from './plugins.store.js';
import { CONFIG, PACKAGES } from './tokens.js';

export const PUBLISHER: InjectionToken<Publisher> = Symbol('Publisher');

/** Publishes packages that are kept to the hub of the settings. */
@injectable()
export class Publisher {
  constructor(
    @inject(PLUGIN_STORE) private readonly store: PluginStore,
    @inject(PACKAGE_BYTES) private readonly bytes: PackageBytes,
    @inject(PACKAGES) private readonly packages: PackageStore,
    @inject(CONFIG) private readonly config: Config,
  ) {}

  /** Publishes a version; gives the hub's address. */
  async publish(name: string, wanted: string, doer: Doer): Promise<string> {
    const { reader } = this.store;
    const present = await presentGeneration(reader);
    const record = await findPlugin(reader, name, wanted, present);
    const { registry, token } = this.config.hub;
    if (registry === '') {
      const message = 'this platform publishes to no hub; set hub.registry and hub.token, or use `sluice hub publish`';
      throw new SluiceError('HUB_REFUSED', message, { details: { plugin: name } });
    }
    const manifest = await this.#manifestOf(record);
    const blocks: Buffer[] = [];
    for await (const block of this.bytes.read(record.digest)) blocks.push(block);
    // The clients of registries are large; only who publishes has them.
    const { openHub } = await import('@sluice/packages/hub');
    const hub = await openHub({ registry, token });
    await hub.publish({ manifest, archive: Buffer.concat(blocks) });
    await this.store.change((change) =>
      change.record({
        ...doer,
        timeMs: Date.now(),
        action: 'publish',
        plugin: name,
        version: record.version,
        generation: present.number,
        detail: hub.address,
      }),
    );
    return hub.address;
  }

  /** What a registry is told of a package: its package.json. */
  async #manifestOf({ name, version, kind, fileName, digest, facts }: PluginRecord): Promise<{
    readonly name: string;
    readonly version: string;
  }> {
    if (!['stops', 'engines', 'node-package'].includes(kind) || !/\.(tgz|tar\.gz)$/i.test(fileName)) {
      const message = `'${fileName}' is no npm archive (.tgz), and hubs take no other; pack it with \`sluice plugin pack\``;
      throw new SluiceError('PLUGIN_INVALID', message, { details: { plugin: name } });
    }
    const folder = await this.packages.ensure(digest, () => this.bytes.read(digest), fileName);
    const file = isPython(facts.entry) ? 'sluice.json' : 'package.json';
    const manifest = JSON.parse(await readFile(join(folder, file), 'utf8')) as object;
    return { ...manifest, name, version };
  }
}
