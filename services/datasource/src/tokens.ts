import type { Client, Database, Outbox, Vault } from '@sluice/chassis';
import type { Kernel } from '@sluice/kernel';
import type { FlowServiceService } from '@sluice/proto/catalog/v1/flow_service';
import type { ScheduleServiceService } from '@sluice/proto/scheduling/v1/schedule_service';
import type { InjectionToken } from 'tsyringe';

/** The catalog's flows, as far as usage needs them. */
export type Flows = Pick<Client<typeof FlowServiceService>, 'getFlow' | 'listFlows'>;

/** The schedules, as far as usage needs them. */
export type Schedules = Pick<Client<typeof ScheduleServiceService>, 'listSchedules'>;

/** What the platform and the kernel give to this service. */
export const DATABASE: InjectionToken<Database> = Symbol('Database');
export const OUTBOX: InjectionToken<Outbox> = Symbol('Outbox');
export const KERNEL: InjectionToken<Kernel> = Symbol('Kernel');
export const VAULT: InjectionToken<Vault> = Symbol('Vault');
export const FLOWS: InjectionToken<Flows> = Symbol('Flows');
export const SCHEDULES: InjectionToken<Schedules> = Symbol('Schedules');
