import { randomUUID } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { REASONS, SDK_VERSION, SluiceError, toSluiceError, type PluginManifest, type Reason } from '@sluice/plugin-sdk';
import { childProcessHost, describeExit } from './child-process-host.js';
import type { PluginPackage } from './discovery.js';
import type { PluginHost } from './host.js';
import { asRecord, checkManifest } from './loader.js';
import type { Sandbox } from './sandbox.js';

export interface InspectorOptions {
  /** The folder of manifests by digest. */
  readonly cache: string;
  /** How long one package may take, in milliseconds. */
  readonly timeoutMs: number;
  /** How much memory the inspector may use, in bytes. */
  readonly memoryBytes: number;
}

/** What inspection found: a manifest, or why there is none. */
export type Inspection =
  | { readonly manifest: PluginManifest; readonly exampleCount?: number; readonly examples?: readonly ExampleResult[] }
  | { readonly error: SluiceError };

/**
 * Reads what packages contribute, in one child process without secrets, each with its own time limit; what a package
 * does to that process falls on it alone. Manifests are kept by digest: a package that is known starts no process.
 * The result has the order of the packages.
 */
export async function inspect(packages: readonly PluginPackage[], options: InspectorOptions): Promise<Inspection[]> {
  const known = await Promise.all(packages.map((each) => readKnown(each, options.cache)));
  const found: Inspection[] = [];
  let host: PluginHost | undefined;
  try {
    for (const [index, each] of packages.entries()) {
      const manifest = known[index];
      if (manifest) {
        found.push({ manifest });
        continue;
      }
      if (host?.diagnose().state !== 'running') host = await startInspector(options);
      const inspection = await askInspector(host, each, options, { entry: each.entry });
      found.push(inspection);
      if ('manifest' in inspection) await keep(each, inspection.manifest, options.cache);
    }
  } finally {
    await host?.kill(0);
  }
  return found;
}

/** What came of one example of a stop. */
export interface ExampleResult {
  readonly stop: string;
  readonly title: string;
  /** What went wrong; empty when the outputs were as the example says. */
  readonly fault: string;
}

/**
 * Reads what an uploaded package contributes, in a child process of its own that can read its files and nothing else,
 * without network, and then runs the examples of its stops in another, on an engine.
 *
 * @param engine the engine for the examples; without one they are not run
 * @throws PLUGIN_FAILED or PLUGIN_INVALID with what it did
 */
export async function inspectUploaded(
  each: PluginPackage,
  options: Pick<InspectorOptions, 'timeoutMs' | 'memoryBytes'>,
  engine?: { readonly name: string; readonly entry: string },
): Promise<{ readonly manifest: PluginManifest; readonly examples: readonly ExampleResult[] }> {
  const alone: Sandbox = {
    ...NOTHING,
    read: [each.folder, ...modulesAbove(each.folder), ...ownCode()],
    native: each.capabilities.native,
  };
  const scratch = await mkdtemp(join(tmpdir(), 'sluice-inspect-'));
  // The engine is native code; its own files are those of the platform.
  const read = [...alone.read, ...(engine === undefined ? [] : codeOf(engine.entry))];
  const first = startInspector(options, alone);
  // It starts beside the first, for somebody waits; the package gets into it when it has done well there.
  const second = engine && startInspector(options, { ...alone, read, write: [scratch], native: true }, scratch);
  try {
    const inspection = await askInspector(await first, each, options, { entry: each.entry });
    if ('error' in inspection) throw inspection.error;
    const { manifest, exampleCount = 0 } = inspection;
    if (second === undefined || exampleCount === 0) return { manifest, examples: [] };
    const told = await askInspector(await second, each, options, { entry: each.entry, engine });
    if ('error' in told) throw told.error;
    return { manifest, examples: told.examples ?? [] };
  } finally {
    const started = await Promise.allSettled([first, second]);
    await Promise.all(started.map((host) => host.status === 'fulfilled' && host.value?.kill(0)));
    await rm(scratch, { recursive: true, force: true });
  }
}

const NOTHING: Sandbox = { read: [], write: [], processes: false, native: false, network: false };

/** The folders of the code that runs in an inspector besides the package's. */
function ownCode(): string[] {
  const require = createRequire(import.meta.url);
  return ['@sluice/kernel/inspector', '@sluice/plugin-sdk'].flatMap((name) => codeOf(require.resolve(name)));
}

/** The package that a module belongs to, and the packages that it can import. */
function codeOf(module: string): string[] {
  const real = realpathSync(module);
  return [dirname(dirname(real)), ...modulesAbove(dirname(real))];
}

/** The folders in which packages that the code in a folder imports are found. */
export function modulesAbove(folder: string): string[] {
  const found: string[] = [];
  for (let at = folder; dirname(at) !== at; at = dirname(at)) {
    if (existsSync(join(at, 'node_modules'))) found.push(join(at, 'node_modules'));
  }
  return found;
}

