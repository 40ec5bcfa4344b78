import type { Command } from 'commander';
import type { AddCommand } from './add-command.js';
import type { Texts } from './texts/texts.js';

/** Adds `plugin` and what is below it. */
export function addPluginCommands(program: Command, add: AddCommand, texts: Texts): void {
  const { help, options } = texts;
  const plugin = program.command('plugin').description(help.plugin);
  add(plugin, 'new <name>', help.pluginNew).lazy(async () => (await import('./commands/plugin-new.js')).newPlugin);
  add(plugin, 'check [folder]', help.pluginCheck).lazy(
    async () => (await import('./commands/plugin-check.js')).checkPlugin,
  );
  add(plugin, 'pack [folder]', help.pluginPack, (command) =>
    command.option('-o, --output <file>', options.output),
  ).lazy(async () => (await import('./commands/plugin-pack.js')).packPlugin);
}
