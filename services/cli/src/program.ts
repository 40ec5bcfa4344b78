import { Command } from 'commander';
import { addDatasourceCommands } from './program-datasource.js';
import { addFlowCommands } from './program-flow.js';
import { addBackfillCommands } from './program-backfill.js';
import { addCalendarCommands } from './program-calendar.js';
import { addCronCommands } from './program-cron.js';
import { addNotifyCommands } from './program-notify.js';
import { addHubCommands } from './program-hub.js';
import { addPluginCommands } from './program-plugin.js';
import { addRunCommands } from './program-run.js';
import { addScheduleCommands } from './program-schedule.js';
import { commandAdder } from './add-command.js';
import { openSession } from './open-session.js';
import { readVersion } from './read-version.js';
import { styleFor } from './terminal/style.js';
import type { Language, Texts } from './texts/texts.js';

/** The tree of commands. What a command does is in a module that is loaded when it is used. */
export function createProgram(texts: Texts, language: Language): Command {
  const { help, options } = texts;
  const program = new Command('sluice').description(help.sluice);
  program
    .option('--url <address>', options.url)
    .option('--json', options.json)
    .option('-q, --quiet', options.quiet)
    .option('--no-color', options.noColor)
    .option('--lang <language>', options.lang)
    .version(readVersion(), '-V, --version', options.version)
    .helpOption('-h, --help', options.help)
    .helpCommand('help [command]', help.help)
    .addHelpText('after', `\n${help.after}`)
    .showSuggestionAfterError()
    .exitOverride();
  const style = styleFor(process.stderr, true, process.env);
  program.configureOutput({
    outputError: (message, write) => {
      const told = texts.errors.usage.reduce(
        (text, [pattern, words]) => text.replace(pattern, words),
        message.replace(/^error: /, ''),
      );
      write(`${style.bad(texts.errors.error)} ${told}`);
    },
  });
  program.showHelpAfterError(texts.errors.seeHelp);
  program.configureHelp({ showGlobalOptions: true, styleTitle: (title) => texts.help.titles[title] ?? title });

  const add = commandAdder(() => openSession(program.opts(), texts, language));
  add(program, 'up', help.up, (command) =>
    command
      .option('--port <port>', options.port)
      .option('--home <folder>', options.home)
      .option('--config <file>', options.config),
  ).lazy(async () => (await import('./commands/up.js')).up);
  add(program, 'serve <services...>', help.serve, (command) => command.option('--config <file>', options.config)).lazy(
    async () => (await import('./commands/serve.js')).serve,
  );
  add(program, 'config [prefix]', help.config, (command) => command.option('--config <file>', options.config)).lazy(
    async () => (await import('./commands/config.js')).config,
  );
  addRunCommands(program, add, texts);
  addFlowCommands(program, add, texts);
  addScheduleCommands(program, add, texts);
  addBackfillCommands(program, add, texts);
  addCalendarCommands(program, add, texts);
  addNotifyCommands(program, add, texts);
  addDatasourceCommands(program, add, texts);
  addCronCommands(program, add, texts);
  addPluginCommands(program, add, texts);
  addHubCommands(program, add, texts);
  add(program, 'stop-types [name]', help.stopTypes, (command) =>
    command
      .option('--group <group>', options.group)
      .option('--groups', options.groups)
      .option('--search <text>', options.search)
      .option('--hidden', options.hidden)
      .option('--uses', options.uses)
      .option('--local', options.local),
  ).lazy(async () => (await import('./commands/stop-types.js')).stopTypes);
  const names = (command: Command): Command => command.option('--group', options.asGroups);
  const visibility = async (hidden: boolean) => (await import('./commands/stop-types.js')).stopVisibility(hidden);
  add(program, 'hide-stops <names...>', help.hideStops, names).lazy(() => visibility(true));
  add(program, 'show-stops <names...>', help.showStops, names).lazy(() => visibility(false));
  add(program, 'doctor', help.doctor, (command) => command.option('--config <file>', options.config)).lazy(
    async () => (await import('./commands/doctor.js')).doctor,
  );
  add(program, 'completion <shell>', help.completion).lazy(async () => {
    const { completion } = await import('./commands/completion.js');
    return (session, _options: object, shell: string) => completion(session, program, shell);
  });
  return program;
}
