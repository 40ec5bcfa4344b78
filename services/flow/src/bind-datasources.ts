import { didYouMean, type Problem } from '@sluice/plugin-sdk';
import type { Generation } from '@sluice/kernel';
import type { Flow, Stop } from '@sluice/proto/common/v1/flow';
import { escapeReferences, resolveVariables, variablesByName } from './variables.js';

/** A datasource as stops see it: its values, secret ones too where the caller has them. */
export interface BoundDatasource {
  readonly name: string;
  /** The present name of its type. */
  readonly type: string;
  readonly values: Readonly<Record<string, string>>;
}

/** What binding a flow gave. */
export interface BoundFlow {
  /** The flow with every bound property filled. */
  readonly flow: Flow;
  readonly problems: readonly Problem[];
}

/** The names of the datasources that a flow's stops use, each once and as the flow writes it first. */
export function datasourceNames(
  flow: Flow,
  generation: Generation,
  variables: Readonly<Record<string, string>>,
): string[] {
  const known = { ...variablesByName(flow.environmentVariable), ...variablesByName(variables) };
  const names = new Map<string, string>();
  for (const stop of flow.stops) {
    for (const { name } of usesOf(stop, generation, known)) {
      if (name !== '' && !names.has(name.toLowerCase())) names.set(name.toLowerCase(), name);
    }
  }
  return [...names.values()];
}

/**
 * Fills the properties of stops that are bound to a datasource: those of the same names without regard to case. Each
 * use of a datasource that is not there, or of another family than the stop asks for, is a problem.
 *
 * @param datasources by name in lower case
 */
export function bindDatasources(
  flow: Flow,
  generation: Generation,
  variables: Readonly<Record<string, string>>,
  datasources: ReadonlyMap<string, BoundDatasource>,
): BoundFlow {
  const known = { ...variablesByName(flow.environmentVariable), ...variablesByName(variables) };
  const problems: Problem[] = [];
  const stops = flow.stops.map((stop) => {
    for (const { name, property, family } of usesOf(stop, generation, known)) {
      const problem = problemOf(stop, name, property, family, generation, datasources);
      if (problem !== undefined) problems.push(problem);
    }
    const source = datasources.get(stop.datasource.trim().toLowerCase());
    return source === undefined ? stop : { ...stop, properties: filled(stop, source, generation) };
  });
  return { flow: { ...flow, stops }, problems };
}

interface Use {
  readonly name: string;
  /** The property that names it; absent for a stop that is bound as a whole. */
  readonly property?: string;
  readonly family?: string;
}

function usesOf(stop: Stop, generation: Generation, variables: Readonly<Record<string, string>>): Use[] {
  const uses: Use[] = stop.datasource.trim() === '' ? [] : [{ name: stop.datasource.trim() }];
  const properties = generation.stop(stop.bundle)?.manifest.properties ?? {};
  for (const [property, spec] of Object.entries(properties)) {
    if (spec.kind !== 'datasource') continue;
    const given = [property, ...(spec.aliases ?? [])].map((each) => stop.properties[each]).find(isGiven);
    // What a variable without a value stands for is not known, and told by who checks the properties.
    const name = resolveVariables(given, variables, () => undefined);
    if (typeof name === 'string') uses.push({ name: name.trim(), property, family: spec.detail ?? '' });
  }
  return uses;
}

function isGiven(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function problemOf(
  stop: Stop,
  name: string,
  property: string | undefined,
  family: string | undefined,
  generation: Generation,
  datasources: ReadonlyMap<string, BoundDatasource>,
): Problem | undefined {
  const place = { stop: stop.name, ...(property === undefined ? {} : { property }) };
  const where = property === undefined ? `stop '${stop.name}'` : `stop '${stop.name}', property '${property}'`;
  const source = datasources.get(name.toLowerCase());
  if (source === undefined) {
    const names = [...datasources.values()].map((each) => each.name);
    const message = `${where}: there is no datasource '${name}'${didYouMean(name, names) || '; make it, or choose another'}`;
    return { reason: 'DATASOURCE_NOT_FOUND', message, ...place };
  }
  if (family === undefined) return undefined;
  const type = generation.datasource(source.type);
  if (type === undefined) {
    const message = `${where}: no mounted plugin has the type '${source.type}' of the datasource '${source.name}'`;
    return { reason: 'DATASOURCE_TYPE_UNKNOWN', message, ...place };
  }
  if (family === '' || type.manifest.family === family) return undefined;
  const message = `${where}: the datasource '${source.name}' is of the family ${type.manifest.family}, and ${family} is needed`;
  return { reason: 'PROPERTY_INVALID', message, ...place };
}

function filled(stop: Stop, source: BoundDatasource, generation: Generation): Stop['properties'] {
  const type = generation.datasource(source.type);
  const values = new Map<string, string>();
  for (const [name, template] of Object.entries(type?.manifest.fills ?? {})) {
    const text = fill(template, source.values);
    if (text !== undefined) values.set(name.toLowerCase(), text);
  }
  for (const [name, value] of Object.entries(source.values)) values.set(name.toLowerCase(), value);
  const properties = { ...stop.properties };
  const specs = generation.stop(stop.bundle)?.manifest.properties ?? {};
  for (const [name, spec] of Object.entries(specs)) {
    const names = [name, ...(spec.aliases ?? [])];
    const value = names.map((each) => values.get(each.toLowerCase())).find((each) => each !== undefined);
    if (value === undefined) continue;
    for (const alias of names) delete properties[alias];
    properties[name] = escapeReferences(value);
  }
  return properties;
}

/** A template with its properties; undefined when one of them has no value. */
function fill(template: string, values: Readonly<Record<string, string>>): string | undefined {
  let isWhole = true;
  const text = template.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) isWhole = false;
    return encodeURIComponent(value ?? '').replace(/%5B|%5D|%3A/gi, decodeURIComponent);
  });
  return isWhole ? text : undefined;
}
