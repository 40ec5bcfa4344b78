import { createRequire } from 'node:module';
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childProcessHost, describeExit, modulesAbove } from '@sluice/kernel';
import { SluiceError } from '@sluice/chassis';
import type { ExtensionAnswer } from './extension-main.js';

const LIMITS = { timeoutMs: 20_000, memoryBytes: 2 ** 30 };

/**
 * Loads an extension into an engine, in a process of its own that can read it and the engine and nothing else.
 *
 * @throws PLUGIN_INVALID with why it does not fit, or with what it did
 */
export async function inspectExtension(
  engine: { readonly name: string; readonly entry: string },
  file: string,
): Promise<{ readonly version: string; readonly functions: readonly string[] }> {
  const entry = realpathSync(fileURLToPath(new URL('./extension-main.js', import.meta.url)));
  const codeOf = (module: string): string[] => {
    const real = realpathSync(module);
    return [dirname(dirname(real)), ...modulesAbove(dirname(real))];
  };
  const require = createRequire(import.meta.url);
  const own = ['@sluice/kernel/inspector', '@sluice/plugin-sdk'].flatMap((name) => codeOf(require.resolve(name)));
  const read = [dirname(file), dirname(entry), ...codeOf(engine.entry), ...own];
  const sandbox = { read, write: [], processes: false, native: true, network: false };
  const host = childProcessHost({ name: 'extension', entry, memoryBytes: LIMITS.memoryBytes, sandbox });
  const refuse = (what: string): SluiceError =>
    new SluiceError('PLUGIN_INVALID', `the extension cannot be loaded: ${what}`);
  try {
    await host.start();
    const timer = setTimeout(() => void host.kill(0), LIMITS.timeoutMs);
    const answer = await new Promise<ExtensionAnswer>((resolve) => {
      host.onMessage((message) => resolve(message as ExtensionAnswer));
      void host.exited.then((exit) => {
        const how = exit.killed ? `it took longer than ${LIMITS.timeoutMs} ms` : `it ended with ${describeExit(exit)}`;
        resolve({ error: how });
      });
      host.send({ ...engine, file });
    });
    clearTimeout(timer);
    if ('error' in answer) throw refuse(answer.error);
    return answer;
  } finally {
    await host.kill(0);
  }
}
