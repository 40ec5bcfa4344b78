import type { Command } from 'commander';
import type { AddCommand } from './add-command.js';
import { collect } from './program-run.js';
import type { Texts } from './texts/texts.js';

/** Adds `backfill` and what is below it. */
export function addBackfillCommands(program: Command, add: AddCommand, { help, options }: Texts): void {
  const backfills = () => import('./commands/backfill.js');
  const backfill = program.command('backfill').description(help.backfill);
  const range = (command: Command): Command =>
    command
      .requiredOption('--from <time>', options.backfillFrom)
      .option('--to <time>', options.backfillTo)
      .option('--parallel <count>', options.parallel)
      .option('--newest-first', options.newestFirst)
      .option('--again', options.again)
      .option('--with-dependents', options.withDependents)
      .option('--continue', options.goOn)
      .option('--var <name=value>', options.var, collect);
  add(backfill, 'plan <schedule>', help.backfillPlan, range).lazy(async () => (await backfills()).planBackfill);
  add(backfill, 'start <schedule>', help.backfillStart, (command) =>
    range(command).option('-y, --yes', options.yes),
  ).lazy(async () => (await backfills()).startBackfill);
  add(backfill, 'list', help.backfillList, (command) =>
    command
      .option('--schedule <id>', options.ofSchedule)
      .option('-n, --limit <count>', options.limit)
      .option('--page <token>', options.page),
  ).lazy(async () => (await backfills()).listBackfills);
  add(backfill, 'get <id>', help.backfillGet).lazy(async () => (await backfills()).getBackfill);
  add(backfill, 'pause <id>', help.backfillPause).lazy(async () => (await backfills()).pauseBackfill);
  add(backfill, 'resume <id>', help.backfillResume).lazy(async () => (await backfills()).resumeBackfill);
  add(backfill, 'cancel <id>', help.backfillCancel).lazy(async () => (await backfills()).cancelBackfill);
}
