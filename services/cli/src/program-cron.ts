import { Option, type Command } from 'commander';
import type { AddCommand } from './add-command.js';
import type { Texts } from './texts/texts.js';

/** Adds `cron` and what is below it. */
export function addCronCommands(program: Command, add: AddCommand, { help, options }: Texts): void {
  const cron = program.command('cron').description(help.cron);
  const question = (command: Command): Command =>
    command
      .addOption(new Option('--grammar <grammar>', options.cronGrammar).choices(['quartz', 'unix']))
      .option('--zone <zone>', options.cronZone)
      .option('--from <time>', options.cronFrom)
      .option('-n, --count <count>', options.cronCount);
  add(cron, 'explain <expression>', help.cronExplain, question).lazy(
    async () => (await import('./commands/cron.js')).explainCron,
  );
  add(cron, 'next [expression]', help.cronNext, (command) =>
    question(command).option('--stdin', options.cronStdin),
  ).lazy(async () => (await import('./commands/cron.js')).nextCron);
}
