import { Option, type Command } from 'commander';
import type { AddCommand } from './add-command.js';
import { collect } from './program-run.js';
import type { Texts } from './texts/texts.js';

/** Adds `notify` and what is below it. */
export function addNotifyCommands(program: Command, add: AddCommand, { help, options }: Texts): void {
  const notify = program.command('notify').description(help.notify);
  const targets = () => import('./commands/notify.js');
  const history = () => import('./commands/notify-history.js');
  const target = (command: Command): Command =>
    command
      .option('--webhook <url>', options.webhook)
      .addOption(new Option('--format <format>', options.webhookFormat).choices(['sluice', 'slack', 'dingtalk']))
      .option('--secret', options.webhookSecret)
      .option('--secret-file <file>', options.webhookSecretFile)
      .option('--email <address>', options.email, collect)
      .option('--on <event>', options.notifyOn, collect)
      .option('--schedule <id>', options.notifySchedule)
      .option('--project <name>', options.notifyProject)
      .option('--late-after <time>', options.lateAfter)
      .option('--long-after <time>', options.longAfter)
      .addOption(new Option('--language <language>', options.notifyLanguage).choices(['en', 'zh']))
      .option('--disable', options.disable);
  add(notify, 'add <name>', help.notifyAdd, target).lazy(async () => (await targets()).addTarget);
  add(notify, 'list', help.notifyList).lazy(async () => (await targets()).listTargets);
  add(notify, 'show <id>', help.notifyShow).lazy(async () => (await targets()).showTarget);
  add(notify, 'edit <id>', help.notifyEdit, (command) =>
    target(command).option('--name <name>', options.scheduleName).option('--enable', options.enable),
  ).lazy(async () => (await targets()).editTarget);
  add(notify, 'remove <id>', help.notifyRemove).lazy(async () => (await targets()).removeTarget);
  add(notify, 'test <id>', help.notifyTest).lazy(async () => (await targets()).testTarget);
  add(notify, 'history', help.notifyHistory, (command) =>
    command
      .addOption(new Option('--state <state>', options.notifyState).choices(['pending', 'sent', 'dead']))
      .option('--target <id>', options.notifyTarget)
      .option('--schedule <id>', options.ofNotifySchedule)
      .option('-n, --limit <count>', options.limit)
      .option('--page <token>', options.page),
  ).lazy(async () => (await history()).listNotifications);
  add(notify, 'retry <id>', help.notifyRetry).lazy(async () => (await history()).retryNotification);
}
