import type { Service } from '@sluice/chassis';
import { start } from './main.js';

/** The HTTP edge: the JSON API made from the contract, the dialects, the pages for people. It keeps nothing. */
const gateway: Service = { name: 'gateway', migrations: [], start };
export default gateway;
