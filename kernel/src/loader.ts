import { pathToFileURL } from 'node:url';
import {
  describePlugin,
  PROPERTY_KINDS,
  readProperties,
  SluiceError,
  type PluginDefinition,
  type PluginManifest,
  type Property,
} from '@sluice/plugin-sdk';

/** Loads a plugin's entry in this process and checks its default export; PLUGIN_FAILED or PLUGIN_INVALID. */
export async function loadPlugin(entry: string): Promise<PluginDefinition> {
  const module: unknown = await import(pathToFileURL(entry).href).catch((cause: unknown) => {
    const { permission, resource } = asRecord(cause);
    const denied = permission === undefined ? '' : ` (${String(permission)} ${String(resource ?? '')})`;
    const why = (cause instanceof Error ? cause.message : String(cause)) + denied.trimEnd();
    throw new SluiceError('PLUGIN_FAILED', `the entry ${entry} failed while it was loaded: ${why}`, { cause });
  });
  const definition = asRecord(module).default;
  const { stops = [], engines = [], datasources = [] } = asRecord(definition);
  if (!isRecord(definition) || ![stops, engines, datasources].every((each) => isListOf(each, isRecord))) {
    throw new SluiceError('PLUGIN_INVALID', `the default export of ${entry} is not what definePlugin gives`);
  }
  const plugin = definition as PluginDefinition;
  const idle =
    plugin.stops?.find(({ run }) => typeof run !== 'function') ??
    plugin.engines?.find(({ open }) => typeof open !== 'function') ??
    plugin.datasources?.find(({ connect }) => typeof connect !== 'function');
  if (idle) {
    const message = `${entry}: '${idle.name}' cannot run; declare it with defineStop, defineEngine or defineDatasource`;
    throw new SluiceError('PLUGIN_INVALID', message);
  }
  checkManifest(describePlugin(plugin));
  return plugin;
}

/** Checks a manifest from wherever it comes; PLUGIN_INVALID with everything that is wrong. */
export function checkManifest(value: unknown): PluginManifest {
  const { stops = [], engines = [], datasources = [] } = asRecord(value);
  const faults =
    isListOf(stops, isRecord) && isListOf(engines, isRecord) && isListOf(datasources, isRecord)
      ? [...stops.flatMap(stopFaults), ...engines.flatMap(engineFaults), ...datasources.flatMap(datasourceFaults)]
      : ['stops, engines and datasources must be lists of declarations'];
  if (faults.length === 0 && [stops, engines, datasources].flat().length === 0) faults.push('it contributes nothing');
  if (faults.length > 0) throw new SluiceError('PLUGIN_INVALID', faults.join('; '));
  return value as PluginManifest;
}

function engineFaults({ name, title }: Record<string, unknown>): string[] {
  if (!isName(name)) return ['an engine has no name'];
  return isText(title) ? [] : [`engine '${name}' has no title in English`];
}

function datasourceFaults(type: Record<string, unknown>): string[] {
  if (!isName(type.name)) return ['a type of datasource has no name'];
  const isWhole = isName(type.family) && isText(type.title) && isText(type.description) && isRecord(type.properties);
  return isWhole ? [] : [`the type of datasource '${type.name}' needs a family, a title, a description, properties`];
}

function stopFaults(stop: Record<string, unknown>): string[] {
  if (!isName(stop.name)) return ['a stop has no name'];
  const faults: string[] = [];
  const check = (holds: boolean, what: string): void => {
    if (!holds) faults.push(`stop '${String(stop.name)}' ${what}`);
  };
  check(isListOf(stop.aliases, isName), 'has an alias that is no name');
  check(isText(stop.title), 'has no title in English');
  check(isText(stop.description), 'has no description in English');
  check(isListOf(stop.groups, isName) && stop.groups.length > 0, 'is in no group');
  check(isListOf(stop.engines, isName) && stop.engines.length > 0, 'runs on no engine');
  check(stop.customized === undefined || isText(stop.customized), 'explains no customized properties in English');
  const ports = asRecord(stop.ports);
  check(isPorts(ports.in) && ports.in.kind !== 'routed', 'has in ports that are not none, single, named or any');
  check(isPorts(ports.out), 'has out ports that are not none, single, named, any or routed');
  check(isRecord(stop.properties), 'has no properties object');
  const names = new Set<string>();
  for (const [name, property] of Object.entries(asRecord(stop.properties))) {
    const spec = asRecord(property);
    const aliases = spec.aliases ?? [];
    const isMade = PROPERTY_KINDS.some((kind) => kind === spec.kind) && isListOf(aliases, isName);
    check(isMade, `has a property '${name}' that was not made with property.<kind>(...)`);
    if (!isMade) continue;
    check(spec.kind !== 'enum' || isListOf(spec.values, isName), `has an enum '${name}' without values`);
    for (const each of [name, ...aliases]) {
      check(!names.has(each), `has two properties named '${each}'`);
      names.add(each);
    }
    if (spec.default === undefined || spec.default === '') continue;
    const { problems } = readProperties({ [name]: spec as unknown as Property }, { [name]: spec.default }, 'ignore');
    check(problems.length === 0, `has a default that its own property refuses: ${problems[0]?.message}`);
  }
  return faults;
}

function isPorts(value: unknown): value is { readonly kind: string } {
  const { kind, names } = asRecord(value);
  if (kind !== 'named') return ['none', 'single', 'any', 'routed'].includes(String(kind));
  return isListOf(names, isName) && names.length > 0 && new Set(names).size === names.length;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** The value if it is an object, else an empty one. */
export function asRecord(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function isListOf<T>(value: unknown, is: (each: unknown) => each is T): value is readonly T[] {
  return Array.isArray(value) && value.every(is);
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= 200;
}

function isText(value: unknown): boolean {
  const { en } = asRecord(value);
  return typeof en === 'string' && en.trim() !== '';
}
