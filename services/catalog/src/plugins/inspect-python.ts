import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  askInspector,
  OUTPUT_LIMIT,
  type Capabilities,
  type ExampleResult,
  type InspectorOptions,
  type PluginPackage,
} from '@sluice/kernel';
import type { PluginManifest } from '@sluice/plugin-sdk';
import { pythonHost, type Interpreter } from '@sluice/python';

/**
 * Reads what a package in Python contributes and runs the examples of its stops, in a process that can read its files
 * and those of Python and nothing else, without network.
 *
 * @param path the folders with its modules and wheels
 * @throws PLUGIN_FAILED or PLUGIN_INVALID with what it did
 */
export async function inspectPython(
  python: Interpreter,
  entry: string,
  about: { readonly name: string; readonly version: string; readonly capabilities: Capabilities },
  options: Pick<InspectorOptions, 'timeoutMs' | 'memoryBytes'>,
  path: readonly string[],
): Promise<{ readonly manifest: PluginManifest; readonly examples: readonly ExampleResult[] }> {
  const scratch = await mkdtemp(join(tmpdir(), 'sluice-inspect-'));
  const { native } = about.capabilities;
  let written = 0;
  const host = pythonHost({
    name: 'inspector',
    python,
    path,
    rights: { read: [], write: [scratch], processes: false, native, network: false, hosts: [] },
    memoryBytes: options.memoryBytes,
    env: { TMPDIR: scratch },
    cwd: scratch,
    onOutput: (_, text) => {
      written += text.length;
      if (written > OUTPUT_LIMIT) void host.kill(0);
    },
  });
  try {
    await host.start();
    const question = { type: 'inspect', entry, name: about.name };
    const each = { ...about, kind: 'stops' } as PluginPackage;
    const inspection = await askInspector(host, each, options, question);
    if ('error' in inspection) throw inspection.error;
    return { manifest: inspection.manifest, examples: inspection.examples ?? [] };
  } finally {
    await host.kill(0);
    await rm(scratch, { recursive: true, force: true });
  }
}
