import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dataset, EngineSession, Outputs, StopContext, StopDefinition } from '@sluice/plugin-sdk';
import type { PythonCall, PythonInput, PythonOutput } from '@sluice/python';
import type { Plan, PlanStop, PythonPlan } from './protocol.js';

/** What a stop in Python needs of its runner. */
export interface PythonTools {
  readonly session: EngineSession;
  readonly mounts: Readonly<Record<string, string>>;
  /** Has the stop run in its process, and gives the files that it wrote. */
  call(path: readonly string[], call: PythonCall, context: StopContext): Promise<readonly PythonOutput[]>;
}

/**
 * A stop in Python as its runner sees it. Its rows go to and come from its process as files: Parquet, which both sides
 * read and write a part at a time.
 */
export function pythonStop(
  plan: Plan,
  stop: PlanStop,
  python: PythonPlan,
  tools: PythonTools,
): Pick<StopDefinition, 'run' | 'writes'> {
  const run = async (context: StopContext): Promise<Outputs> => {
    const scratch = await context.scratch();
    const output = join(scratch, 'out');
    await mkdir(output, { recursive: true });
    const call: PythonCall = {
      entry: stop.entry,
      stop: stop.type,
      component: python.component,
      name: stop.name,
      properties: stop.properties,
      customized: stop.customized,
      inputs: await storeInputs(context, scratch, tools),
      outports: context.outports,
      paths: await resolvePaths(context, python),
      datasources: datasourcesOf(plan, stop, python),
      mounts: tools.mounts,
      run: context.run,
      scratch: join(scratch, 'work'),
      output,
    };
    const written = await tools.call(python.path, call, context);
    const given = written.map(async ({ port, file, format = 'parquet' }) => {
      const options = format === 'csv' ? { header: true } : {};
      return [port, await context.engine.read(format, file, options)] as const;
    });
    return Object.fromEntries(await Promise.all(given)) as Readonly<Record<string, Dataset>>;
  };
  return { run, writes: python.writes };
}

async function storeInputs(context: StopContext, scratch: string, { session }: PythonTools): Promise<PythonInput[]> {
  const stored = context.inputs.ports.map(async (port, index) => {
    const folder = join(scratch, `in-${index}`);
    await session.store(context.inputs.get(port), folder);
    return { port, file: join(folder, 'part-00000.parquet') };
  });
  return Promise.all(stored);
}

async function resolvePaths(context: StopContext, { paths }: PythonPlan): Promise<Record<string, string>> {
  const resolved: Record<string, string> = {};
  for (const name of paths) {
    const value = (context.properties as Readonly<Record<string, unknown>>)[name];
    if (typeof value === 'string' && value !== '') resolved[name] = await context.files.resolve(value, 'write');
  }
  return resolved;
}

function datasourcesOf(plan: Plan, stop: PlanStop, { datasources }: PythonPlan): PythonCall['datasources'] {
  const values = datasources.flatMap((name) => {
    const wanted = stop.properties[name];
    const found = typeof wanted === 'string' ? plan.datasources[wanted.toLowerCase()] : undefined;
    return found === undefined ? [] : [[name, found.values] as const];
  });
  return Object.fromEntries(values);
}
