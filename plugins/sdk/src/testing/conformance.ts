import { deepStrictEqual, ok } from 'node:assert/strict';
import type { Example, StopDefinition } from '../define-stop.js';
import type { EngineDefinition } from '../define-engine.js';
import { readProperties } from '../read-properties.js';
import type { Property } from '../property.js';
import { runStop } from './run-stop.js';

/** One thing that every stop must do; `run` fails with what is wrong. */
export interface Check {
  /** A sentence, for the name of a test. */
  readonly name: string;
  run(): Promise<void>;
}

/** A secret that shows where it leaks. */
const SECRET = 'sluice-conformance-secret-5f0c';
/** How long a stop may take to end when its run is cancelled, in milliseconds. */
const CANCEL_TIME = 5000;

/**
 * What every stop must do, as checks for any test runner:
 *
 * @example for (const check of conformance(csvRead, stops)) test(check.name, check.run);
 *
 * @param among the stops of the same plugin, for names that must differ
 */
export function conformance(
  stop: StopDefinition,
  among: readonly StopDefinition[] = [],
  options: { readonly engine?: EngineDefinition | string } = {},
): Check[] {
  const examples = stop.examples ?? [];
  return [
    check(`${stop.name} has a name and aliases that no other stop has`, () => checkNames(stop, among)),
    check(`${stop.name} says what it is in English and Chinese`, () => checkTexts(stop)),
    check(`${stop.name} names its ports once`, () => checkPorts(stop)),
    check(`${stop.name} has properties with titles, descriptions and defaults of their own kind`, () =>
      checkProperties(stop),
    ),
    check(`${stop.name} names the engines it runs on`, () => ok(stop.engines.length > 0, 'engines is empty')),
    ...examples.map((example) => ({
      name: `${stop.name} does what its example "${example.title}" promises`,
      run: () => checkExample(stop, example, options.engine),
    })),
    ...examples.slice(0, 1).flatMap((example) => [
      {
        name: `${stop.name} keeps secrets out of logs and errors`,
        run: () => checkSecrets(stop, example, options.engine),
      },
      { name: `${stop.name} ends when its run is cancelled`, run: () => checkAbort(stop, example, options.engine) },
    ]),
  ];
}

function check(name: string, body: () => void): Check {
  return {
    name,
    run: () => Promise.resolve().then(body),
  };
}

function checkNames(stop: StopDefinition, among: readonly StopDefinition[]): void {
  ok(
    /^[A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*)+$/.test(stop.name),
    `the name '${stop.name}' is not of the form 'family.stop'`,
  );
  const own = [stop.name, ...(stop.aliases ?? [])];
  ok(new Set(own).size === own.length, `a name is given twice: ${own.join(', ')}`);
  for (const other of among) {
    if (other === stop) continue;
    const taken = [other.name, ...(other.aliases ?? [])].filter((name) => own.includes(name));
    ok(taken.length === 0, `'${other.name}' has the name ${taken.join(', ')} too`);
  }
}

function checkTexts(stop: StopDefinition): void {
  for (const [what, text] of Object.entries({ title: stop.title, description: stop.description })) {
    ok(text.en.trim() !== '', `the ${what} has no English text`);
    ok((text.zh ?? '').trim() !== '', `the ${what} has no Chinese text`);
  }
  ok(stop.groups.length > 0, 'it is in no group');
}

function checkPorts(stop: StopDefinition): void {
  for (const [side, shape] of Object.entries(stop.ports)) {
    if (shape.kind !== 'named') continue;
    ok(shape.names.length > 0, `the ${side} ports are named, and there are none`);
    ok(new Set(shape.names).size === shape.names.length, `an ${side} port is named twice: ${shape.names.join(', ')}`);
  }
}

function checkProperties(stop: StopDefinition): void {
  const names = new Set<string>();
  for (const [name, property] of Object.entries(stop.properties)) {
    for (const each of [name, ...(property.aliases ?? [])]) {
      ok(!names.has(each), `two properties have the name '${each}'`);
      names.add(each);
    }
    for (const [what, text] of Object.entries({ title: property.title, description: property.description })) {
      ok((text?.en ?? '').trim() !== '', `property '${name}' has no ${what} in English`);
      ok((text?.zh ?? '').trim() !== '', `property '${name}' has no ${what} in Chinese`);
    }
    checkValue(name, property, 'default', property.default);
    checkValue(name, property, 'example', property.example);
    ok(
      !(property.required === true && property.default !== undefined),
      `property '${name}' is required and has a default`,
    );
  }
}

function checkValue(name: string, property: Property, what: string, value: unknown): void {
  if (value === undefined) return;
  const { problems } = readProperties({ [name]: property }, { [name]: value }, 'refuse');
  ok(problems.length === 0, `the ${what} of property '${name}' is wrong: ${problems[0]?.message ?? ''}`);
}

/** Runs an example of a stop on an engine (default DuckDB); it fails where the outputs differ from what it says. */
export async function checkExample(
  stop: StopDefinition,
  example: Example,
  engine?: EngineDefinition | string,
): Promise<void> {
  const { outputs } = await runStop(stop, {
    inputs: example.inputs,
    properties: example.properties,
    customized: example.customized,
    outports: Object.keys(example.outputs),
    engine,
  });
  deepStrictEqual(Object.keys(outputs).sort(), Object.keys(example.outputs).sort(), 'the ports that give rows differ');
  for (const [port, table] of Object.entries(example.outputs)) {
    deepStrictEqual(
      outputs[port]?.columns.map((column) => [...column]),
      table.columns.map((column) => [...column]),
    );
    deepStrictEqual(outputs[port]?.rows, table.rows);
  }
}

async function checkSecrets(
  stop: StopDefinition,
  example: Example,
  engine: EngineDefinition | string | undefined,
): Promise<void> {
  const secrets = Object.entries(stop.properties).filter(
    ([, { kind, secret }]) => kind === 'secret' || secret === true,
  );
  if (secrets.length === 0) return;
  const properties = { ...example.properties, ...Object.fromEntries(secrets.map(([name]) => [name, SECRET])) };
  const said = await runStop(stop, { ...example, properties, outports: Object.keys(example.outputs), engine }).then(
    (result) => result.log.join('\n'),
    // A wrong secret may well fail the stop; what it says is what matters.
    (error: unknown) =>
      error instanceof Error ? `${error.message}\n${error.stack ?? ''}\n${JSON.stringify(error)}` : String(error),
  );
  ok(!said.includes(SECRET), 'a secret is shown in the log or in an error');
}

async function checkAbort(
  stop: StopDefinition,
  example: Example,
  engine: EngineDefinition | string | undefined,
): Promise<void> {
  const abort = new AbortController();
  abort.abort();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), CANCEL_TIME);
  });
  const run = runStop(stop, { ...example, outports: Object.keys(example.outputs), engine, signal: abort.signal }).then(
    () => 'ended' as const,
    () => 'ended' as const,
  );
  const outcome = await Promise.race([run, late]);
  clearTimeout(timer);
  ok(outcome === 'ended', `it did not end within ${CANCEL_TIME / 1000} s after its run was cancelled`);
}
