import type { Service } from '@sluice/chassis';
import { start } from './main.js';
import { migrations } from './migrations/index.js';

/** What runs: runs, stop runs, their logs and stored rows, previews. */
const execution: Service = { name: 'execution', migrations, start };
export default execution;
