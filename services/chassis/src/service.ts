import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Config } from './config/settings.js';
import type { Database } from './database/database.js';
import type { Migration } from './database/migration.js';
import type { Bus, Outbox } from './events/event.js';
import type { Lifecycle } from './lifecycle.js';
import type { Clients, RpcServer } from './rpc/definition.js';

/** What every service is: the default export of the package `@sluice/<name>`. */
export interface Service {
  /** The service's name in commands, log lines, metrics and table names, such as `execution`. */
  readonly name: string;
  /** The service's tables, oldest first. A migration that was released is never changed, renamed or moved. */
  readonly migrations: readonly Migration[];
  /** Wires the service: mounts its handlers, subscribes to events, begins its work. It listens when this has ended. */
  start(platform: Platform): Promise<void>;
}

/** What the chassis gives to a service. */
export interface Platform {
  /** The effective settings, frozen. */
  readonly config: Config;
  /** The process's log, with the service's name on every line. */
  readonly log: Logger;
  /** The database, with the service's migrations applied. */
  readonly database: Database;
  /** Where events are written in the transaction that makes them true. */
  readonly outbox: Outbox;
  /** Where events of other services, and of one's own, come from. */
  readonly bus: Bus;
  /** The gRPC server of this process. */
  readonly rpc: RpcServer;
  /** Clients of other services, and of services in this process: the address alone differs. */
  readonly clients: Clients;
  /** Steps of the start, and what is to be closed at the end. */
  readonly lifecycle: Lifecycle;
  /** Where metrics are registered. */
  readonly metrics: Registry;
}
