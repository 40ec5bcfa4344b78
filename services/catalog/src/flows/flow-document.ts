import type { Generation, MountedStop } from '@sluice/kernel';
import { FlowFormat } from '@sluice/proto/catalog/v1/flow';
import type { Flow, Stop } from '@sluice/proto/common/v1/flow';
import { bareName } from './flow-secrets.js';

/** The flow with stop types and properties under their present names. */
export function presentNames(flow: Flow, generation: Generation): Flow {
  return { ...flow, stops: flow.stops.map((stop) => presentStop(stop, generation.stop(stop.bundle))) };
}

function presentStop(stop: Stop, type: MountedStop | undefined): Stop {
  if (!type) return stop;
  const { name, properties } = type.manifest;
  const present = new Map(
    Object.entries(properties).flatMap(([key, { aliases = [] }]) => aliases.map((alias) => [alias, key])),
  );
  const kept = new Map<string, unknown>();
  for (const [key, value] of Object.entries(stop.properties) as [string, unknown][]) {
    const now = present.get(key) ?? key;
    // As when it runs: an empty value is none, and the present name goes before older ones.
    if (!kept.has(now) || kept.get(now) === '' || (now === key && value !== '')) kept.set(now, value);
  }
  return { ...stop, bundle: name, properties: Object.fromEntries(kept) };
}

/** A flow as a document. */
export function writeFlow(flow: Flow, format: FlowFormat): string {
  const document = format === FlowFormat.FLOW_FORMAT_PIFLOW ? { flow: piflow(flow) } : compact(flow);
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Without the parts that are empty: reading gives the same. */
function compact(flow: Flow): object {
  return {
    ...filled(flow),
    stops: flow.stops.map((stop) => ({ name: stop.name, bundle: stop.bundle, ...filled(stop) })),
    paths: flow.paths,
  };
}

function filled(value: object): object {
  const isEmpty = (each: unknown): boolean =>
    each === '' || (typeof each === 'object' && each !== null && Object.keys(each).length === 0);
  return Object.fromEntries(Object.entries(value).filter(([, each]) => !isEmpty(each)));
}

/** PiFlow's form: all property values are texts, names of variables have their `${}`. */
function piflow(flow: Flow): object {
  const { stops, paths, labels, description, environmentVariable, uuid, name, ...rest } = flow;
  const variables = Object.entries(environmentVariable).map(([key, value]) => [`\${${bareName(key)}}`, value]);
  return {
    name,
    uuid,
    ...filled({ ...rest, description, labels, environmentVariable: Object.fromEntries(variables) }),
    stops: stops.map(({ datasource, ...stop }) => ({
      ...stop,
      ...(datasource === '' ? {} : { datasource }),
      properties: Object.fromEntries(
        (Object.entries(stop.properties) as [string, unknown][]).map(([key, value]) => [key, textOf(value)]),
      ),
    })),
    paths,
  };
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value.join(',');
  return JSON.stringify(value);
}
