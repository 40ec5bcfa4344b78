import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { isSluiceError, REASONS, SDK_VERSION, SluiceError, type PluginManifest, type Reason } from '@sluice/plugin-sdk';
import { childProcessHost, describeExit } from './child-process-host.js';
import { writeWhole } from './digest.js';
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

/** Part of each cached file's name: a manifest made for another SDK may have another form. */
const FORM = `sdk-${SDK_VERSION}`;

/**
 * Reads what packages contribute, in one child process without secrets, each with its own time limit; what a package
 * does to that process falls on it alone. Manifests are kept by digest: a package that is known starts no process.
 */
export async function inspect(
  packages: readonly PluginPackage[],
  options: InspectorOptions,
): Promise<ReadonlyMap<PluginPackage, Inspection>> {
  const found = new Map<PluginPackage, Inspection>();
  const unknown: PluginPackage[] = [];
  for (const [each, manifest] of await Promise.all(
    packages.map(async (each) => [each, await readCached(each, options.cache)] as const),
  )) {
    if (manifest) found.set(each, { manifest });
    else unknown.push(each);
  }
  let host: PluginHost | undefined;
  try {
    for (const each of unknown) {
      host ??= await startInspector(options);
      const inspection = await inspectOne(each, host, options.timeoutMs);
      found.set(each, inspection);
      if ('manifest' in inspection) {
        await writeWhole(cachedFile(each, options.cache), JSON.stringify(inspection.manifest));
      } else {
        // Whatever the package left behind in the process must not reach the next one.
        await host.kill(0);
        host = undefined;
      }
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

async function inspectOne(each: PluginPackage, host: PluginHost, timeoutMs: number): Promise<Inspection> {
  const failed = (what: string): Inspection => {
    const message = `plugin '${each.name}' ${each.version} ${what}; its entry must only declare, and end at once`;
    return { error: new SluiceError('PLUGIN_FAILED', message, { details: { plugin: each.name } }) };
  };
  let timer: NodeJS.Timeout | undefined;
  let unlisten: (() => void) | undefined;
  const inspection = await new Promise<Inspection>((resolve) => {
    timer = setTimeout(() => resolve(failed(`was not inspected within ${timeoutMs} ms`)), timeoutMs);
    void host.exited.then((exit) => {
      const output = exit.lastOutput.trim();
      const wrote = output === '' ? '' : ` (its last output: ${output})`;
      resolve(failed(`ended the inspector: ${describeExit(exit)}${wrote}`));
    });
    unlisten = host.onMessage((message) => resolve(readAnswer(each, message)));
    host.send({ entry: each.entry });
  });
  clearTimeout(timer);
  unlisten?.();
  return inspection;
}

function readAnswer(each: PluginPackage, message: unknown): Inspection {
  try {
    const { manifest, error } = message as { manifest?: unknown; error?: { reason?: string; message?: string } };
    if (error) {
      const reason = error.reason && error.reason in REASONS ? (error.reason as Reason) : 'PLUGIN_FAILED';
      throw new SluiceError(reason, `plugin '${each.name}' ${each.version}: ${error.message}`, {
        details: { plugin: each.name },
      });
    }
    const checked = checkManifest(each.name, manifest);
    const other = each.kind === 'stops' ? checked.engines : checked.stops;
    if (other.length > 0) {
      const message = `plugin '${each.name}': sluice.kind says ${each.kind}, but it contributes '${other[0]?.name}' too`;
      throw new SluiceError('PLUGIN_INVALID', message, { details: { plugin: each.name } });
    }
    return { manifest: checked };
  } catch (error) {
    if (isSluiceError(error)) return { error };
    throw error;
  }
}

function cachedFile(each: PluginPackage, cache: string): string {
  return join(cache, 'manifests', FORM, `${each.digest}.json`);
}

async function readCached(each: PluginPackage, cache: string): Promise<PluginManifest | undefined> {
  try {
    return checkManifest(each.name, JSON.parse(await readFile(cachedFile(each, cache), 'utf8')));
  } catch {
    return undefined; // not known yet, or damaged: inspected anew
  }
}
