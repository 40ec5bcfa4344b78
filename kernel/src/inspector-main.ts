/**
 * The inspector: a child process that loads plugins and says what they contribute. It takes `{ entry }` and gives
 * `{ manifest }` or `{ error: { reason, message } }`, one at a time. With an `engine` it runs the stops' examples too.
 */
import { describePlugin, toSluiceError, type EngineDefinition, type PluginDefinition } from '@sluice/plugin-sdk';
import { processChannel } from './child-process-host.js';
import type { ExampleResult } from './inspector.js';
import { loadPlugin } from './loader.js';

interface Question {
  readonly entry: string;
  readonly engine?: { readonly name: string; readonly entry: string };
}

const channel = processChannel();
channel.onMessage((message) => {
  void inspect(message as Question).then(channel.send);
});

async function inspect({ entry, engine }: Question): Promise<unknown> {
  try {
    const plugin = await loadPlugin(entry);
    const stops = plugin.stops ?? [];
    const exampleCount = stops.reduce((sum, { examples = [] }) => sum + examples.length, 0);
    const examples = engine && (await runExamples(plugin, await loadEngine(engine)));
    return { manifest: describePlugin(plugin), exampleCount, examples };
  } catch (error) {
    const { reason, message } = toSluiceError(error, 'PLUGIN_FAILED');
    return { error: { reason, message } };
  }
}

async function loadEngine({ name, entry }: NonNullable<Question['engine']>): Promise<EngineDefinition | undefined> {
  return (await loadPlugin(entry)).engines?.find((each) => each.name === name);
}

async function runExamples({ stops = [] }: PluginDefinition, engine?: EngineDefinition): Promise<ExampleResult[]> {
  // Loaded here: most packages have no examples, and the checks bring a test library.
  const { checkExample } = await import('@sluice/plugin-sdk/testing');
  const results: ExampleResult[] = [];
  for (const stop of stops) {
    for (const example of stop.examples ?? []) {
      const fault = await checkExample(stop, example, engine).then(
        () => '',
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      results.push({ stop: stop.name, title: example.title, fault });
    }
  }
  return results;
}
