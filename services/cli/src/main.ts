import { CommanderError } from 'commander';
import { EXIT } from './exit-codes.js';
import { createProgram } from './program.js';
import { chooseLanguage, loadTexts } from './texts/texts.js';

/** Runs the command line. Each command's module is loaded only when it is used, so that starting stays fast. */
export async function run(argv: readonly string[]): Promise<void> {
  // A reader such as `head` may leave before everything is written; that is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.fault),
  );
  const language = chooseLanguage(optionValue(argv, '--lang'), process.env);
  const program = createProgram(await loadTexts(language), language);
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version end this way too, with 0. Commander has said what is wrong.
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
}

/** The value of an option that is needed before the options can be read. */
function optionValue(argv: readonly string[], name: string): string | undefined {
  const at = argv.findIndex((argument) => argument === name || argument.startsWith(`${name}=`));
  const found = argv[at];
  return found === undefined ? undefined : found === name ? argv[at + 1] : found.slice(name.length + 1);
}
