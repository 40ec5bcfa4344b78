import { mkdtemp, mkdir, realpath } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { EngineDefinition, EngineSession, OpenEngine, Port, PortCount } from '../define-engine.js';
import type { PluginDefinition } from '../define-plugin.js';
import { SluiceError } from '../errors.js';
import type { Files } from '../engine.js';
import { testFiles, withScratch } from './test-files.js';

/** What an engine told while a test's session was open, in order. */
export interface TestEvents {
  readonly started: (readonly Port[])[];
  readonly ended: { readonly ports: readonly Port[]; readonly error: Error | undefined }[];
  readonly counted: PortCount[];
  readonly progressed: { readonly share: number; readonly rows: number; readonly bytes: number }[];
  /** The number of refused rows by stop. */
  readonly rejected: Map<string, number>;
}

/** A session of a real engine over a folder of its own. */
export interface TestSession {
  readonly session: EngineSession;
  /** The only folder of files that the session may use; empty at first. */
  readonly root: string;
  readonly files: Files;
  readonly events: TestEvents;
  /** A folder that goes with the session. */
  readonly scratch: string;
  /** Called before each commit; replace it to refuse one. */
  beforeCommit: () => Promise<void>;
  close(): Promise<void>;
}

export interface TestSessionOptions {
  /** The engine or the name of one; default `duckdb`, from the package `@sluice/engine-duckdb`. */
  readonly engine?: EngineDefinition | string | undefined;
  /** The session time zone; default UTC. */
  readonly zone?: string | undefined;
  readonly ansi?: boolean | undefined;
}

interface OpenTestEngine {
  readonly open: OpenEngine;
  readonly base: string;
}
const engines = new Map<EngineDefinition | string, Promise<OpenTestEngine>>();
let sessions = 0;

/** Opens a session for a test. The engine is opened once in a process and closed with it. */
export async function openTestSession(options: TestSessionOptions = {}): Promise<TestSession> {
  const wanted = options.engine ?? 'duckdb';
  let opening = engines.get(wanted);
  if (opening === undefined) {
    opening = openEngine(wanted);
    engines.set(wanted, opening);
  }
  const { open, base } = await opening;
  const name = `session-${++sessions}`;
  const [root, scratch] = [join(base, 'files', name), join(base, 'scratch', name)];
  await mkdir(root, { recursive: true });
  await mkdir(scratch, { recursive: true });
  const events: TestEvents = { started: [], ended: [], counted: [], progressed: [], rejected: new Map() };
  const files = withScratch(testFiles(root), scratch);
  const test: TestSession = {
    root,
    scratch,
    files,
    events,
    beforeCommit: () => Promise.resolve(),
    session: await open.session({
      run: name,
      files,
      scratch,
      ansi: options.ansi ?? false,
      zone: options.zone ?? 'UTC',
      beforeCommit: () => test.beforeCommit(),
      listener: {
        started: (ports) => void events.started.push(ports),
        ended: (ports, error) => void events.ended.push({ ports, error }),
        counted: (counts) => void events.counted.push(...counts),
        rejected: (stop, rows) => void events.rejected.set(stop, rows + (events.rejected.get(stop) ?? 0)),
        progressed: (progress) => void events.progressed.push(progress),
      },
    }),
    close: () => test.session.close(),
  };
  return test;
}

async function openEngine(wanted: EngineDefinition | string): Promise<OpenTestEngine> {
  const definition = typeof wanted === 'string' ? await importEngine(wanted) : wanted;
  const base = await realpath(await mkdtemp(join(tmpdir(), 'sluice-test-')));
  // Tests end without asking, so the folder goes with the process.
  process.once('exit', () => rmSync(base, { recursive: true, force: true }));
  const open = await definition.open({
    roots: [join(base, 'files')],
    warehouse: join(base, 'warehouse'),
    scratch: join(base, 'scratch'),
    memoryBytes: 1 << 30,
    threads: 2,
    zone: 'UTC',
  });
  return { open, base };
}

/** An engine of the package `@sluice/engine-<name>`, wherever the tests can import it from. */
async function importEngine(name: string): Promise<EngineDefinition> {
  const specifier = `@sluice/engine-${name}`;
  let loaded: { readonly default?: PluginDefinition };
  try {
    loaded = (await import(specifier)) as typeof loaded;
  } catch {
    // Installed beside the author's package and not beside the SDK.
    try {
      const path = createRequire(join(process.cwd(), 'package.json')).resolve(specifier);
      loaded = (await import(pathToFileURL(path).href)) as typeof loaded;
    } catch (error) {
      const message = `the engine '${name}' is not installed; add ${specifier} to the devDependencies`;
      throw new SluiceError('ENGINE_UNSUPPORTED', message, { cause: error });
    }
  }
  const engine = loaded.default?.engines?.find((each) => each.name === name);
  if (engine !== undefined) return engine;
  throw new SluiceError('ENGINE_UNSUPPORTED', `the package ${specifier} has no engine '${name}'`);
}
