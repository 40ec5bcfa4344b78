import type { Service } from '@sluice/chassis';
import { start } from './main.js';
import { flows } from './migrations/0001-flows.js';
import { plugins } from './migrations/0002-plugins.js';
import { stopSettings } from './migrations/0003-stop-settings.js';
import { oldestGenerations } from './migrations/0004-oldest-generations.js';

/** The catalog service: what can be chosen. */
const catalog: Service = { name: 'catalog', migrations: [flows, plugins, stopSettings, oldestGenerations], start };
export default catalog;
