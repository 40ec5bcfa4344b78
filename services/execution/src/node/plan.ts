import type { CheckedStop } from '@sluice/flow';
import { join } from 'node:path';
import type { MountedBundle } from '@sluice/kernel';
import { moduleFolders, SITE } from '@sluice/packages';
import { isPython } from '@sluice/python';
import { bundlesFor } from '../plugins/run-needs.js';
import type { Plan, PlanStop, PythonPlan } from '../runner/protocol.js';
import type { ReadyFlow } from '../runs/flow-preparation.js';
import type { RunSummary } from '../runs/run-record.js';

/** What a runner needs to know to run a flow. */
export function makePlan(
  run: Pick<RunSummary, 'id' | 'flowName' | 'engine'>,
  { checked, datasources }: Pick<ReadyFlow, 'checked' | 'datasources'>,
  exact: boolean,
  bundles: readonly MountedBundle[],
): Plan {
  const stops = new Map(checked.stops.map((stop) => [stop.name, stop]));
  const ordered = checked.order.map((name) => stops.get(name)).filter((stop) => stop !== undefined);
  return {
    run: run.id,
    flow: run.flowName,
    engine: run.engine,
    zone: '',
    ansi: false,
    exact,
    stops: ordered.map((stop) => planStop(stop, bundles)),
    datasources,
  };
}

function planStop(stop: CheckedStop, bundles: readonly MountedBundle[]): PlanStop {
  return {
    name: stop.name,
    type: stop.type.manifest.name,
    entry: stop.type.plugin.entry,
    properties: stop.properties,
    modules: moduleFolders(stop.type.plugin.bundles, bundles),
    customized: stop.customized,
    inputs: stop.inputs,
    outports: stop.outports,
    ...(isPython(stop.type.plugin.entry) ? { python: pythonPlan(stop.type, bundles) } : {}),
  };
}

function pythonPlan({ plugin, manifest }: CheckedStop['type'], bundles: readonly MountedBundle[]): PythonPlan {
  const wheels = bundlesFor([plugin], bundles).filter(({ kind }) => kind === 'python-wheel');
  const ofKind = (kind: string): string[] =>
    Object.entries(manifest.properties).flatMap(([name, property]) => (property.kind === kind ? [name] : []));
  return {
    path: [plugin.folder, join(plugin.folder, SITE), ...wheels.map(({ path }) => path)],
    component: plugin.name,
    writes: manifest.writes,
    paths: ofKind('path'),
    datasources: ofKind('datasource'),
  };
}
