export { holdAndTick, type Held } from './hold-and-tick.js';
export { simulate, type SimOptions } from './simulate.js';
export type { SimReport } from './sim-check.js';
