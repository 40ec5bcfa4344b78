import type { Client, Config, Database, Logger, Outbox } from '@sluice/chassis';
import type { Kernel } from '@sluice/kernel';
import type { PackageStore } from '@sluice/packages';
import type { PluginNodeServiceService } from '@sluice/proto/catalog/v1/plugin_node_service';
import type { PoolServiceService } from '@sluice/proto/scheduling/v1/pool_service';
import type { InjectionToken } from 'tsyringe';
import type { DatasourceClient, VariableClient } from './runs/datasource-clients.js';
import type { Flows } from './runs/flow-source.js';

/** What the platform and the kernel give to this service. */
export const CONFIG: InjectionToken<Config> = Symbol('Config');
export const DATABASE: InjectionToken<Database> = Symbol('Database');
export const KERNEL: InjectionToken<Kernel> = Symbol('Kernel');
export const LOG: InjectionToken<Logger> = Symbol('Logger');
export const OUTBOX: InjectionToken<Outbox> = Symbol('Outbox');
/** The catalog's flows. */
export const FLOWS: InjectionToken<Flows> = Symbol('Flows');
/** The datasource service's datasources and variables. */
export const DATASOURCES: InjectionToken<DatasourceClient> = Symbol('Datasources');
export const VARIABLES: InjectionToken<VariableClient> = Symbol('Variables');
/** Scheduling's pools. */
export type Pools = Pick<Client<typeof PoolServiceService>, 'getPool' | 'takeSlots'>;
export const POOLS: InjectionToken<Pools> = Symbol('Pools');
/** The folder in which runs keep logs and rows. */
export const STORE_FOLDER: InjectionToken<string> = Symbol('store folder');
/** The folder of this process for what may go when it ends. */
export const SCRATCH_FOLDER: InjectionToken<string> = Symbol('scratch folder');
/** Unpacked packages. */
export const PACKAGES: InjectionToken<PackageStore> = Symbol('PackageStore');
/** What the catalog does for nodes. */
export type PluginNodes = Client<typeof PluginNodeServiceService>;
export const PLUGIN_NODES: InjectionToken<PluginNodes> = Symbol('PluginNodes');
/** The node's name: unique for each start of a process, so that what an earlier one left is never taken for this one's. */
export const NODE_NAME: InjectionToken<string> = Symbol('node name');
