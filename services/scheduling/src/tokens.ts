import type { Config, Database, Logger, Outbox, Registry, Vault } from '@sluice/chassis';
import type { InjectionToken } from 'tsyringe';
import type { Clock } from './engine/clock.js';
import type { JobTypes } from './jobs/job-type.js';

/** What the platform gives to this service. */
export const CONFIG: InjectionToken<Config> = Symbol('Config');
export const DATABASE: InjectionToken<Database> = Symbol('Database');
export const LOG: InjectionToken<Logger> = Symbol('Logger');
export const METRICS: InjectionToken<Registry> = Symbol('Registry');
export const OUTBOX: InjectionToken<Outbox> = Symbol('Outbox');
/** What seals the secrets of hooks and notification targets. */
export const VAULT: InjectionToken<Vault> = Symbol('Vault');
/** What tells the time and rings at a time. */
export const CLOCK: InjectionToken<Clock> = Symbol('Clock');
/** The name of this scheduler, unique for each start of a process. */
export const NODE: InjectionToken<string> = Symbol('node');
/** What schedules may run. */
export const JOBS: InjectionToken<JobTypes> = Symbol('JobTypes');
