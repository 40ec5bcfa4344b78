/** Finds, mounts and hosts plugins; reads and checks flows. */
export { createKernel, type Kernel, type KernelLog, type KernelOptions } from './kernel.js';
export { bundledFolders, type PluginPackage, type Refusal } from './discovery.js';
export type { Generation, MountedEngine, MountedPlugin, MountedStop } from './generation.js';
export { childProcessHost, describeExit, processChannel, type ChildProcessHostOptions } from './child-process-host.js';
export { inProcessHost, type InProcessHostOptions } from './in-process-host.js';
export type { HostChannel, HostDiagnosis, HostExit, PluginHost } from './host.js';
export { loadPlugin } from './loader.js';
export { readFlow, type ReadFlow } from './read-flow.js';
export { checkFlow, flowError, type CheckedFlow, type CheckedStop, type FlowCheck } from './check-flow.js';
export type { CheckedInput, CheckedOutport } from './connect.js';
