import type { Migration } from '@sluice/chassis';
import { schedules } from './0001-schedules.js';
import { ticks } from './0002-ticks.js';
import { notifications } from './0003-notifications.js';
import { poolRuns } from './0004-pool-runs.js';
import { listenerChanges } from './0005-listener-changes.js';
import { plannedTicks } from './0006-planned-ticks.js';

/** The scheduling service's tables, oldest first. */
export const migrations: readonly Migration[] = [
  schedules,
  ticks,
  notifications,
  poolRuns,
  listenerChanges,
  plannedTicks,
];
