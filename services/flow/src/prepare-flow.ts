import type { Problem } from '@sluice/plugin-sdk';
import type { Generation } from '@sluice/kernel';
import type { Flow } from '@sluice/proto/common/v1/flow';
import { bindDatasources, datasourceNames, type BoundDatasource } from './bind-datasources.js';
import { checkFlow, type CheckedFlow } from './check-flow.js';
import { escapeReferences, referencedNames, variablesByName } from './variables.js';

/** A variable that the platform keeps. */
export interface KeptVariable {
  readonly name: string;
  readonly value: string;
  readonly secret: boolean;
}

/** A datasource with the names of its secret values. */
export interface KeptDatasource extends BoundDatasource {
  readonly secretNames: readonly string[];
}

/** Where the platform's variables and datasources come from; asked only for flows that need them. */
export interface KeptValues {
  /** What the flows of a project see; empty for no project. */
  variables(project: string): Promise<readonly KeptVariable[]>;
  /** Those of the names that there are. */
  datasources(names: readonly string[]): Promise<readonly KeptDatasource[]>;
}

export interface PreparedFlow {
  /** Absent when there are problems. */
  readonly checked: CheckedFlow | undefined;
  readonly problems: readonly Problem[];
  /** The datasources that stops use. */
  readonly datasources: readonly BoundDatasource[];
  /** The secret values that the checked flow holds: whoever shows anything of it hides them. */
  readonly secrets: readonly string[];
}

/** The label that says which project a flow belongs to. */
const PROJECT = 'project';

/**
 * Checks a flow as it would run now: with the platform's variables and datasources filled in.
 *
 * @param given the caller's variables; they go before the flow's own, and those before the platform's
 */
export async function prepareFlow(
  flow: Flow,
  generation: Generation,
  given: Readonly<Record<string, string>>,
  engine: string | undefined,
  kept: KeptValues,
): Promise<PreparedFlow> {
  const own = { ...variablesByName(flow.environmentVariable), ...variablesByName(given) };
  const named = referencedNames([
    flow.stops.map(({ properties, customizedProperties, datasource }) => [
      properties,
      customizedProperties,
      datasource,
    ]),
    own,
  ]);
  const isOpen = [...named].some((name) => !Object.hasOwn(own, name));
  const platform = isOpen ? await kept.variables(flow.labels[PROJECT] ?? '') : [];
  // A secret is taken as it is, whatever it looks like.
  const values = platform.map(({ name, value, secret }) => [name, secret ? escapeReferences(value) : value] as const);
  const variables = { ...Object.fromEntries(values), ...own };

  const names = datasourceNames(flow, generation, variables);
  const datasources = names.length === 0 ? [] : await kept.datasources(names);
  const byName = new Map(datasources.map((each) => [each.name.toLowerCase(), each]));
  const bound = bindDatasources(flow, generation, variables, byName);
  const { checked, problems } = checkFlow(bound.flow, generation, variables, engine);
  // What a stop lacks because its datasource is not there is not another fault.
  const lost = new Set(bound.problems.map(({ stop }) => stop));
  const others = problems.filter(({ reason, stop }) => reason !== 'PROPERTY_MISSING' || !lost.has(stop));
  const all = [...bound.problems, ...others];
  const secrets = [
    ...platform.flatMap(({ value, secret }) => (secret ? [value] : [])),
    ...datasources.flatMap((each) => each.secretNames.map((name) => each.values[name] ?? '')),
    ...(checked === undefined ? [] : secretProperties(checked)),
  ].filter((value) => value !== '');
  return { checked: all.length > 0 ? undefined : checked, problems: all, datasources, secrets };
}

/** The values of secret properties that stand in the flow itself. */
function secretProperties(checked: CheckedFlow): string[] {
  return checked.stops.flatMap(({ type, properties }) =>
    Object.entries(type.manifest.properties).flatMap(([name, { secret }]) => {
      const value = properties[name];
      return secret && typeof value === 'string' ? [value] : [];
    }),
  );
}
