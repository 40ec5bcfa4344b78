import type { Service } from '@sluice/chassis';
import { start } from './main.js';
import { flows } from './migrations/0001-flows.js';

/** The catalog service: what can be chosen. */
const catalog: Service = { name: 'catalog', migrations: [flows], start };
export default catalog;
