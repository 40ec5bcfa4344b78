import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Dataset } from '../dataset.js';
import type { Connection } from '../define-datasource.js';
import type { StopDefinition, Table } from '../define-stop.js';
import type { EngineDefinition, PortCount } from '../define-engine.js';
import { SluiceError } from '../errors.js';
import { readProperties } from '../read-properties.js';
import { describePort, inputsOf, portsOf } from './test-inputs.js';
import { fromTable, toTable } from './tables.js';
import { openTestSession, type TestSession } from './test-session.js';

/** What a stop is run on. */
export interface RunStopOptions {
  /** Rows by in port; the default port is the empty text. */
  readonly inputs?: Readonly<Record<string, Table>> | undefined;
  /** As a flow would give them: checked, and filled with defaults. */
  readonly properties?: Readonly<Record<string, unknown>> | undefined;
  readonly customized?: Readonly<Record<string, string>> | undefined;
  /** The out ports that paths lead from; needed only where the flow names the ports. */
  readonly outports?: readonly string[] | undefined;
  /** Files to be there before the run: contents by path. */
  readonly files?: Readonly<Record<string, string | Uint8Array>> | undefined;
  /** Default `duckdb`. */
  readonly engine?: EngineDefinition | string | undefined;
  readonly zone?: string | undefined;
  readonly ansi?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** A session to run in, which stays open; default one of its own with the engine, zone and ansi given here. */
  readonly session?: TestSession | undefined;
  /** Connections by the names of datasources. */
  readonly datasources?: Readonly<Record<string, () => Promise<Connection>>> | undefined;
  /** What npm packages of bundles export, by their names. */
  readonly bundles?: Readonly<Record<string, unknown>> | undefined;
}

/** What came of it. */
export interface StopResult {
  /** Rows by out port; the default port is the empty text. */
  readonly outputs: Readonly<Record<string, Table>>;
  /** What the stop wrote to its log, a line each. */
  readonly log: readonly string[];
  /** The number of rows that readers refused. */
  readonly rejected: number;
  readonly counted: readonly PortCount[];
  /** The folder that stands for the root of all files. */
  readonly root: string;
}

/**
 * Runs a stop on a real engine with real files in a folder of its own, takes all rows of all its outputs, and gives
 * them back. Values are as {@link Value} says.
 *
 * @throws what the stop throws; FLOW_INVALID with all problems of the properties
 */
export async function runStop(stop: StopDefinition, options: RunStopOptions = {}): Promise<StopResult> {
  const { values, problems } = readProperties(
    stop.properties,
    options.properties ?? {},
    stop.extraProperties ?? 'refuse',
  );
  if (problems.length > 0) {
    const message = `stop '${stop.name}': ${problems.map((problem) => problem.message).join('; ')}`;
    throw new SluiceError('FLOW_INVALID', message, { problems });
  }
  const test = options.session ?? (await openTestSession(options));
  const log: string[] = [];
  const afterwards: (() => Promise<void>)[] = [];
  try {
    for (const [path, content] of Object.entries(options.files ?? {})) {
      await mkdir(dirname(join(test.root, path)), { recursive: true });
      await writeFile(join(test.root, path), content);
    }
    const given = new Map<string, Dataset>();
    for (const [port, table] of Object.entries(options.inputs ?? {})) {
      const dataset = await fromTable(test.session.forStop(`input ${port}`), table);
      test.session.place(dataset, { stop: `input ${port}`, port: '' }, 1);
      given.set(port, dataset);
    }
    const returned = await stop.run({
      properties: values,
      customized: options.customized ?? {},
      inputs: inputsOf(given),
      outports: options.outports ?? portsOf(stop),
      engine: test.session.forStop('stop'),
      files: test.files,
      connect: async (name) => {
        const open = options.datasources?.[name];
        if (open === undefined) throw new SluiceError('DATASOURCE_NOT_FOUND', `the test has no datasource '${name}'`);
        return open();
      },
      bundle: async (name) => options.bundles?.[name],
      log: { info: (line) => void log.push(line), warn: (line) => void log.push(line) },
      beforeCommit: () => Promise.resolve(),
      onSuccess: (work) => void afterwards.push(work),
      signal: options.signal ?? new AbortController().signal,
      stop: 'stop',
      run: { id: 'run', flow: 'flow' },
      scratch: async () => {
        const folder = join(test.scratch, 'stop');
        await mkdir(folder, { recursive: true });
        return folder;
      },
    });
    const datasets = outputsOf(returned, stop);
    for (const [port, dataset] of datasets) test.session.place(dataset, { stop: 'stop', port }, 1);
    const outputs: Record<string, Table> = {};
    for (const [port, dataset] of datasets) outputs[port] = await toTable(dataset);
    for (const work of afterwards) await work();
    const rejected = [...test.events.rejected.values()].reduce((sum, rows) => sum + rows, 0);
    return { outputs, log, rejected, counted: test.events.counted, root: test.root };
  } finally {
    if (options.session === undefined) await test.close();
  }
}

function outputsOf(returned: Awaited<ReturnType<StopDefinition['run']>>, stop: StopDefinition): Map<string, Dataset> {
  if (returned === undefined) return new Map();
  if ('batches' in returned && typeof returned.batches === 'function') return new Map([['', returned as Dataset]]);
  const outputs = new Map(Object.entries(returned as Readonly<Record<string, Dataset>>));
  const { out } = stop.ports;
  for (const port of outputs.keys()) {
    const isDeclared = out.kind === 'any' || out.kind === 'routed' || portsOf(stop).includes(port);
    if (!isDeclared) {
      throw new SluiceError(
        'PORT_UNKNOWN',
        `stop '${stop.name}' gave rows for the port ${describePort(port)}, which it does not declare`,
      );
    }
  }
  return outputs;
}
