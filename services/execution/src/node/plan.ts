import type { CheckedStop } from '@sluice/flow';
import type { Plan, PlanStop } from '../runner/protocol.js';
import type { ReadyFlow } from '../runs/flow-preparation.js';
import type { RunSummary } from '../runs/run-record.js';

/** What a runner needs to know to run a flow. */
export function makePlan(
  run: Pick<RunSummary, 'id' | 'flowName' | 'engine'>,
  { checked, datasources }: Pick<ReadyFlow, 'checked' | 'datasources'>,
  exact: boolean,
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
    stops: ordered.map(planStop),
    datasources,
  };
}

function planStop(stop: CheckedStop): PlanStop {
  return {
    name: stop.name,
    type: stop.type.manifest.name,
    entry: stop.type.plugin.entry,
    properties: stop.properties,
    customized: stop.customized,
    inputs: stop.inputs,
    outports: stop.outports,
  };
}
