import { readProperties, SluiceError, type Problem, type Reason } from '@sluice/plugin-sdk';
import type { Flow, Stop } from '@sluice/proto/common/v1/flow';
import { connect, hint, nameFault, type CheckedInput, type CheckedOutport, type Node } from './connect.js';
import type { Generation, MountedStop } from '@sluice/kernel';
import { dockerRemedy } from './docker-stop.js';
import { resolveVariables, variablesByName } from './variables.js';

/** A stop of a flow, ready to run. */
export interface CheckedStop {
  readonly name: string;
  readonly type: MountedStop;
  /** Values under present names, typed, with defaults, `${NAME}` references resolved. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** Customized properties, references resolved. */
  readonly customized: Readonly<Record<string, string>>;
  /** In the order of the flow's paths. */
  readonly inputs: readonly CheckedInput[];
  readonly outports: readonly CheckedOutport[];
}

/** A flow without problems, ready to run. */
export interface CheckedFlow {
  readonly name: string;
  /** The engine it was checked for. */
  readonly engine: string;
  /** In the order of the flow. */
  readonly stops: readonly CheckedStop[];
  /** Stop names, each after those that feed it. */
  readonly order: readonly string[];
  /** The variables it was checked with, by name without `${}`. */
  readonly variables: Readonly<Record<string, string>>;
  /** Names of stops whose output is kept as a checkpoint. */
  readonly checkpoints: readonly string[];
  /** Whether the flow asks to keep the rows of every port. */
  readonly debug: boolean;
}

export interface FlowCheck {
  /** Absent when there are problems. */
  readonly checked: CheckedFlow | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Checks a flow against a generation and finds all problems at once.
 *
 * @param variables values for `${NAME}`; they go before the flow's own
 * @param engine the engine to run on; default `duckdb`
 */
export function checkFlow(
  flow: Flow,
  generation: Generation,
  variables: Readonly<Record<string, string>>,
  engine = 'duckdb',
): FlowCheck {
  const problems: Problem[] = [];
  if (flow.name.trim() === '' || flow.name.length > 200) {
    problems.push({ reason: 'FLOW_INVALID', message: 'the flow needs a name of 1 to 200 characters' });
  }
  const mode = flow.runMode.trim().toUpperCase();
  if (!['', 'RUN', 'DEBUG'].includes(mode)) {
    problems.push({ reason: 'FLOW_INVALID', message: `the flow's runMode '${flow.runMode}' is neither RUN nor DEBUG` });
  }
  if (flow.stops.length === 0) {
    problems.push({ reason: 'FLOW_EMPTY', message: `the flow '${flow.name}' has no stops; add at least one` });
  }
  if (!generation.engine(engine)) {
    const mounted = generation.engines.map(({ manifest }) => manifest.name).join(', ') || 'none';
    problems.push({ reason: 'ENGINE_UNSUPPORTED', message: `there is no engine '${engine}'; mounted are: ${mounted}` });
  }

  const known = { ...variablesByName(flow.environmentVariable), ...variablesByName(variables) };
  const nodes = new Map<string, Node>();
  const stops: CheckedStop[] = [];
  flow.stops.forEach((stop, index) => {
    const fault = stopNameFault(stop.name, index, nodes);
    if (fault) problems.push(fault);
    const type = generation.stop(stop.bundle);
    const node: Node = { stop, type, inputs: [], outports: [] };
    if (!nodes.has(stop.name)) nodes.set(stop.name, node);
    if (!type) return void problems.push(unknownType(stop, generation, problems.length));
    if (!type.manifest.engines.includes(engine)) {
      const message = `stop '${stop.name}': ${type.manifest.name} runs on ${type.manifest.engines.join(', ')}, not on ${engine}`;
      problems.push({ reason: 'ENGINE_UNSUPPORTED', message, stop: stop.name });
    }
    const { inputs, outports } = node;
    stops.push({ name: stop.name, type, ...readValues(stop, type, known, problems), inputs, outports });
  });
  problems.push(...connect(nodes, flow.paths));
  const order = sortStops(nodes, flow, problems);
  if (problems.length > 0) return { checked: undefined, problems };

  const named = flow.checkpoint.split(',').map((name) => name.trim());
  const checkpoints = named.filter((name) => nodes.has(name));
  const debug = mode === 'DEBUG';
  return { checked: { name: flow.name, engine, stops, order, variables: known, checkpoints, debug }, problems };
}

const TELLS_ALL: readonly Reason[] = [
  'FLOW_UNREADABLE',
  'FLOW_EMPTY',
  'NOT_IMPLEMENTED',
  'REQUEST_TOO_LARGE',
  'PLUGIN_UNMOUNTED',
  'PLUGIN_QUARANTINED',
];

/** The error that tells the problems of a flow: their own reason where one says it all, else FLOW_INVALID. */
export function flowError(name: string, problems: readonly Problem[]): SluiceError {
  const [first] = problems;
  if (problems.length === 1 && first && TELLS_ALL.includes(first.reason)) {
    return new SluiceError(first.reason, first.message, { problems });
  }
  const shown = problems.slice(0, 5).map(({ message }) => message);
  const more = problems.length > shown.length ? [`and ${problems.length - shown.length} more`] : [];
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  const message = `the flow '${name}' has ${count}: ${[...shown, ...more].join('; ')}`;
  return new SluiceError('FLOW_INVALID', message, { problems });
}

function stopNameFault(name: string, index: number, before: ReadonlyMap<string, Node>): Problem | undefined {
  if (before.has(name) && name.trim() !== '') {
    const message = `two stops are named '${name}'; give each a name of its own`;
    return { reason: 'STOP_NAME_DUPLICATE', message, stop: name };
  }
  const fault = name.trim() === '' ? 'it has no name; give it one' : nameFault(name);
  return fault
    ? { reason: 'STOP_NAME_INVALID', message: `stop ${index + 1} of the flow: ${fault}`, stop: name }
    : undefined;
}

function unknownType(stop: Stop, generation: Generation, told: number): Problem {
  const missing = generation.missing(stop.bundle);
  if (missing) {
    const message = `stop '${stop.name}': its plugin '${missing.name}' ${missing.version} cannot be used: ${missing.why}`;
    const reason = missing.quarantined ? 'PLUGIN_QUARANTINED' : 'PLUGIN_UNMOUNTED';
    return { reason, message, stop: stop.name, property: 'bundle' };
  }
  const versions = generation.versions(stop.bundle);
  if (versions.length > 0) {
    const message = `stop '${stop.name}': no mounted version is '${stop.bundle}'; mounted are ${versions.join(', ')}`;
    return { reason: 'STOP_TYPE_UNKNOWN', message, stop: stop.name, property: 'bundle' };
  }
  const instead = dockerRemedy(stop, generation);
  if (instead !== undefined) {
    const message = `stop '${stop.name}': there is no '${stop.bundle}'; ${instead}`;
    return { reason: 'STOP_TYPE_UNKNOWN', message, stop: stop.name, property: 'bundle' };
  }
  const near = told < 20 ? generation.nearest(stop.bundle.slice(0, 200)) : []; // looking for near names takes time
  const names = near.map((name) => `'${name}'`).join(' or ');
  const remedy = names === '' ? 'mount a plugin that has it' : `did you mean ${names}?`;
  const message = `stop '${stop.name}': no mounted plugin has the stop type '${stop.bundle}'; ${remedy}`;
  return { reason: 'STOP_TYPE_UNKNOWN', message, stop: stop.name, property: 'bundle' };
}

function readValues(
  stop: Stop,
  { manifest }: MountedStop,
  variables: Readonly<Record<string, string>>,
  problems: Problem[],
): Pick<CheckedStop, 'properties' | 'customized'> {
  const unresolved = new Set<string | undefined>();
  const resolve = (given: Readonly<Record<string, unknown>>): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(given).map(([property, value]) => {
        const report = (name: string, cycle?: readonly string[]): void => {
          unresolved.add(property);
          if (cycle !== undefined) {
            const message = `stop '${stop.name}', property '${property}': the variable '${name}' refers to itself: ${cycle.join(' -> ')}`;
            return void problems.push({ reason: 'VARIABLE_UNKNOWN', message, stop: stop.name, property });
          }
          const near = hint(name, Object.keys(variables), problems) || '; give it a value';
          const what = `there is no variable '${name}'${near} (for the text itself write $\${${name}})`;
          const message = `stop '${stop.name}', property '${property}': ${what}`;
          problems.push({ reason: 'VARIABLE_UNKNOWN', message, stop: stop.name, property });
        };
        return [property, resolveVariables(value, variables, report)];
      }),
    );
  const customized = resolve(stop.customizedProperties) as Record<string, string>;
  const read = readProperties(manifest.properties, resolve(stop.properties), manifest.extraProperties);
  for (const problem of read.problems) {
    // What is wrong with a value that is not known yet cannot be said.
    if (unresolved.has(problem.property)) continue;
    problems.push({ ...problem, stop: stop.name, message: `stop '${stop.name}': ${problem.message}` });
  }
  if (manifest.customized === undefined && manifest.extraProperties === 'refuse') {
    for (const property of Object.keys(customized)) {
      const message = `stop '${stop.name}' takes no customized properties; remove '${property}'`;
      problems.push({ reason: 'PROPERTY_UNKNOWN', message, stop: stop.name, property });
    }
  }
  return { properties: read.values, customized };
}

