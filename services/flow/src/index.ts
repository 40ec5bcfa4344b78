/** Reads flows from documents and checks them against a generation of plugins. */
export { readFlow, type ReadFlow } from './read-flow.js';
export { checkFlow, flowError, type CheckedFlow, type CheckedStop, type FlowCheck } from './check-flow.js';
export { bindDatasources, datasourceNames, type BoundDatasource, type BoundFlow } from './bind-datasources.js';
export {
  prepareFlow,
  type KeptDatasource,
  type KeptValues,
  type KeptVariable,
  type PreparedFlow,
} from './prepare-flow.js';
export { HIDDEN, hiddenValues } from './hidden-values.js';
export { schedulesOfFlow } from './schedules-of-flow.js';
export type { CheckedInput, CheckedOutport } from './connect.js';
