import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  SluiceError,
  type Connection,
  type Dataset,
  type EngineSession,
  type Files,
  type Outputs,
  type StopContext,
  type StopDefinition,
} from '@sluice/plugin-sdk';
import { loadModule } from '@sluice/packages/child';
import { portFolder } from '../runs/run-folder.js';
import { stopInputs } from './inputs.js';
import type { Plan, PlanStop, RunWork } from './protocol.js';
import type { Reporter } from './reporter.js';
import type { StopStates } from './stop-states.js';
import { toWireError, withLocations } from './wire-error.js';

/** A stop whose own code takes longer than this is shown as running, whether or not a query of it runs. */
const SHOWN_RUNNING_AFTER_MS = 5;

/** What running a flow needs of its process. */
export interface FlowRunTools {
  readonly session: EngineSession;
  readonly files: Files;
  readonly reporter: Reporter;
  readonly states: StopStates;
  readonly abort: AbortController;
  /** The folder of this run that is removed when it ends. */
  readonly scratch: string;
  readonly debug?: RunWork['debug'];
  loadStop(stop: PlanStop): Promise<Pick<StopDefinition, 'run' | 'writes'>>;
  /** Opens a datasource of the plan. */
  connect(datasource: string): Promise<Connection>;
  /** What stops want done when the whole run has succeeded. */
  readonly afterwards: { readonly stop: PlanStop; work(): Promise<void> }[];
  /** Folders by the root that they stand for. */
  readonly mounts: Readonly<Record<string, string>>;
  /** Fails when the run is no longer this runner's. */
  beforeCommit(): Promise<void>;
}

type PortDatasets = ReadonlyMap<string, Dataset>;

/**
 * Runs a plan: each stop as soon as the stops before it have composed their rows, independent ones at the same time.
 * The first failure ends the others.
 */
export async function runFlow(plan: Plan, tools: FlowRunTools): Promise<void> {
  const outputs = new Map<string, Promise<PortDatasets>>();
  let failure: { error: unknown } | undefined;
  for (const stop of plan.stops) {
    const work = performStop(stop, plan, tools, outputs);
    outputs.set(stop.name, work);
    work.catch((error: unknown) => {
      if (failure !== undefined) return;
      failure = { error };
      tools.abort.abort(error);
      tools.session.interrupt();
    });
  }
  await Promise.allSettled(outputs.values());
  if (failure !== undefined) throw failure.error;
  for (const { stop, work } of tools.afterwards) {
    try {
      await work();
    } catch (error) {
      blame(stop, error, tools);
      throw error;
    }
  }
}

/** The dataset of one port, composed without running any stop that writes. */
export async function composePort(plan: Plan, stop: string, port: string, tools: FlowRunTools): Promise<Dataset> {
  const needed = upstream(plan, stop);
  const outputs = new Map<string, Promise<PortDatasets>>();
  for (const each of plan.stops) {
    if (!needed.has(each.name)) continue;
    const work = composeStop(each, plan, tools, outputs);
    work.catch(() => undefined); // told by the stop that was asked for
    outputs.set(each.name, work);
  }
  const dataset = (await outputs.get(stop))?.get(port);
  if (dataset === undefined) {
    const message = `stop '${stop}' gives no rows at port '${port}'`;
    throw new SluiceError('ROWS_NOT_FOUND', message, { details: { stop, port } });
  }
  return dataset;
}

async function performStop(
  stop: PlanStop,
  plan: Plan,
  tools: FlowRunTools,
  outputs: ReadonlyMap<string, Promise<PortDatasets>>,
): Promise<PortDatasets> {
  const inputs = await takeInputs(stop, outputs);
  tools.abort.signal.throwIfAborted();
  try {
    const composed = await runStop(stop, plan, inputs, tools);
    const given = await storeRows(stop, plan, composed, tools);
    // Rows that nobody takes are run all the same, so that a stop that succeeded has done its work.
    const unused = [...given].filter(
      ([port]) => !stop.outports.some((each) => each.port === port && each.consumers > 0),
    );
    if (given === composed) await Promise.all(unused.map(([, dataset]) => tools.session.drain(dataset)));
    tools.states.ended(stop.name);
    return given;
  } catch (error) {
    if (!tools.abort.signal.aborted) blame(stop, error, tools);
    throw error;
  }
}

async function composeStop(
  stop: PlanStop,
  plan: Plan,
  tools: FlowRunTools,
  outputs: ReadonlyMap<string, Promise<PortDatasets>>,
): Promise<PortDatasets> {
  const inputs = await takeInputs(stop, outputs);
  if ((await tools.loadStop(stop)).writes === true) {
    const message = `stop '${stop.name}' writes and is not run in a preview; preview a stop before it`;
    throw new SluiceError('PREVIEW_WRITES', message, { details: { stop: stop.name } });
  }
  return runStop(stop, plan, inputs, tools);
}

