/** Finds, mounts and hosts plugins. */
export { createKernel, type Kernel, type KernelLog, type KernelOptions } from './kernel.js';
export { asksForAny, NO_CAPABILITIES, type Capabilities } from './capabilities.js';
export { bundledFolders, readUploaded, type PluginPackage, type Refusal } from './discovery.js';
export {
  askInspector,
  inspectUploaded,
  modulesAbove,
  OUTPUT_LIMIT,
  type ExampleResult,
  type InspectorOptions,
} from './inspector.js';
export { sandboxSupport, type Sandbox, type SandboxSupport } from './sandbox.js';
export {
  createGeneration,
  type MissingPlugin,
  type Generation,
  type MountedBundle,
  type MountedDatasource,
  type MountedEngine,
  type MountedPlugin,
  type MountedSet,
  type MountedStop,
} from './generation.js';
export { childProcessHost, describeExit, processChannel, type ChildProcessHostOptions } from './child-process-host.js';
export { inProcessHost, type InProcessHostOptions } from './in-process-host.js';
export type { HostChannel, HostDiagnosis, HostExit, PluginHost } from './host.js';
export { checkManifest, loadPlugin } from './loader.js';
