export { simulate, type SimOptions } from './simulate.js';
export type { SimReport } from './sim-check.js';
