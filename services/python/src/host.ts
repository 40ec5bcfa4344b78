import { childProcessHost, type ChildProcessHostOptions, type PluginHost, type Sandbox } from '@sluice/kernel';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Interpreter } from './interpreter.js';
import type { ToPython } from './protocol.js';

/** The module that runs stops in Python, and what it and they import. */
const SDK_FOLDER = join(
  dirname(createRequire(import.meta.url).resolve('@sluice/sdk-python/package.json')),
  'sluice_sdk',
);

/** What the code in a Python process may do. */
export interface PythonRights extends Sandbox {
  /** The hosts that it may reach when `network` is on; `*` for any. */
  readonly hosts: readonly string[];
}

export interface PythonHostOptions extends Pick<
  ChildProcessHostOptions,
  'name' | 'memoryBytes' | 'env' | 'cwd' | 'startMs' | 'onOutput'
> {
  readonly python: Interpreter;
  /** Absent for code of the operator's own. */
  readonly rights: PythonRights | undefined;
  /** Folders with modules besides those of Python: packages and wheels. */
  readonly path: readonly string[];
}

/** A process of Python that takes messages as {@link ToPython} says; its first orders confine it. */
export function pythonHost({ python, rights, path, ...options }: PythonHostOptions): PluginHost {
  const host = childProcessHost({
    ...options,
    program: python.program,
    // Isolated: it takes nothing from the environment or its folder; and it writes no compiled files.
    execArgv: ['-I', '-B', '-X', 'utf8'],
    entry: join(SDK_FOLDER, 'host.py'),
    sandbox: rights,
  });
  return {
    ...host,
    async start() {
      await host.start();
      const { read = [], write = [], processes = true, native = true, hosts = [] } = rights ?? {};
      const files = rights !== undefined;
      const order: ToPython = {
        type: 'confine',
        read: [...read, ...path],
        ...{ write, processes, native, hosts, own: [SDK_FOLDER], path, files },
      };
      host.send(order);
    },
  };
}

/** Whether an entry is Python: a module, or a folder of scripts. */
export function isPython(entry: string): boolean {
  return /(\.py|[/\\])$/.test(entry);
}