async function takeInputs(
  stop: PlanStop,
  outputs: ReadonlyMap<string, Promise<PortDatasets>>,
): Promise<Map<string, Dataset>> {
  const inputs = new Map<string, Dataset>();
  for (const { port, from } of stop.inputs) {
    const dataset = (await outputs.get(from.stop))?.get(from.port);
    if (dataset !== undefined) inputs.set(port, dataset);
  }
  return inputs;
}

async function runStop(
  stop: PlanStop,
  plan: Plan,
  inputs: Map<string, Dataset>,
  tools: FlowRunTools,
): Promise<PortDatasets> {
  const { states, reporter } = tools;
  // A stop without out ports works as soon as it is called; another may only compose.
  const shown = stop.outports.length === 0 ? 0 : SHOWN_RUNNING_AFTER_MS;
  if (shown === 0) states.running(stop.name);
  const timer = setTimeout(() => states.running(stop.name), shown);
  try {
    const definition = await tools.loadStop(stop);
    const context: StopContext = {
      properties: stop.properties,
      customized: stop.customized,
      inputs: stopInputs(stop.name, inputs),
      outports: stop.outports.map((each) => each.port),
      engine: tools.session.forStop(stop.name),
      files: tools.files,
      connect: tools.connect,
      bundle: (name) => loadModule(stop.modules, name),
      onSuccess: (work) => void tools.afterwards.push({ stop, work }),
      log: {
        info: (message) => reporter.line('INFO', stop.name, message),
        warn: (message) => reporter.line('WARN', stop.name, message),
      },
      signal: tools.abort.signal,
      beforeCommit: tools.beforeCommit,
      stop: stop.name,
      run: { id: plan.run, flow: plan.flow },
      scratch: () => makeScratch(tools.scratch, plan, stop),
    };
    const ports = portDatasets(await definition.run(context));
    for (const [port, dataset] of ports) {
      const consumers = stop.outports.find((each) => each.port === port)?.consumers ?? 0;
      tools.session.place(dataset, { stop: stop.name, port }, consumers);
    }
    return ports;
  } finally {
    clearTimeout(timer);
  }
}

function portDatasets(outputs: Outputs): Map<string, Dataset> {
  if (outputs === undefined) return new Map();
  return isDataset(outputs) ? new Map([['', outputs]]) : new Map(Object.entries(outputs));
}

function isDataset(outputs: Dataset | Readonly<Record<string, Dataset>>): outputs is Dataset {
  return typeof outputs['batches'] === 'function' && Array.isArray(outputs['columns']);
}

/** Stores the rows of every port where the run asks for it, and gives what reads them there. */
async function storeRows(stop: PlanStop, plan: Plan, ports: PortDatasets, tools: FlowRunTools): Promise<PortDatasets> {
  if (tools.debug !== undefined) return keepRows(stop, ports, tools);
  if (!plan.exact) return ports;
  const folder = join(tools.scratch, 'edges');
  const stored = [...ports].map(async ([port, dataset]) => {
    const edge = await tools.session.store(dataset, portFolder(folder, stop.name, port));
    return [port, edge.dataset] as const;
  });
  return new Map(await Promise.all(stored));
}

/** Stores the rows of every port: as Parquet for GetRows and what comes after, and in PiFlow's layout. */
async function keepRows(stop: PlanStop, ports: PortDatasets, tools: FlowRunTools): Promise<PortDatasets> {
  const { debug, session } = tools;
  if (debug === undefined) return ports;
  const kept = await Promise.all(
    [...ports].map(async ([port, dataset]) => {
      const name = port === '' ? 'default' : fileName(port);
      const stored = await session.store(dataset, portFolder(debug.rows, stop.name, port));
      const folder = join(debug.piflow, fileName(stop.name));
      await mkdir(folder, { recursive: true });
      await session.write(stored.dataset, 'ndjson', join(folder, name), { mode: 'overwrite' });
      await writeFile(join(folder, `${name}_schema`), `${dataset.columns.map((column) => column.name).join(',')}\n`);
      return [port, stored.dataset] as const;
    }),
  );
  return new Map(kept);
}

/** PiFlow's clients look for folders of the names themselves; a name that would lead elsewhere is written otherwise. */
function fileName(name: string): string {
  return /[/\\\0]|^\.{1,2}$/.test(name) ? encodeURIComponent(name).replaceAll('.', '%2E') : name;
}

/** The error belongs to the stop that the engine names, else to the one whose code met it. */
function blame(stop: PlanStop, error: unknown, tools: FlowRunTools): void {
  const wire = withLocations(toWireError(error), tools.mounts);
  const named = wire.details['stop'];
  tools.states.failed(named ?? stop.name, wire);
}

async function makeScratch(folder: string, plan: Plan, stop: PlanStop): Promise<string> {
  const place = join(folder, `stop-${plan.stops.indexOf(stop)}`);
  await mkdir(place, { recursive: true });
  return place;
}

function upstream(plan: Plan, stop: string): Set<string> {
  const needed = new Set([stop]);
  for (const each of [...plan.stops].reverse()) {
    if (needed.has(each.name)) each.inputs.forEach((input) => needed.add(input.from.stop));
  }
  return needed;
}
