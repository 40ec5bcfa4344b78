import type { Client, Database, Logger, Outbox, Vault } from '@sluice/chassis';
import type { Kernel } from '@sluice/kernel';
import type { CatalogGenerations } from '@sluice/packages/node';
import type { FlowServiceService } from '@sluice/proto/catalog/v1/flow_service';
import type { ScheduleServiceService } from '@sluice/proto/scheduling/v1/schedule_service';
import type { InjectionToken } from 'tsyringe';

/** The catalog's flows, as far as usage needs them. */
export type Flows = Pick<Client<typeof FlowServiceService>, 'getFlow' | 'listFlows'>;

/** The schedules, as far as usage needs them. */
export type Schedules = Pick<Client<typeof ScheduleServiceService>, 'listSchedules'>;

/** The catalog's generations of plugins, as far as types need them. */
export type PackageGenerations = Pick<CatalogGenerations, 'outline' | 'place' | 'placeBundle'>;

/** What the platform and the kernel give to this service. */
export const DATABASE: InjectionToken<Database> = Symbol('Database');
export const OUTBOX: InjectionToken<Outbox> = Symbol('Outbox');
export const KERNEL: InjectionToken<Kernel> = Symbol('Kernel');
export const LOG: InjectionToken<Logger> = Symbol('Logger');
export const PACKAGE_GENERATIONS: InjectionToken<PackageGenerations> = Symbol('PackageGenerations');
export const VAULT: InjectionToken<Vault> = Symbol('Vault');
export const FLOWS: InjectionToken<Flows> = Symbol('Flows');
export const SCHEDULES: InjectionToken<Schedules> = Symbol('Schedules');
