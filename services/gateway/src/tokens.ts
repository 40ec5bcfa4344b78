import type { Clients, Platform } from '@sluice/chassis';
import type { InjectionToken } from 'tsyringe';
import type { Contract } from './contract/contract.js';
import type { Dialect } from './dialect.js';

/** What the chassis gives to this service. */
export const PLATFORM: InjectionToken<Platform> = Symbol('Platform');
/** The rpcs and messages that every process agrees on. */
export const CONTRACT: InjectionToken<Contract> = Symbol('Contract');
/** Clients of the other services. */
export const CLIENTS: InjectionToken<Clients> = Symbol('Clients');
/** The dialects that are mounted. */
export const SERVED_DIALECTS: InjectionToken<readonly Dialect[]> = Symbol('ServedDialects');
