import { Option, type Command } from 'commander';
import type { AddCommand } from './add-command.js';
import { addPreview, collect } from './program-run.js';
import type { Texts } from './texts/texts.js';

/** Adds `flow` and what is below it. */
export function addFlowCommands(program: Command, add: AddCommand, texts: Texts): void {
  const { help, options } = texts;
  const flow = program.command('flow').description(help.flow);
  const format = (): Option => new Option('--format <format>', options.format).choices(['sluice', 'piflow']);
  add(flow, 'list', help.flowList, (command) =>
    command
      .option('--search <text>', options.flowSearch)
      .option('--label <name=value>', options.flowLabel, collect)
      .option('-n, --limit <count>', options.limit)
      .option('--page <token>', options.page)
      .option('--all', options.all),
  ).lazy(async () => (await import('./commands/flow-list.js')).listFlows);
  add(flow, 'versions <id>', help.flowVersions).lazy(
    async () => (await import('./commands/flow-list.js')).listFlowVersions,
  );
  add(flow, 'get <id>', help.flowGet).lazy(async () => (await import('./commands/flow-get.js')).getFlow);
  add(flow, 'validate <flow>', help.flowValidate, (command) => command.option('--local', options.local)).lazy(
    async () => (await import('./commands/flow-save.js')).validateFlow,
  );
  const comment = (command: Command): Command => command.option('-m, --comment <text>', options.comment);
  add(flow, 'create <file>', help.flowCreate, comment).lazy(
    async () => (await import('./commands/flow-save.js')).createFlow,
  );
  add(flow, 'update <id> <file>', help.flowUpdate, (command) =>
    comment(command).option('--expect <version>', options.expect),
  ).lazy(async () => (await import('./commands/flow-save.js')).updateFlow);
  add(flow, 'delete <id>', help.flowDelete, (command) => command.option('--expect <version>', options.expect)).lazy(
    async () => (await import('./commands/flow-save.js')).deleteFlow,
  );
  add(flow, 'import <file>', help.flowImport, (command) => comment(command).addOption(format())).lazy(
    async () => (await import('./commands/flow-save.js')).importFlow,
  );
  add(flow, 'export <id>', help.flowExport, (command) =>
    command.addOption(format()).option('-o, --output <file>', options.output),
  ).lazy(async () => (await import('./commands/flow-get.js')).exportFlow);
  addPreview(flow, add, texts);
}
