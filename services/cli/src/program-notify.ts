import { Option, type Command } from 'commander';
import type { AddCommand } from './add-command.js';
import { collect } from './program-run.js';
import type { Texts } from './texts/texts.js';

/** Adds `calendar` and `pool` and what is below them. */
export function addCalendarCommands(program: Command, add: AddCommand, { help, options }: Texts): void {
  const calendars = () => import('./commands/calendar.js');
  const calendar = program.command('calendar').description(help.calendar);
  const rules = (command: Command): Command =>
    command.option('--weekdays-off <days>', options.weekdaysOff).option('--zone <zone>', options.calendarZone);
  add(calendar, 'set <name>', help.calendarSet, (command) =>
    rules(command)
      .option('--off <day>', options.daysOff, collect)
      .option('--on <day>', options.daysOn, collect)
      .option('-m, --description <text>', options.description),
  ).lazy(async () => (await calendars()).setCalendar);
  add(calendar, 'import <name> <file>', help.calendarImport, (command) =>
    rules(command).option('--on-word <word>', options.onWords, collect),
  ).lazy(async () => (await calendars()).importCalendar);
  add(calendar, 'list', help.calendarList).lazy(async () => (await calendars()).listCalendars);
  add(calendar, 'show <name>', help.calendarShow).lazy(async () => (await calendars()).showCalendar);
  add(calendar, 'remove <name>', help.calendarRemove).lazy(async () => (await calendars()).removeCalendar);

  const pools = () => import('./commands/pool.js');
  const pool = program.command('pool').description(help.pool);
  add(pool, 'set <name> <slots>', help.poolSet, (command) =>
    command.option('-m, --description <text>', options.description),
  ).lazy(async () => (await pools()).setPool);
  add(pool, 'list', help.poolList).lazy(async () => (await pools()).listPools);
  add(pool, 'remove <name>', help.poolRemove).lazy(async () => (await pools()).removePool);

  const event = program.command('event').description(help.event);
  add(event, 'publish <subject> [payload]', help.eventPublish, (command) =>
    command.option('--id <id>', options.eventId),
  ).lazy(async () => (await import('./commands/event.js')).publishEvent);
}

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
