import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { REASONS, SDK_VERSION, SluiceError, toSluiceError, type PluginManifest, type Reason } from '@sluice/plugin-sdk';
import { childProcessHost, describeExit } from './child-process-host.js';
import type { PluginPackage } from './discovery.js';
import type { PluginHost } from './host.js';
import { checkManifest } from './loader.js';

export interface InspectorOptions {
  /** The folder of manifests by digest. */
  readonly cache: string;
  /** How long one package may take, in milliseconds. */
  readonly timeoutMs: number;
  /** How much memory the inspector may use, in bytes. */
  readonly memoryBytes: number;
}

/** What inspection found: a manifest, or why there is none. */
export type Inspection = { readonly manifest: PluginManifest } | { readonly error: SluiceError };

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
      const inspection = await ask(host, each, options);
      found.push(inspection);
      if ('manifest' in inspection) await keep(each, inspection.manifest, options.cache);
    }
  } finally {
    await host?.kill(0);
  }
  return found;
}

async function startInspector({ memoryBytes }: InspectorOptions): Promise<PluginHost> {
  // Resolved by name, because sources and tests lie elsewhere than the built module.
  const entry = createRequire(import.meta.url).resolve('@sluice/kernel/inspector');
  const host = childProcessHost({ name: 'inspector', entry, memoryBytes });
  await host.start();
  return host;
}

async function ask(host: PluginHost, each: PluginPackage, { timeoutMs }: InspectorOptions): Promise<Inspection> {
  let isLate = false;
  let unlisten: (() => void) | undefined;
  const timer = setTimeout(() => {
    isLate = true;
    void host.kill(0);
  }, timeoutMs);
  const inspection = await new Promise<Inspection>((resolve) => {
    void host.exited.then((exit) => {
      const how = isLate ? `did not end within ${timeoutMs} ms` : `ended the inspector: ${describeExit(exit)}`;
      const wrote = exit.lastOutput.trim() || 'none';
      resolve({ error: refusal(each, 'PLUGIN_FAILED', `its entry ${how}; its last output: ${wrote}`) });
    });
    unlisten = host.onMessage((message) => resolve(readAnswer(each, message)));
    host.send({ entry: each.entry });
  });
  clearTimeout(timer);
  unlisten?.();
  return inspection;
}

function readAnswer(each: PluginPackage, message: unknown): Inspection {
  const { manifest, error } = message as { manifest?: unknown; error?: { reason: string; message: string } };
  if (error) {
    const reason = error.reason in REASONS ? (error.reason as Reason) : 'PLUGIN_FAILED';
    return { error: refusal(each, reason, error.message) };
  }
  try {
    const checked = checkManifest(manifest);
    const other = each.kind === 'stops' ? checked.engines[0] : checked.stops[0];
    if (other === undefined) return { manifest: checked };
    throw new SluiceError('PLUGIN_INVALID', `sluice.kind says ${each.kind}, but it contributes '${other.name}' too`);
  } catch (fault) {
    return { error: refusal(each, 'PLUGIN_INVALID', toSluiceError(fault).message) };
  }
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
