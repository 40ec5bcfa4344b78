import { Option, type Command } from 'commander';
import type { AddCommand } from './add-command.js';
import { collect } from './program-run.js';
import type { Texts } from './texts/texts.js';

/** Adds `schedule` and what is below it. */
export function addScheduleCommands(program: Command, add: AddCommand, texts: Texts): void {
  const { help, options } = texts;
  const schedule = program.command('schedule').description(help.schedule);
  const paged = (command: Command): Command =>
    command
      .option('-n, --limit <count>', options.limit)
      .option('--page <token>', options.page)
      .option('--all', options.all);
  add(schedule, 'create [file]', help.scheduleCreate, (command) =>
    spec(command, texts).option('--paused', options.paused),
  ).lazy(async () => (await import('./commands/schedule.js')).createSchedule);
  add(schedule, 'update <id> [file]', help.scheduleUpdate, (command) =>
    spec(command, texts).option('--expect <version>', options.expectSchedule),
  ).lazy(async () => (await import('./commands/schedule.js')).updateSchedule);
  add(schedule, 'get <id>', help.scheduleGet).lazy(async () => (await import('./commands/schedule.js')).getSchedule);
  add(schedule, 'list', help.scheduleList, (command) =>
    paged(
      command
        .option('--search <text>', options.scheduleSearch)
        .option('--project <name>', options.project)
        .option('--label <name=value>', options.scheduleLabel, collect),
    ),
  ).lazy(async () => (await import('./commands/schedule.js')).listSchedules);
  add(schedule, 'delete <id>', help.scheduleDelete).lazy(
    async () => (await import('./commands/schedule.js')).deleteSchedule,
  );
  add(schedule, 'pause <id>', help.schedulePause, (command) =>
    command.option('--reason <text>', options.pauseReason),
  ).lazy(async () => (await import('./commands/schedule.js')).pauseSchedule);
  add(schedule, 'resume <id>', help.scheduleResume).lazy(
    async () => (await import('./commands/schedule.js')).resumeSchedule,
  );
  add(schedule, 'trigger <id>', help.scheduleTrigger, (command) =>
    command
      .option('--var <name=value>', options.var, collect)
      .option('--time <time>', options.logicalTime)
      .option('--key <text>', options.key),
  ).lazy(async () => (await import('./commands/schedule.js')).triggerSchedule);
  add(schedule, 'preview <schedule>', help.schedulePreview, (command) =>
    command.option('--from <time>', options.previewFrom).option('-n, --limit <count>', options.previewCount),
  ).lazy(async () => (await import('./commands/schedule-ticks.js')).previewSchedule);
  add(schedule, 'ticks [id]', help.scheduleTicks, (command) =>
    paged(
      command
        .option('--outcome <outcome>', options.outcome, collect)
        .option('--since <time>', options.dueSince)
        .option('--until <time>', options.dueUntil),
    ),
  ).lazy(async () => (await import('./commands/schedule-ticks.js')).listTicks);
  add(schedule, 'why <id>', help.scheduleWhy, (command) =>
    command.option('--time <time>', options.whyTime).option('--tick <key>', options.whyTick),
  ).lazy(async () => (await import('./commands/schedule-ticks.js')).whySchedule);
}

/** The options that say what a schedule is. */
function spec(command: Command, { options }: Texts): Command {
  return command
    .option('--name <name>', options.scheduleName)
    .option('-m, --description <text>', options.scheduleDescription)
    .option('--flow <id>', options.scheduleFlow)
    .option('--cron <expression>', options.cron)
    .addOption(new Option('--grammar <grammar>', options.cronGrammar).choices(['quartz', 'unix']))
    .option('--every <time>', options.every)
    .option('--at <time>', options.at)
    .option('--after <id>', options.after, collect)
    .option('--any', options.any)
    .option('--on <end>', options.on)
    .option('--window <window>', options.window)
    .option('--folder <folder>', options.folder)
    .option('--prefix <text>', options.prefix)
    .option('--suffix <text>', options.suffix)
    .option('--pattern <expression>', options.pattern)
    .option('--serial', options.serial)
    .addOption(new Option('--order <order>', options.fileOrder).choices(['time', 'name']))
    .option('--descending', options.descending)
    .option('--settle <time>', options.settle)
    .option('--again-when-changed', options.changed)
    .option('--set <stop.property>', options.set)
    .option('--subject <subject>', options.subject)
    .option('--hook', options.hook)
    .option('--hook-secret-file <file>', options.hookSecretFile)
    .option('--signed', options.signed)
    .option('--filter <condition>', options.filter, collect)
    .option('--id-path <path>', options.idPath)
    .option('--manual', options.manual)
    .option('--zone <zone>', options.scheduleZone)
    .option('--project <name>', options.ofProject)
    .option('--label <name=value>', options.label, collect)
    .option('--var <name=value>', options.var, collect)
    .option('--misfire <policy>', options.misfire)
    .option('--misfire-after <time>', options.misfireAfter)
    .option('--overlap <policy>', options.overlap)
    .option('--start <time>', options.start)
    .option('--end <time>', options.end)
    .option('--jitter <time>', options.jitter)
    .option('--calendar <name>', options.calendar, collect)
    .option('--pool <name>', options.pool)
    .option('--pool-slots <count>', options.poolSlots)
    .option('--rate <count/time>', options.rate)
    .option('--priority <number>', options.priority)
    .option('--max-lateness <time>', options.maxLateness)
    .option('--pause-after <count>', options.pauseAfter)
    .option('--engine <engine>', options.engine)
    .option('--attempts <count>', options.attempts)
    .option('--timeout <time>', options.timeout);
}
