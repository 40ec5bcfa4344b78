/**
 * The inspector: a child process that loads plugins and says what they contribute. It takes `{ entry }` and gives
 * `{ manifest }` or `{ error: { reason, message } }`, one at a time.
 */
import { describePlugin, toSluiceError } from '@sluice/plugin-sdk';
import { processChannel } from './child-process-host.js';
import { loadPlugin } from './loader.js';

const channel = processChannel();
channel.onMessage((message) => {
  void inspect((message as { readonly entry: string }).entry).then(channel.send);
});

async function inspect(entry: string): Promise<unknown> {
  try {
    return { manifest: describePlugin(await loadPlugin(entry)) };
  } catch (error) {
    const { reason, message } = toSluiceError(error, 'PLUGIN_FAILED');
    return { error: { reason, message } };
  }
}
