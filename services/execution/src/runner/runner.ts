import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  SluiceError,
  isSluiceError,
  type EngineSession,
  type Files,
  type OpenEngine,
  type PluginDefinition,
  type StopContext,
  type StopDefinition,
} from '@sluice/plugin-sdk';
import { createFiles } from '@sluice/flow/files';
import { loadPlugin, type HostChannel } from '@sluice/kernel';
import { barNativeCode, guardNetwork } from '@sluice/packages/child';
import type { PythonOutput } from '@sluice/python';
import { connectDatasource } from './connect-datasource.js';
import { composePort, runFlow, type FlowRunTools } from './flow-run.js';
import type { FromRunner, Open, Outcome, Plan, PlanStop, PythonWork, ToRunner, Work } from './protocol.js';
import { engineListener, Reporter } from './reporter.js';
import { pythonStop } from './python-stop.js';
import { StopStates } from './stop-states.js';
import { fromWireError, toWireError, withLocations } from './wire-error.js';

/** How often a cancelled run is interrupted again: a query may begin after the first interrupt. */
const INTERRUPT_AGAIN_MS = 100;

/** How often progress is told; a heartbeat at least as often as the setting says. */
const PROGRESS_MS = 500;

/** Plugins by their entry, loaded and checked. */
const loaded = new Map<string, PluginDefinition>();

const EMPTY_PLAN: Plan = {
  run: '',
  flow: '',
  engine: '',
  zone: '',
  ansi: false,
  exact: false,
  stops: [],
  datasources: {},
};

/** The side of a runner process that does the work: opens the engine once, then does one piece of work at a time. */
export class Runner {
  private opened: { engine: OpenEngine; files: Files; storeFiles: Files; options: Open['options'] } | undefined;
  private current: { abort: AbortController; session: EngineSession | undefined; reporter: Reporter } | undefined;
  private readonly commits = new Map<number, (error: SluiceError | undefined) => void>();
  private nextCommit = 1;
  private readonly calls = new Map<number, (answer: Extract<ToRunner, { type: 'python' }>) => void>();
  private nextCall = 1;

  constructor(private readonly channel: HostChannel) {}

  listen(): void {
    this.channel.onMessage((message) => void this.receive(message as ToRunner));
    this.channel.onInterrupt(() => this.cancel());
  }

  /** A failure outside any promise that the runner awaits: only the stop's code can have caused it. */
  async fail(error: unknown): Promise<void> {
    const outcome: Outcome = { ok: false, error: toWireError(error) };
    const update = this.current?.reporter.take() ?? { changes: [], counts: [], rejected: [], log: [] };
    this.send({ type: 'done', outcome, update, clean: false });
  }

  private async receive(message: ToRunner): Promise<void> {
    if (message.type === 'open') await this.open(message);
    else if (message.type === 'cancel') this.cancel();
    else if (message.type === 'python') {
      this.calls.get(message.id)?.(message);
      this.calls.delete(message.id);
    } else if (message.type === 'commit') {
      this.commits.get(message.id)?.(message.error === undefined ? undefined : fromWireError(message.error));
      this.commits.delete(message.id);
    } else await this.work(message);
  }

  private send(message: FromRunner): void {
    this.channel.send(message);
  }

  private async open({ engine, options }: Open): Promise<void> {
    try {
      const plugin = await loadPlugin(engine.entry);
      const definition = plugin.engines?.find((each) => each.name === engine.name);
      if (definition === undefined) {
        throw new SluiceError('PLUGIN_INVALID', `'${engine.entry}' has no engine '${engine.name}'`);
      }
      await mkdir(options.scratch, { recursive: true });
      const folders = [options.store, ...Object.values(options.mounts)];
      await Promise.all(folders.map((folder) => mkdir(folder, { recursive: true })));
      const files = withScratch(
        await createFiles(options),
        await createFiles({ roots: [options.scratch], mounts: {} }),
      );
      const storeFiles = await createFiles({ roots: [options.store], mounts: {} });
      const opened = await definition.open({ ...options, roots: [...files.roots, ...storeFiles.roots] });
      if (!options.nativeCode) barNativeCode();
      if (options.hosts !== undefined) {
        guardNetwork(options.hosts, (what) => this.current?.reporter.line('WARN', '', what));
      }
      this.opened = { engine: opened, files, storeFiles, options };
      const beat = (): void => this.send({ type: 'heartbeat', progress: this.current?.reporter.progress });
      setInterval(beat, Math.min(options.heartbeatMs, PROGRESS_MS)).unref();
      this.send({ type: 'ready' });
    } catch (error) {
      this.send({ type: 'unready', error: toWireError(error, 'PLUGIN_FAILED') });
    }
  }

