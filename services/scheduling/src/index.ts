import type { Service } from '@sluice/chassis';
import { start } from './main.js';
import { migrations } from './migrations/index.js';

/** What triggers runs: schedules, their ticks, backfills. */
const scheduling: Service = { name: 'scheduling', migrations, start };
export default scheduling;
