import { Option, type Command } from 'commander';
import type { AddCommand } from './add-command.js';
import { addMountOptions } from './program-plugin.js';
import type { Texts } from './texts/texts.js';

/** Adds `hub` and what is below it. */
export function addHubCommands(program: Command, add: AddCommand, texts: Texts): void {
  const { help, options } = texts;
  const hub = program.command('hub').description(help.hub);
  const load = async () => import('./commands/hub.js');
  const registry = (command: Command): Command =>
    command.option('--registry <address>', options.registry).option('--config <file>', options.config);
  add(hub, 'search [text]', help.hubSearch, registry).lazy(async () => (await load()).searchHub);
  add(hub, 'info <package>', help.hubInfo, registry).lazy(async () => (await load()).showHubPackage);
  add(hub, 'install <package>', help.hubInstall, (command) =>
    addMountOptions(registry(command), texts)
      .option('--no-mount', options.noMount)
      .option('--signature <file>', options.signature),
  ).lazy(async () => (await load()).installFromHub);
  add(hub, 'publish [folder]', help.hubPublish, (command) =>
    registry(command)
      .option('--tag <tag>', options.tag)
      .addOption(new Option('--access <access>', options.access).choices(['public', 'restricted']))
      .option('--provenance <file>', options.provenance)
      .option('--dry-run', options.dryRun),
  ).lazy(async () => (await import('./commands/hub-publish.js')).publishToHub);
  add(hub, 'outdated', help.hubOutdated, registry).lazy(async () => (await load()).listOutdated);
}
