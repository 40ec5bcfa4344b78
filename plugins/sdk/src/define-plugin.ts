import type { DatasourceDefinition } from './define-datasource.js';
import type { EngineDefinition } from './define-engine.js';
import type { StopDefinition } from './define-stop.js';

/** What a plugin contributes; the default export of its entry. */
export interface PluginDefinition {
  readonly stops?: readonly StopDefinition[];
  readonly engines?: readonly EngineDefinition[];
  readonly datasources?: readonly DatasourceDefinition[];
}

/** Declares what a plugin contributes. */
export function definePlugin(definition: PluginDefinition): PluginDefinition {
  return definition;
}
