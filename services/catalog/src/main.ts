import 'reflect-metadata';
import { join } from 'node:path';
import type { Platform } from '@sluice/chassis';
import { bundledFolders, createKernel } from '@sluice/kernel';
import { DatasourceServiceService } from '@sluice/proto/datasource/v1/datasource_service';
import { VariableServiceService } from '@sluice/proto/datasource/v1/variable_service';
import { container } from 'tsyringe';
import { mountFlows } from './flows/flows.rpc.js';
import { Flows, FLOWS } from './flows/flows.service.js';
import { DATABASE, FLOW_STORE, FlowStore, OUTBOX } from './flows/flows.store.js';
import { DATASOURCES, PLATFORM_VALUES, PlatformValues, VARIABLES } from './flows/platform-values.js';
import { startPlugins } from './plugins/start-plugins.js';
import { mountStops } from './stops/stops.rpc.js';
import { STOP_SETTINGS, StopSettings } from './stops/stop-settings.store.js';
import { KERNEL, Stops, STOPS } from './stops/stops.service.js';

const HOUR_MS = 3_600_000;

/** Wires the catalog. */
export async function start(platform: Platform): Promise<void> {
  const { config, database, outbox, rpc, clients, lifecycle, log } = platform;
  const folders = [...bundledFolders(), ...config.plugins.folders];
  const kernel = createKernel({ folders, cache: join(config.home, 'cache', 'plugins'), log });
  await lifecycle.step('plugins', () => kernel.start());
  lifecycle.onClose('plugins', () => kernel.close());

  const parts = container.createChildContainer();
  parts.registerInstance(KERNEL, kernel).registerInstance(DATABASE, database).registerInstance(OUTBOX, outbox);
  parts.register(DATASOURCES, { useValue: clients.get(DatasourceServiceService) });
  parts.register(VARIABLES, { useValue: clients.get(VariableServiceService) });
  parts.registerSingleton(PLATFORM_VALUES, PlatformValues);
  parts.registerSingleton(STOP_SETTINGS, StopSettings);
  parts.registerSingleton(FLOW_STORE, FlowStore).registerSingleton(FLOWS, Flows).registerSingleton(STOPS, Stops);
  await lifecycle.step('uploaded plugins', () => startPlugins(platform, parts));
  const flows = parts.resolve(FLOWS);
  mountStops(rpc, parts.resolve(STOPS));
  mountFlows(rpc, flows);

  const sweep = (): void =>
    void flows
      .forgetRequests()
      .catch((error: unknown) => log.warn({ err: error }, 'old idempotency keys stay for now'));
  const timer = setInterval(sweep, HOUR_MS).unref();
  lifecycle.onClose('idempotency keys', () => clearInterval(timer));
  sweep();
}
