import type { StopDefinition } from './define-stop.js';
import type { DatasourceDefinition } from './define-datasource.js';
import type { PluginDefinition } from './define-plugin.js';
import type { PortShape } from './ports.js';
import type { Property } from './property.js';
import type { Text } from './text.js';

/** A stop as plain data: all of its definition but the code. */
export interface StopManifest {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly title: Text;
  readonly description: Text;
  readonly groups: readonly string[];
  readonly owner: string;
  readonly icon: string;
  readonly ports: { readonly in: PortShape; readonly out: PortShape };
  readonly properties: Readonly<Record<string, Property>>;
  readonly extraProperties: 'ignore' | 'refuse';
  readonly customized?: Text | undefined;
  readonly engines: readonly string[];
  readonly pure: boolean;
  readonly writes: boolean;
}

/** A type of datasource as plain data. */
export interface DatasourceManifest {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly title: Text;
  readonly description: Text;
  readonly family: string;
  readonly properties: Readonly<Record<string, Property>>;
  readonly fills: Readonly<Record<string, string>>;
}

/** A plugin's contributions as plain data, as the inspector reports them. */
export interface PluginManifest {
  readonly stops: readonly StopManifest[];
  readonly engines: readonly { readonly name: string; readonly title: Text }[];
  /** Absent in manifests of packages that were inspected before there were datasources. */
  readonly datasources?: readonly DatasourceManifest[] | undefined;
}

/** A stop's manifest, defaults filled in. */
export function describeStop(stop: StopDefinition): StopManifest {
  return {
    name: stop.name,
    aliases: stop.aliases ?? [],
    title: stop.title,
    description: stop.description,
    groups: stop.groups,
    owner: stop.owner ?? '',
    icon: stop.icon ?? '',
    ports: stop.ports,
    properties: stop.properties,
    extraProperties: stop.extraProperties ?? 'refuse',
    customized: stop.customized,
    engines: stop.engines,
    pure: stop.pure ?? true,
    writes: stop.writes ?? false,
  };
}

/** The manifest of a type of datasource, defaults filled in. */
export function describeDatasource(type: DatasourceDefinition): DatasourceManifest {
  const { name, aliases = [], title, description, family, properties, fills = {} } = type;
  return { name, aliases, title, description, family, properties, fills };
}

/** A plugin's manifest. */
export function describePlugin(plugin: PluginDefinition): PluginManifest {
  return {
    stops: (plugin.stops ?? []).map(describeStop),
    engines: (plugin.engines ?? []).map(({ name, title }) => ({ name, title })),
    datasources: (plugin.datasources ?? []).map(describeDatasource),
  };
}
