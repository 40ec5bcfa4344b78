import type { Command } from 'commander';
import type { AddCommand } from './add-command.js';
import { collect } from './program-run.js';
import type { Texts } from './texts/texts.js';

/** Adds `datasource` and `variable` and what is below them. */
export function addDatasourceCommands(program: Command, add: AddCommand, texts: Texts): void {
  const { help, options } = texts;
  const show = () => import('./commands/datasource.js');
  const save = () => import('./commands/datasource-save.js');
  const secrets = (command: Command): Command =>
    command
      .option('--secret <name>', options.secret, collect)
      .option('--secret-file <name=file>', options.secretFile, collect);
  const properties = (command: Command): Command =>
    secrets(command.option('-p, --property <name=value>', options.property, collect)).option(
      '-m, --description <text>',
      options.description,
    );
  const datasource = program.command('datasource').description(help.datasource);
  add(datasource, 'types', help.datasourceTypes).lazy(async () => (await show()).listTypes);
  add(datasource, 'add <name> <type>', help.datasourceAdd, properties).lazy(async () => (await save()).addDatasource);
  add(datasource, 'list', help.datasourceList).lazy(async () => (await show()).listDatasources);
  add(datasource, 'show <name>', help.datasourceShow).lazy(async () => (await show()).showDatasource);
  add(datasource, 'edit <name>', help.datasourceEdit, (command) =>
    properties(command).option('--clear <name>', options.clear, collect).option('--expect <version>', options.expect),
  ).lazy(async () => (await save()).editDatasource);
  add(datasource, 'test [name]', help.datasourceTest, (command) =>
    command.option('--all', options.testAll).option('--timeout <ms>', options.testTimeout),
  ).lazy(async () => (await show()).testDatasources);
  const limit = (command: Command): Command => command.option('-n, --limit <count>', options.limit);
  add(datasource, 'browse <name> [path...]', help.datasourceBrowse, limit).lazy(
    async () => (await show()).browseDatasource,
  );
  add(datasource, 'rows <name> <table>', help.datasourceRows, limit).lazy(async () => (await show()).sampleRows);
  add(datasource, 'usage <name>', help.datasourceUsage).lazy(async () => (await show()).showUsage);
  add(datasource, 'rotate [name]', help.datasourceRotate, (command) =>
    secrets(command).option('--keys', options.rotateKeys),
  ).lazy(async () => (await save()).rotate);
  add(datasource, 'remove <name>', help.datasourceRemove, (command) => command.option('--force', options.force)).lazy(
    async () => (await show()).removeDatasource,
  );

  const variable = program.command('variable').description(help.variable);
  const variables = () => import('./commands/variable.js');
  const project = (command: Command): Command => command.option('--project <name>', options.variableProject);
  add(variable, 'set <name> [value]', help.variableSet, (command) =>
    project(command)
      .option('--type <type>', options.variableType)
      .option('--secret', options.variableSecret)
      .option('-m, --description <text>', options.description),
  ).lazy(async () => (await variables()).setVariable);
  add(variable, 'list', help.variableList, project).lazy(async () => (await variables()).listVariables);
  add(variable, 'remove <name>', help.variableRemove, project).lazy(async () => (await variables()).removeVariable);
}
