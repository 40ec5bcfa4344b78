import type { PluginDefinition } from '@sluice/plugin-sdk';

/** Loads a plugin's entry in this process and checks its default export; PLUGIN_FAILED or PLUGIN_INVALID. */
export declare function loadPlugin(entry: string): Promise<PluginDefinition>;
