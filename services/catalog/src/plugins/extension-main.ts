/** A child process that loads an extension into an engine and says what came of it. */
import { loadPlugin, processChannel } from '@sluice/kernel';

/** What came of it. */
export type ExtensionAnswer =
  { readonly version: string; readonly functions: readonly string[] } | { readonly error: string };

interface Question {
  readonly name: string;
  readonly entry: string;
  readonly file: string;
}

const channel = processChannel();
channel.onMessage((message) => void load(message as Question).then(channel.send));

async function load({ name, entry, file }: Question): Promise<ExtensionAnswer> {
  try {
    const engine = (await loadPlugin(entry)).engines?.find((each) => each.name === name);
    if (engine?.inspectExtension === undefined) return { error: `the engine '${name}' takes no extensions` };
    return await engine.inspectExtension(file);
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
