/** Finds, mounts and hosts plugins; reads and checks flows. */
export { createKernel } from './kernel.js';
export type { Kernel, KernelLog, KernelOptions } from './kernel.js';
export { bundledFolders } from './discovery.js';
export type { PluginPackage, Refusal } from './discovery.js';
export type { Generation, MountedEngine, MountedPlugin, MountedStop } from './generation.js';
export { childProcessHost, describeExit, processChannel } from './child-process-host.js';
export type { ChildProcessHostOptions } from './child-process-host.js';
export { inProcessHost } from './in-process-host.js';
export type { InProcessHostOptions } from './in-process-host.js';
export type { HostChannel, HostDiagnosis, HostExit, PluginHost } from './host.js';
export { loadPlugin } from './loader.js';
export { readFlow } from './read-flow.js';
export type { ReadFlow } from './read-flow.js';
export { checkFlow, flowError } from './check-flow.js';
export type { CheckedFlow, CheckedStop, FlowCheck } from './check-flow.js';
export type { CheckedInput, CheckedOutport } from './connect.js';
