import { Command } from 'commander';

/** Runs the command line. Each command's module is loaded only when it is used, so that starting stays fast. */
export async function run(argv: readonly string[]): Promise<void> {
  const program = new Command('sluice').description('Runs data pipelines: flows of stops on DuckDB and Spark.');
  program
    .command('up')
    .description('start every service in this process, on embedded parts')
    .action(async () => (await import('./commands/serve.js')).serve(['catalog', 'execution', 'gateway']));
  program
    .command('serve')
    .description('start some services in this process')
    .argument('<services...>', 'catalog, execution, gateway')
    .action(async (services: string[]) => (await import('./commands/serve.js')).serve(services));
  await program.parseAsync([...argv]);
}
