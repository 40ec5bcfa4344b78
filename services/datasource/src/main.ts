import 'reflect-metadata';
import { join } from 'node:path';
import { openKeepersVault, type Platform } from '@sluice/chassis';
import { bundledFolders, createKernel } from '@sluice/kernel';
import { PackageStore } from '@sluice/packages';
import { CatalogGenerations } from '@sluice/packages/node';
import { FlowServiceService } from '@sluice/proto/catalog/v1/flow_service';
import { PluginNodeServiceService } from '@sluice/proto/catalog/v1/plugin_node_service';
import { ScheduleServiceService } from '@sluice/proto/scheduling/v1/schedule_service';
import { container } from 'tsyringe';
import { DatasourceTypes } from './datasources/datasource-types.js';
import { mountDatasources } from './datasources/datasources.rpc.js';
import { Datasources } from './datasources/datasources.service.js';
import { DatasourceStore } from './datasources/datasources.store.js';
import { DatasourceUsage } from './datasources/usage.js';
import { Prober } from './prober/prober.js';
import { Rotation } from './rotation.js';
import * as token from './tokens.js';
import { mountVariables } from './variables/variables.rpc.js';
import { Variables } from './variables/variables.service.js';
import { VariableStore } from './variables/variables.store.js';

const HOUR_MS = 3_600_000;

/** Wires the datasource service. */
export async function start({ config, database, outbox, rpc, clients, lifecycle, log }: Platform): Promise<void> {
  const folders = [...bundledFolders(), ...config.plugins.folders];
  const kernel = createKernel({ folders, cache: join(config.home, 'cache', 'plugins'), log });
  const folder = join(config.home, 'cache', 'packages');
  const packages = new PackageStore(folder);
  await lifecycle.step('plugins', async () => {
    await packages.open();
    await kernel.start();
  });
  lifecycle.onClose('plugins', () => kernel.close());

  const scope = container.createChildContainer();
  scope.register(token.DATABASE, { useValue: database }).register(token.OUTBOX, { useValue: outbox });
  scope.register(token.KERNEL, { useValue: kernel });
  scope.register(token.LOG, { useValue: log });
  const generations = new CatalogGenerations(packages, clients.get(PluginNodeServiceService));
  scope.register(token.PACKAGE_GENERATIONS, { useValue: generations });
  scope.register(token.FLOWS, { useValue: clients.get(FlowServiceService) });
  scope.register(token.SCHEDULES, { useValue: clients.get(ScheduleServiceService) });
  scope.registerSingleton(DatasourceStore).registerSingleton(VariableStore);
  const [datasourceStore, variableStore] = [scope.resolve(DatasourceStore), scope.resolve(VariableStore)];
  const vault = await lifecycle.step('master key', async () => {
    return openKeepersVault(config, [...(await datasourceStore.keyIds()), ...(await variableStore.keyIds())]);
  });
  scope.register(token.VAULT, { useValue: vault });
  scope.registerSingleton(DatasourceTypes).registerSingleton(DatasourceUsage).registerSingleton(Datasources);
  scope.registerSingleton(Variables).registerSingleton(Rotation);
  const datasources = scope.resolve(Datasources);
  mountDatasources(rpc, {
    datasources,
    usage: scope.resolve(DatasourceUsage),
    prober: new Prober({ roots: config.files.roots, mounts: config.files.mounts }, folder),
    rotation: scope.resolve(Rotation),
  });
  mountVariables(rpc, scope.resolve(Variables));

  const sweep = (): void =>
    void datasources
      .forgetRequests()
      .catch((error: unknown) => log.warn({ err: error }, 'old idempotency keys stay for now'));
  const timer = setInterval(sweep, HOUR_MS).unref();
  lifecycle.onClose('idempotency keys', () => clearInterval(timer));
  sweep();
}
