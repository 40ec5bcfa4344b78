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
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(entry).href)) as typeof module;
  } catch (cause) {
    const message = `the plugin's entry ${entry} failed while it was loaded: ${messageOf(cause)}`;
    throw new SluiceError('PLUGIN_FAILED', message, { cause });
  }
  const definition = module.default;
  if (!isRecord(definition) || !isList(definition.stops ?? []) || !isList(definition.engines ?? [])) {
    throw new SluiceError('PLUGIN_INVALID', `the default export of ${entry} is not what definePlugin gives`);
  }
  const plugin = definition as PluginDefinition;
  const faults = [
    ...(plugin.stops ?? []).filter((each) => typeof each?.run !== 'function').map((each) => `stop '${each?.name}'`),
    ...(plugin.engines ?? [])
      .filter((each) => typeof each?.open !== 'function')
      .map((each) => `engine '${each?.name}'`),
  ];
  if (faults.length > 0) {
    const message = `${entry}: ${faults.join(', ')} cannot run: declare it with defineStop or defineEngine`;
    throw new SluiceError('PLUGIN_INVALID', message);
  }
  checkManifest(describePlugin(plugin));
  return plugin;
}

/** Checks a manifest from wherever it comes; PLUGIN_INVALID with everything that is wrong. */
export function checkManifest(value: unknown): PluginManifest {
  const faults: string[] = [];
  const manifest = isRecord(value) ? value : {};
  const stops = isList(manifest.stops) ? manifest.stops : [];
  const engines = isList(manifest.engines) ? manifest.engines : [];
  for (const stop of stops) faults.push(...stopFaults(stop));
  for (const engine of engines) {
    if (!isRecord(engine) || !isName(engine.name)) faults.push('an engine has no name');
    else if (!isText(engine.title)) faults.push(`engine '${engine.name}' has no title in English`);
  }
  if (stops.length + engines.length === 0) faults.push('it contributes neither a stop nor an engine');
  if (faults.length > 0) throw new SluiceError('PLUGIN_INVALID', faults.join('; '));
  return value as PluginManifest;
}

function stopFaults(stop: unknown): string[] {
  if (!isRecord(stop) || !isName(stop.name)) return ['a stop has no name'];
  const faults: string[] = [];
  const check = (holds: boolean, what: string): void => {
    if (!holds) faults.push(`stop '${String(stop.name)}' ${what}`);
  };
  check(isListOf(stop.aliases, isName), 'has an alias that is no name');
  check(isText(stop.title), 'has no title in English');
  check(isText(stop.description), 'has no description in English');
  check(isListOf(stop.groups, isName) && stop.groups.length > 0, 'is in no group');
  check(isListOf(stop.engines, isName) && stop.engines.length > 0, 'runs on no engine');
  check(
    stop.customized === undefined || isText(stop.customized),
    'has a text on customized properties without English',
  );
  const ports = isRecord(stop.ports) ? stop.ports : {};
  check(isPorts(ports.in) && ports.in.kind !== 'routed', 'has in ports that are not none, single, named or any');
  check(isPorts(ports.out), 'has out ports that are not none, single, named, any or routed');
  check(isRecord(stop.properties), 'has no properties object');
  const declared = Object.entries(isRecord(stop.properties) ? stop.properties : {});
  const names = new Set<string>();
  for (const [name, spec] of declared) {
    const aliases = isRecord(spec) ? (spec.aliases ?? []) : [];
    if (!isRecord(spec) || !PROPERTY_KINDS.some((kind) => kind === spec.kind) || !isListOf(aliases, isName)) {
      check(false, `has a property '${name}' that was not made with property.<kind>(...)`);
      continue;
    }
    check(spec.kind !== 'enum' || isListOf(spec.values, isName), `has an enum '${name}' without values`);
    for (const each of [name, ...aliases]) check(!names.has(each), `has two properties named '${each}'`);
    for (const each of [name, ...aliases]) names.add(each);
    if (spec.default === undefined || spec.default === '') continue;
    const { problems } = readProperties({ [name]: spec as unknown as Property }, { [name]: spec.default }, 'ignore');
    check(problems.length === 0, `has a default that its own property refuses: ${problems[0]?.message}`);
  }
  return faults;
}

function isPorts(value: unknown): value is { readonly kind: string } {
  if (!isRecord(value)) return false;
  if (value.kind !== 'named') return ['none', 'single', 'any', 'routed'].includes(String(value.kind));
  const { names } = value;
  return isListOf(names, isName) && names.length > 0 && new Set(names).size === names.length;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isListOf<T>(value: unknown, is: (each: unknown) => each is T): value is readonly T[] {
  return isList(value) && value.every(is);
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= 200;
}

function isText(value: unknown): boolean {
  return isRecord(value) && isName(typeof value.en === 'string' ? value.en.slice(0, 200) : undefined);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
