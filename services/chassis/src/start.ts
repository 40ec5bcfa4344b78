import { mkdirSync } from 'node:fs';
import type { Logger } from 'pino';
import { loadConfig, type LoadedConfig } from './config/load.js';
import type { LaunchOptions, Launched } from './launched.js';
import { openDatabase } from './database/database.js';
import { migrate } from './database/migrate.js';
import { SluiceError } from './errors.js';
import { openBus } from './events/open-bus.js';
import { CHASSIS_MIGRATIONS, DatabaseOutbox } from './events/outbox.js';
import { Relay } from './events/relay.js';
import { ProcessLifecycle } from './lifecycle.js';
import { openLog } from './log.js';
import { openMetrics } from './metrics.js';
import { GrpcClients } from './rpc/clients.js';
import { GrpcServer } from './rpc/server.js';
import type { Platform, Service } from './service.js';
import { openTracing } from './tracing.js';

/** How long calls under way may take to end when the process closes. */
const CALL_GRACE_MS = 5_000;

/** Does what `launch` says. */
export async function launchNow(services: readonly (string | Service)[], options: LaunchOptions): Promise<Launched> {
  const lifecycle = new ProcessLifecycle();
  let log: Logger | undefined;
  try {
    const loaded = await lifecycle.step('config', () => options.loaded ?? loadConfig(options));
    const { config } = loaded;
    log = await lifecycle.step('log', () => openLog(config, options));
    return await start(services, loaded, log, lifecycle);
  } catch (error) {
    await lifecycle.close(log);
    throw error;
  }
}

async function start(
  named: readonly (string | Service)[],
  loaded: LoadedConfig,
  log: Logger,
  lifecycle: ProcessLifecycle,
): Promise<Launched> {
  const { config } = loaded;
  const metrics = openMetrics();
  await lifecycle.step('home', () => makeHome(config.home));
  const services = await lifecycle.step('load', () => Promise.all(named.map(loadService)));

  const tracing = await lifecycle.step('tracing', () =>
    openTracing(config.telemetry.endpoint, `sluice-${services.map(({ name }) => name).join('-') || 'none'}`),
  );
  lifecycle.onClose('tracing', () => tracing.close());

  const database = await lifecycle.step('database', () => openDatabase(config, log));
  lifecycle.onClose('database', () => database.close());
  const applied = await lifecycle.step('migrations', () => migrate(database, [CHASSIS_MIGRATIONS, ...services]));
  if (applied.length > 0) log.info({ applied }, 'the database was brought up to date');

  const bus = await lifecycle.step('bus', () => openBus(config, { log, metrics: metrics.events }));
  lifecycle.onClose('bus', () => bus.close());
  const { retentionHours } = config.events;
  const relay = new Relay({ database, bus, log, metrics: metrics.events, retentionHours });
  lifecycle.onClose('relay', () => relay.close());

  const rpc = new GrpcServer({ config, log, metrics: metrics.rpc, tracing });
  let announce: (address: string) => void = () => undefined;
  const own = new Promise<string>((resolve) => (announce = resolve));
  const clients = new GrpcClients({
    config,
    metrics: metrics.rpc,
    tracing,
    address: (service) => Promise.resolve(configuredAddress(loaded, service) || own),
  });
  lifecycle.onClose('clients', () => clients.close());

  const platform: Platform = {
    config,
    log,
    database,
    outbox: new DatabaseOutbox(() => relay.wake()),
    bus,
    rpc,
    clients,
    lifecycle,
    metrics: metrics.registry,
  };
  for (const service of services) {
    const own = { ...platform, log: log.child({ service: service.name }) };
    await lifecycle.step(service.name, () => service.start(own));
  }
  const address = await lifecycle.step('listen', () => rpc.listen());
  if (!/^(127\.|::1$|localhost$)/.test(config.grpc.host)) {
    log.warn({ address }, 'gRPC is served beyond this machine, and it asks nobody who they are: keep strangers out');
  }
  // Said last, so closed first: no event and no call comes in while the services behind them close.
  lifecycle.onClose('deliveries', () => bus.pause());
  lifecycle.onClose('rpc', () => rpc.close(CALL_GRACE_MS), CALL_GRACE_MS + 2_000);
  announce(address);
  relay.start();
  await lifecycle.listening();
  const { addresses } = lifecycle;
  const names = services.map(({ name }) => name);
  log.debug({ ms: lifecycle.startTimes() }, 'how long each step of the start took');
  log.info({ services: names, address, ...addresses, ms: lifecycle.totalMs() }, 'ready');
  return {
    loaded,
    log,
    address,
    addresses,
    platform,
    startTree: () => lifecycle.startTree(),
    close: () => lifecycle.close(log),
  };
}

function makeHome(home: string): void {
  try {
    // What lies here (rows, logs, the database) is the user's own.
    mkdirSync(home, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `the home folder ${home} cannot be made: ${why}; set SLUICE_HOME to a folder that can be written`;
    throw new SluiceError('START_FAILED', message, { cause });
  }
}

function configuredAddress({ values }: LoadedConfig, service: string): string {
  const found = [...values].find(([key]) => key === `${service}.address`);
  return typeof found?.[1].value === 'string' ? found[1].value : '';
}

function isService(value: unknown): value is Service {
  if (typeof value !== 'object' || value === null) return false;
  const { name, migrations, start: begin } = value as Partial<Service>;
  return typeof name === 'string' && Array.isArray(migrations) && typeof begin === 'function';
}

async function loadService(service: string | Service): Promise<Service> {
  if (typeof service !== 'string') return service;
  const name = `@sluice/${service}`;
  let module: { default?: unknown };
  try {
    module = (await import(name)) as { default?: unknown };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SluiceError('START_FAILED', `the service '${service}' cannot be loaded from ${name}: ${why}`, { cause });
  }
  if (isService(module.default)) return module.default;
  throw new SluiceError('START_FAILED', `the default export of ${name} is no service; see Service in @sluice/chassis`);
}
