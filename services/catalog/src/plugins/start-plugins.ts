import { join } from 'node:path';
import type { Platform } from '@sluice/chassis';
import { PackageStore } from '@sluice/packages';
import { ScheduleServiceService } from '@sluice/proto/scheduling/v1/schedule_service';
import type { DependencyContainer } from 'tsyringe';
import { DropFolder } from './drop-folder.js';
import { Nodes, NODES } from './nodes.service.js';
import { PACKAGE_BYTES, PackageBytes } from './packages.store.js';
import { PACKAGE_INSPECTOR, PackageInspector } from './package-inspector.js';
import { PLUGIN_CHANGES } from './plugins.events.js';
import { mountNodes, mountPlugins } from './plugins.rpc.js';
import { Plugins, PLUGINS } from './plugins.service.js';
import { PLUGIN_STORE, PluginStore } from './plugins.store.js';
import { PLUGIN_SET, PluginSet } from './plugin-set.js';
import { PLUGIN_USES, PluginUses } from './plugin-uses.js';
import { CONFIG, LOG, PACKAGES, SCHEDULES } from './tokens.js';
import { Publisher, PUBLISHER } from './publisher.js';
import { Uploads, UPLOADS } from './uploads.service.js';

/** How often removed packages and what is left over are looked for. */
const SWEEP_MS = 2_000;

/** Wires the nouns of packages. */
export async function startPlugins(platform: Platform, parts: DependencyContainer): Promise<void> {
  const { config, rpc, lifecycle, log, bus, clients } = platform;
  const packages = new PackageStore(join(config.home, 'cache', 'packages'));
  await packages.open();
  parts.registerInstance(SCHEDULES, clients.get(ScheduleServiceService));
  parts.registerInstance(CONFIG, config).registerInstance(PACKAGES, packages).registerInstance(LOG, log);
  parts.registerSingleton(PLUGIN_STORE, PluginStore).registerSingleton(PACKAGE_BYTES, PackageBytes);
  parts.registerSingleton(PLUGIN_SET, PluginSet).registerSingleton(NODES, Nodes);
  parts.registerSingleton(PLUGIN_USES, PluginUses);
  parts.registerSingleton(PLUGINS, Plugins).registerSingleton(PACKAGE_INSPECTOR, PackageInspector);
  parts.registerSingleton(UPLOADS, Uploads).registerSingleton(PUBLISHER, Publisher);

  const set = parts.resolve(PLUGIN_SET);
  await set.start();
  lifecycle.onClose('plugin set', () => set.close());
  const nodes = parts.resolve(NODES);
  const plugins = parts.resolve(PLUGINS);
  const uploads = parts.resolve(UPLOADS);
  const [uses, publisher] = [parts.resolve(PLUGIN_USES), parts.resolve(PUBLISHER)];
  mountPlugins(rpc, { uploads, plugins, nodes, set, uses, publisher });
  mountNodes(rpc, nodes, plugins);
  await bus.subscribe({ subject: PLUGIN_CHANGES, durable: 'catalog-generation', handle: () => set.refresh() });

  if (config.plugins.drop === 'on') {
    const drop = new DropFolder(join(config.home, 'plugins'), uploads, plugins, log);
    drop.start();
    lifecycle.onClose('drop folder', () => drop.close());
  }

  let sweeping: Promise<void> | undefined;
  const timer = setInterval(() => {
    sweeping ??= nodes
      .sweep()
      .catch((err: unknown) => log.warn({ err }, 'packages that are to go stay for now'))
      .finally(() => (sweeping = undefined));
  }, SWEEP_MS).unref();
  lifecycle.onClose('package sweep', async () => {
    clearInterval(timer);
    await sweeping;
  });
}
