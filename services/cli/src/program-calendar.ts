import type { Command } from 'commander';
import type { AddCommand } from './add-command.js';
import { collect } from './program-run.js';
import type { Texts } from './texts/texts.js';

/** Adds `calendar`, `pool` and `event`, to which schedules refer, and what is below them. */
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
