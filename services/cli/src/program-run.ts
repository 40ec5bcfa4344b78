import { Option, type Command } from 'commander';
import type { AddCommand } from './add-command.js';
import type { Texts } from './texts/texts.js';

/** Collects an option that may be given several times. */
export function collect(value: string, earlier: readonly string[] = []): string[] {
  return [...earlier, value];
}

/** Adds `run`, `runs`, `logs`, `preview` and `sql`. */
export function addRunCommands(program: Command, add: AddCommand, { help, options }: Texts): void {
  add(program, 'run <flow>', help.run, (command) =>
    command
      .option('--var <name=value>', options.var, collect)
      .option('--label <name=value>', options.label, collect)
      .option('--debug', options.debug)
      .option('--engine <engine>', options.engine)
      .option('--timeout <time>', options.timeout)
      .option('--memory <size>', options.memory)
      .option('--threads <count>', options.threads)
      .option('--attempts <count>', options.attempts)
      .option('--exact', options.exact)
      .option('--pool <name>', options.pool)
      .option('--pool-slots <count>', options.poolSlots)
      .option('--priority <number>', options.priority)
      .option('--key <text>', options.key)
      .option('-d, --detach', options.detach)
      .addOption(new Option('--local', options.local).conflicts('detach')),
  ).lazy(async () => (await import('./commands/run.js')).run);

  const runs = add(program, 'runs', help.runs, (command) =>
    command
      .option('--state <state>', options.state, collect)
      .option('--flow <id>', options.flowId)
      .option('--name <name>', options.flowName)
      .option('--label <name=value>', options.runLabel, collect)
      .option('--since <time>', options.since)
      .option('--until <time>', options.until)
      .option('-n, --limit <count>', options.limit)
      .option('--page <token>', options.page)
      .option('--all', options.all),
  ).lazy(async () => (await import('./commands/runs.js')).runs);
  add(runs, 'show <id>', help.runsShow).lazy(async () => (await import('./commands/runs-show.js')).showRun);
  add(runs, 'watch <id>', help.runsWatch).lazy(async () => (await import('./commands/runs-show.js')).watchRun);
  add(runs, 'cancel <id>', help.runsCancel, (command) => command.option('--reason <text>', options.reason)).lazy(
    async () => (await import('./commands/runs-show.js')).cancelRun,
  );
  add(runs, 'rows <id> [stop] [port]', help.runsRows, (command) =>
    command
      .option('--rejected', options.rejected)
      .option('--columns <names>', options.columns)
      .option('--where <condition>', options.where),
  ).lazy(async () => (await import('./commands/rows.js')).runRows);

  add(program, 'logs <id>', help.logs, (command) =>
    command.option('-f, --follow', options.follow).option('--stop <name>', options.stop),
  ).lazy(async () => (await import('./commands/logs.js')).logs);
  addPreview(program, add, { help, options });
  add(program, 'sql [query]', help.sql, (command) =>
    command
      .option('--view <name=file>', options.view, collect)
      .option('--file <file>', options.sqlFile)
      .option('--stdin', options.sqlStdin)
      .option('--explain', options.explain)
      .addOption(new Option('--format <format>', options.sqlFormat).choices(['table', 'csv', 'json', 'parquet']))
      .option('--output <file>', options.sqlOutput)
      .option('--zone <zone>', options.zone)
      .option('--ansi', options.ansi),
  ).lazy(async () => (await import('./commands/sql.js')).sql);
}

/** Adds `preview` to a command: it stands at the top and under `flow`. */
export function addPreview(parent: Command, add: AddCommand, { help, options }: Pick<Texts, 'help' | 'options'>): void {
  add(parent, 'preview <flow> <stop> [port]', help.preview, (command) =>
    command
      .option('--var <name=value>', options.var, collect)
      .option('-n, --limit <count>', options.rowLimit)
      .option('--local', options.local),
  ).lazy(async () => (await import('./commands/rows.js')).preview);
}
