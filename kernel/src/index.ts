/** Finds, mounts and hosts plugins. */
export { createKernel, type Kernel, type KernelLog, type KernelOptions } from './kernel.js';
export { bundledFolders, type PluginPackage, type Refusal } from './discovery.js';
export {
  createGeneration,
  type Generation,
  type MountedEngine,
  type MountedPlugin,
  type MountedStop,
} from './generation.js';
export { childProcessHost, describeExit, processChannel, type ChildProcessHostOptions } from './child-process-host.js';
export { inProcessHost, type InProcessHostOptions } from './in-process-host.js';
export type { HostChannel, HostDiagnosis, HostExit, PluginHost } from './host.js';
export { loadPlugin } from './loader.js';
