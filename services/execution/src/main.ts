import 'reflect-metadata';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import { container } from 'tsyringe';
import { readPayload, type Platform } from '@sluice/chassis';
import { bundledFolders, createKernel } from '@sluice/kernel';
import { PackageStore } from '@sluice/packages';
import { PluginNodeServiceService } from '@sluice/proto/catalog/v1/plugin_node_service';
import { FlowServiceService } from '@sluice/proto/catalog/v1/flow_service';
import { DatasourceServiceService } from '@sluice/proto/datasource/v1/datasource_service';
import { VariableServiceService } from '@sluice/proto/datasource/v1/variable_service';
import { RunLogs } from './logs/run-log.js';
import { ExecutionNode } from './node/execution-node.js';
import { RunnerPool } from './node/runner-pool.js';
import { clearOldScratch, scratchFolder } from './node/scratch.js';
import { Generations } from './plugins/generations.js';
import { SlotsGranted } from '@sluice/proto/events/v1/scheduling';
import { PoolServiceService } from '@sluice/proto/scheduling/v1/pool_service';
import { FlowPreparation } from './runs/flow-preparation.js';
import { PoolLine } from './runs/pool-line.js';
import { RunFeed } from './runs/run-feed.js';
import { RunRows } from './runs/run-rows.js';
import { RUN_QUEUED } from './runs/run.events.js';
import { mountRuns } from './runs/run.rpc.js';
import { Runs } from './runs/run.service.js';
import { RunStore } from './runs/run.store.js';
import * as token from './tokens.js';

/** Published when a run has its slots of a pool. */
const SLOTS_GRANTED = 'sluice.v1.scheduling.pool.granted';
/** How often scratch folders of nodes that were killed are looked for. */
const SCRATCH_MS = 60_000;

/** Wires the execution service. */
export async function start(platform: Platform): Promise<void> {
  const { config, log, lifecycle, clients } = platform;
  const scratch = scratchFolder(join(config.home, 'scratch'));
  const kernel = createKernel({
    folders: [...bundledFolders(), ...config.plugins.folders],
    cache: join(config.home, 'cache', 'plugins'),
    log,
  });
  const packages = new PackageStore(join(config.home, 'cache', 'packages'));
  const scope = container.createChildContainer();
  scope.register(token.CONFIG, { useValue: config }).register(token.LOG, { useValue: log });
  scope.register(token.DATABASE, { useValue: platform.database }).register(token.OUTBOX, { useValue: platform.outbox });
  scope
    .register(token.KERNEL, { useValue: kernel })
    .register(token.FLOWS, { useValue: clients.get(FlowServiceService) });
  scope.register(token.DATASOURCES, { useValue: clients.get(DatasourceServiceService) });
  scope.register(token.VARIABLES, { useValue: clients.get(VariableServiceService) });
  scope.register(token.POOLS, { useValue: clients.get(PoolServiceService) });
  scope.registerSingleton(FlowPreparation).registerSingleton(PoolLine);
  scope.register(token.STORE_FOLDER, { useValue: join(config.home, 'runs') });
  scope.register(token.SCRATCH_FOLDER, { useValue: scratch });
  scope.register(token.PACKAGES, { useValue: packages });
  scope.register(token.PLUGIN_NODES, { useValue: clients.get(PluginNodeServiceService) });
  scope.register(token.NODE_NAME, { useValue: `${hostname()}-${process.pid}-${Date.now()}` });
  scope
    .registerSingleton(Generations)
    .registerSingleton(RunStore)
    .registerSingleton(RunFeed)
    .registerSingleton(RunLogs)
    .registerSingleton(RunnerPool);
  scope.registerSingleton(ExecutionNode).registerSingleton(RunRows).registerSingleton(Runs);

  const pool = scope.resolve(RunnerPool);
  const node = scope.resolve(ExecutionNode);
  const generations = scope.resolve(Generations);
  await lifecycle.step('plugins', async () => {
    await packages.open();
    await kernel.start();
  });
  lifecycle.onClose('plugins', () => kernel.close());
  lifecycle.onClose('scratch', () => rm(scratch, { recursive: true, force: true }));
  // Not waited for: the first run waits for its runner if it comes before one is warm.
  pool.keepWarm(kernel.generation);
  kernel.onGeneration((generation) => pool.keepWarm(generation));
  lifecycle.onClose('runners', () => pool.close());
  await lifecycle.step('node', async () => node.start());
  lifecycle.onClose('node', () => node.close());
  const clear = (): void =>
    void clearOldScratch(join(config.home, 'scratch')).catch((err: unknown) => log.warn({ err }, 'old scratch stays'));
  const clearing = setInterval(clear, SCRATCH_MS).unref();
  lifecycle.onClose('old scratch', () => clearInterval(clearing));
  clear();
  const wake = async (): Promise<void> => node.wake();
  await platform.bus.subscribe({ subject: RUN_QUEUED, durable: 'execution-claim', handle: wake });
  const line = scope.resolve(PoolLine);
  await platform.bus.subscribe({
    subject: SLOTS_GRANTED,
    durable: 'execution-pools',
    handle: async (event) => {
      const granted = readPayload(event, 'sluice.events.v1.SlotsGranted', SlotsGranted);
      if (granted !== undefined) await line.granted(granted.runId);
    },
  });
  generations.onChange(() => node.wake());
  // The catalog may be in this very process.
  lifecycle.onListening('generations', () => {
    generations.start();
    lifecycle.onClose('generations', () => generations.close());
  });
  mountRuns(
    platform.rpc,
    scope.resolve(Runs),
    scope.resolve(RunRows),
    scope.resolve(RunLogs),
    scope.resolve(token.FLOWS),
  );
}