/** Orders stops so that each comes after those that feed it; each cycle is one problem that names its stops. */
function sortStops(nodes: ReadonlyMap<string, Node>, flow: Flow, problems: Problem[]): string[] {
  const order: string[] = [];
  const waiting = new Map([...nodes.keys()].map((name) => [name, new Set<string>()]));
  const feeds = new Map([...nodes.keys()].map((name) => [name, [] as string[]]));
  for (const { from, to } of flow.paths) {
    if (!nodes.has(from) || !nodes.has(to)) continue;
    waiting.get(to)?.add(from);
    feeds.get(from)?.push(to);
  }
  const ready = [...nodes.keys()].filter((name) => waiting.get(name)?.size === 0);
  const release = (name: string): void => {
    waiting.delete(name);
    for (const to of feeds.get(name) ?? []) {
      const left = waiting.get(to);
      if (left?.delete(name) && left.size === 0) ready.push(to);
    }
  };
  while (waiting.size > 0) {
    for (let name = ready.shift(); name !== undefined; name = ready.shift()) {
      order.push(name);
      release(name);
    }
    const cycle = findCycle(waiting);
    if (cycle.length === 0) break;
    const shown = [...cycle, cycle[0]].map((name) => `'${name}'`).join(' -> ');
    problems.push({ reason: 'FLOW_CYCLE', message: `stops feed each other in a cycle: ${shown}; remove a path` });
    for (const name of cycle) release(name);
  }
  return order;
}

/** A cycle among stops that all wait for one another, in the direction of the paths. */
function findCycle(waiting: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const trail: string[] = [];
  let [name] = waiting.keys();
  while (name !== undefined && !trail.includes(name)) {
    trail.unshift(name);
    [name] = waiting.get(name) ?? [];
  }
  return name === undefined ? [] : trail.slice(0, trail.indexOf(name) + 1);
}