async function startInspector(
  { memoryBytes }: Pick<InspectorOptions, 'memoryBytes'>,
  sandbox?: Sandbox,
  scratch?: string,
): Promise<PluginHost> {
  // Resolved by name, because sources and tests lie elsewhere than the built module.
  const entry = realpathSync(createRequire(import.meta.url).resolve('@sluice/kernel/inspector'));
  const env = scratch === undefined ? {} : { TMPDIR: scratch };
  let written = 0;
  const onOutput = (_: string, text: string): void => {
    written += text.length;
    if (written > OUTPUT_LIMIT) void host.kill(0);
  };
  const limit = sandbox === undefined ? {} : { onOutput };
  const host = childProcessHost({ name: 'inspector', entry, memoryBytes, sandbox, env, ...limit });
  await host.start();
  return host;
}

/** How many characters a package may write while it is inspected. */
export const OUTPUT_LIMIT = 2 ** 20;

/** Asks an inspector, of whatever language, what a package contributes. The host may have ended afterwards. */
export async function askInspector(
  host: PluginHost,
  each: PluginPackage,
  { timeoutMs }: Pick<InspectorOptions, 'timeoutMs'>,
  question: object,
): Promise<Inspection> {
  let isLate = false;
  let unlisten: (() => void) | undefined;
  const timer = setTimeout(() => {
    isLate = true;
    void host.kill(0);
  }, timeoutMs);
  const inspection = await new Promise<Inspection>((resolve) => {
    void host.exited.then((exit) => {
      const ended = exit.killed
        ? `wrote more than ${OUTPUT_LIMIT} characters`
        : `ended the inspector: ${describeExit(exit)}`;
      const how = isLate ? `did not end within ${timeoutMs} ms` : ended;
      const what = 'engine' in question ? 'an example of its stops' : 'its entry';
      const wrote = exit.lastOutput.trim().slice(-500) || 'none';
      resolve({ error: refusal(each, 'PLUGIN_FAILED', `${what} ${how}; its last output: ${wrote}`) });
    });
    unlisten = host.onMessage((message) => resolve(readAnswer(each, message)));
    host.send(question);
  });
  clearTimeout(timer);
  unlisten?.();
  return inspection;
}

function readAnswer(each: PluginPackage, message: unknown): Inspection {
  const { manifest, error, exampleCount, examples } = message as Answer;
  if (error) {
    const reason = error.reason in REASONS ? (error.reason as Reason) : 'PLUGIN_FAILED';
    return { error: refusal(each, reason, error.message) };
  }
  try {
    const checked = checkManifest(manifest);
    const other = each.kind === 'stops' ? checked.engines[0] : checked.stops[0];
    if (other === undefined) {
      return { manifest: checked, exampleCount: Number(exampleCount ?? 0), examples: readExamples(examples) };
    }
    throw new SluiceError('PLUGIN_INVALID', `sluice.kind says ${each.kind}, but it contributes '${other.name}' too`);
  } catch (fault) {
    return { error: refusal(each, 'PLUGIN_INVALID', toSluiceError(fault).message) };
  }
}

/** What an inspector says; the package's code runs beside it, so that nothing of it is taken on trust. */
interface Answer {
  readonly manifest?: unknown;
  readonly exampleCount?: unknown;
  readonly examples?: unknown;
  readonly error?: { readonly reason: string; readonly message: string };
}

function readExamples(value: unknown): ExampleResult[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, 1000).map((each) => {
    const { stop, title, fault } = asRecord(each);
    return { stop: String(stop), title: String(title), fault: String(fault ?? '').slice(0, 2000) };
  });
}

function refusal({ name, version }: PluginPackage, reason: Reason, what: string): SluiceError {
  return new SluiceError(reason, `plugin '${name}' ${version}: ${what}`, { details: { plugin: name } });
}

/** A manifest made for another SDK may have another form. */
function fileOf({ digest }: PluginPackage, cache: string): string {
  return join(cache, 'manifests', `sdk-${SDK_VERSION}`, `${digest}.json`);
}

async function readKnown(each: PluginPackage, cache: string): Promise<PluginManifest | undefined> {
  try {
    return checkManifest(JSON.parse(await readFile(fileOf(each, cache), 'utf8')));
  } catch {
    return undefined; // not known yet, or damaged: inspected anew
  }
}

/** Keeps a manifest; who reads meanwhile sees all of it or nothing. */
async function keep(each: PluginPackage, manifest: PluginManifest, cache: string): Promise<void> {
  const file = fileOf(each, cache);
  const staging = `${file}.${randomUUID()}`;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(staging, JSON.stringify(manifest));
  await rename(staging, file);
}
