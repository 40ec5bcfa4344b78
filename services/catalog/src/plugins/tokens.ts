import type { Client, Config, Logger } from '@sluice/chassis';
import type { PackageStore } from '@sluice/packages';
import type { ScheduleServiceService } from '@sluice/proto/scheduling/v1/schedule_service';
import type { InjectionToken } from 'tsyringe';

/** What the platform and the kernel give to the nouns of packages. */
export const CONFIG: InjectionToken<Config> = Symbol('Config');
export const LOG: InjectionToken<Logger> = Symbol('Logger');
export const PACKAGES: InjectionToken<PackageStore> = Symbol('PackageStore');
/** Who knows which schedules run a flow. */
export const SCHEDULES: InjectionToken<Client<typeof ScheduleServiceService>> = Symbol('Schedules');
