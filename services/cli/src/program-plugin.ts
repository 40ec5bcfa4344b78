import type { Command } from 'commander';
import type { AddCommand } from './add-command.js';
import type { Texts } from './texts/texts.js';

/** Adds `plugin` and what is below it. */
export function addPluginCommands(program: Command, add: AddCommand, texts: Texts): void {
  const { help, options } = texts;
  const plugin = program.command('plugin').description(help.plugin);
  add(plugin, 'new <name>', help.pluginNew, (command) => command.option('--python', options.python)).lazy(
    async () => (await import('./commands/plugin-new.js')).newPlugin,
  );
  add(plugin, 'check [folder]', help.pluginCheck).lazy(
    async () => (await import('./commands/plugin-check.js')).checkPlugin,
  );
  add(plugin, 'dev [folder]', help.pluginDev, (command) => command.option('--flow <file>', options.devFlow)).lazy(
    async () => (await import('./commands/plugin-dev.js')).devPlugin,
  );
  add(plugin, 'pack [folder]', help.pluginPack, (command) =>
    command.option('-o, --output <file>', options.output),
  ).lazy(async () => (await import('./commands/plugin-pack.js')).packPlugin);
  addLifeCycle(plugin, add, texts);
}

/** What becomes of packages on a platform. */
function addLifeCycle(plugin: Command, add: AddCommand, texts: Texts): void {
  const { help, options } = texts;
  const change = async () => import('./commands/plugin-change.js');
  const list = async () => import('./commands/plugin-list.js');
  const mounting = (command: Command): Command => addMountOptions(command, texts);
  add(plugin, 'upload <path>', help.pluginUpload, (command) =>
    mounting(
      command
        .option('--mount', options.mount)
        .option('--signature <file>', options.signature)
        .option('--as <kind>', options.as)
        .option('--provenance <file>', options.provenance),
    ),
  ).lazy(async () => (await import('./commands/plugin-upload.js')).uploadPlugin);
  add(plugin, 'list', help.pluginList, (command) => command.option('--mounted', options.mounted)).lazy(
    async () => (await list()).listPlugins,
  );
  add(plugin, 'show <plugin>', help.pluginShow).lazy(async () => (await list()).showPlugin);
  add(plugin, 'mount <plugin>', help.pluginMount, mounting).lazy(async () => (await change()).mountPlugin);
  add(plugin, 'unmount <plugin>', help.pluginUnmount, (command) =>
    command.option('--safe', options.safe).option('-m, --comment <text>', options.pluginComment),
  ).lazy(async () => (await change()).unmountPlugin);
  add(plugin, 'rollback', help.pluginRollback, (command) => command.option('--to <generation>', options.to)).lazy(
    async () => (await change()).rollbackPlugins,
  );
  add(plugin, 'remove <plugin>', help.pluginRemove).lazy(async () => (await change()).removePlugin);
  add(plugin, 'publish <plugin>', help.pluginPublish).lazy(async () => (await change()).publishPlugin);
  add(plugin, 'quarantine <plugin>', help.pluginQuarantine, (command) =>
    command.option('--lift', options.lift).option('--reason <text>', options.pluginComment),
  ).lazy(async () => (await change()).quarantinePlugin);
  add(plugin, 'status', help.pluginStatus).lazy(async () => (await list()).pluginStatus);
  add(plugin, 'changes [name]', help.pluginChanges, (command) =>
    command.option('-n, --limit <count>', options.limit),
  ).lazy(async () => (await list()).pluginChanges);
}

/** The options of whatever mounts a package. */
export function addMountOptions(command: Command, { options }: Texts): Command {
  return command
    .option('--keep-default', options.keepDefault)
    .option('--declared-only', options.declaredOnly)
    .option('--grant', options.grant)
    .option('--win', options.win)
    .option('-m, --comment <text>', options.pluginComment);
}
