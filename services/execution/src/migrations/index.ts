import type { Migration } from '@sluice/chassis';
import { runs } from './0001-runs.js';
import { generations } from './0002-generations.js';
import { pools } from './0003-pools.js';

/** The execution service's tables, oldest first. */
export const migrations: readonly Migration[] = [runs, generations, pools];