  private async work(work: Work): Promise<void> {
    const { opened } = this;
    if (opened === undefined) throw new SluiceError('INTERNAL', 'a runner got work before it was opened');
    const before = traces();
    const reporter = new Reporter((update) => this.send({ type: 'update', update }));
    const abort = new AbortController();
    const current = { abort, session: undefined as EngineSession | undefined, reporter };
    this.current = current;
    const plan = work.type === 'rows' ? EMPTY_PLAN : work.plan;
    const states = new StopStates(plan, reporter);
    const scratch = join(opened.options.scratch, 'work');
    let outcome: Outcome;
    let closed = true;
    try {
      current.session = await opened.engine.session({
        run: plan.run,
        files: work.type === 'rows' ? opened.storeFiles : opened.files,
        scratch,
        ansi: plan.ansi,
        zone: plan.zone === '' ? opened.options.zone : plan.zone,
        beforeCommit: () => this.beforeCommit(),
        listener: engineListener(reporter, (stop) => states.running(stop)),
      });
      const { session } = current;
      const tools: FlowRunTools = {
        session,
        files: opened.files,
        reporter,
        states,
        abort,
        scratch,
        debug: work.type === 'run' ? work.debug : undefined,
        loadStop: (stop) =>
          stop.python === undefined
            ? loadStop(stop)
            : Promise.resolve(
                pythonStop(plan, stop, stop.python, {
                  session,
                  mounts: opened.options.mounts,
                  call: (path, call, context) => this.callPython({ path, call }, context),
                }),
              ),
        connect: (name) => connectDatasource(plan, name, abort.signal, opened.files),
        afterwards: [],
        beforeCommit: () => this.beforeCommit(),
        mounts: opened.options.mounts,
      };
      outcome = await doWork(work, tools);
    } catch (error) {
      const wire = toWireError(abort.signal.aborted ? firstCause(abort, error) : error);
      outcome = { ok: false, error: withLocations(wire, opened.options.mounts) };
    } finally {
      states.close();
      closed = await this.clear(current.session, scratch, reporter);
    }
    this.current = undefined;
    this.send({ type: 'done', outcome, update: reporter.take(), clean: closed && traces() === before });
  }

  private async clear(session: EngineSession | undefined, scratch: string, reporter: Reporter): Promise<boolean> {
    try {
      await session?.close();
      await rm(scratch, { recursive: true, force: true });
      return true;
    } catch (error) {
      reporter.line('WARN', '', `the runner could not clear up and is not used again: ${String(error)}`);
      return false;
    }
  }

  private beforeCommit(): Promise<void> {
    const id = this.nextCommit++;
    return new Promise((resolve, reject) => {
      this.commits.set(id, (error) => (error === undefined ? resolve() : reject(error)));
      this.send({ type: 'commit', id });
    });
  }

  /** Has a stop run in Python. The end of the run ends it. */
  private async callPython(work: PythonWork, { signal }: StopContext): Promise<readonly PythonOutput[]> {
    const id = this.nextCall++;
    const end = (): void => this.send({ type: 'endPython' });
    signal.addEventListener('abort', end, { once: true });
    try {
      const { outputs = [], error } = await new Promise<Extract<ToRunner, { type: 'python' }>>((resolve) => {
        this.calls.set(id, resolve);
        this.send({ type: 'python', id, work });
        if (signal.aborted) end();
      });
      if (error !== undefined) throw fromWireError(error);
      return outputs;
    } finally {
      signal.removeEventListener('abort', end);
    }
  }

  private cancel(): void {
    const { current } = this;
    if (current === undefined || current.abort.signal.aborted) return;
    current.abort.abort(new SluiceError('RUN_CANCELLED', 'the run was cancelled'));
    const interrupt = (): void => current.session?.interrupt();
    interrupt();
    const timer = setInterval(() => {
      if (this.current === current) interrupt();
      else clearInterval(timer);
    }, INTERRUPT_AGAIN_MS);
    timer.unref();
  }
}

/** The files of runs, and those of this runner's scratch folder, by which stops exchange rows with the engine. */
function withScratch(files: Files, scratch: Files): Files {
  const isExchange = (location: string): boolean => scratch.roots.some((root) => location.startsWith(`${root}/`));
  return {
    ...files,
    list: (location) => (isExchange(location) ? scratch : files).list(location),
    resolve: (location, access) => (isExchange(location) ? scratch : files).resolve(location, access),
  };
}

async function doWork(work: Work, tools: FlowRunTools): Promise<Outcome> {
  const { session } = tools;
  if (work.type === 'run') {
    await runFlow(work.plan, tools);
    const rejects = await session.rejects();
    if (rejects !== undefined) await session.store(rejects, work.rejects);
    return { ok: true };
  }
  if (work.type === 'preview') {
    const dataset = await composePort(work.plan, work.stop, work.port, tools);
    return { ok: true, ...(await session.sample(dataset, work.limit)) };
  }
  const stored = await session.read('parquet', work.folder);
  const total = await session.sample(await session.sql('SELECT count(*) FROM stored', { stored }), 1);
  const columns = work.columns.length === 0 ? '*' : work.columns.map(quoteColumn).join(', ');
  const where = work.condition === '' ? '' : ` WHERE ${work.condition}`;
  const page = `SELECT ${columns} FROM stored${where} LIMIT ${work.limit} OFFSET ${work.offset}`;
  const rows = await session.sample(await session.sql(page, { stored }), work.limit);
  return { ok: true, ...rows, total: Number(total.rows[0]?.[0] ?? 0) };
}

function quoteColumn(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

async function loadStop(stop: PlanStop): Promise<StopDefinition> {
  const plugin = loaded.get(stop.entry) ?? (await loadPlugin(stop.entry));
  loaded.set(stop.entry, plugin);
  const definition = plugin.stops?.find((each) => each.name === stop.type);
  if (definition !== undefined) return definition;
  throw new SluiceError('PLUGIN_INVALID', `'${stop.entry}' has no stop '${stop.type}'`);
}

/** A run that was ended fails with what ended it, whatever error the end caused in its stops. */
function firstCause(abort: AbortController, error: unknown): unknown {
  return isSluiceError(abort.signal.reason) ? abort.signal.reason : (error ?? abort.signal.reason);
}

/** What a stop's code may leave behind in a process; when it differs after a run, the process is not used again. */
function traces(): string {
  // Requests and immediates end by themselves; sockets, timers, servers, processes and watchers are held by someone.
  const held = process.getActiveResourcesInfo().filter((each) => !/Req|Immediate/.test(each));
  return JSON.stringify([held.sort(), Object.keys(globalThis), process.env, process.cwd()]);
}
