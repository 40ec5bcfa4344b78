import type { Command } from 'commander';
import type { Session } from './session.js';

/** What a command does with its options and arguments. A variadic argument comes as a list. */
export type Action<O, A extends unknown[]> = (session: Session, options: O, ...args: A) => Promise<void>;

/** A command that was added and has no action yet. */
export interface AddedCommand {
  readonly command: Command;
  /** Says what it does, by a function that loads it. Options and arguments come as they were declared to commander. */
  lazy<O, A extends unknown[]>(load: () => Promise<Action<O, A>>): Command;
}

/** Adds a command to another. */
export type AddCommand = (
  parent: Command,
  usage: string,
  about: string,
  declare?: (command: Command) => Command,
) => AddedCommand;

/** Makes the function that adds commands: each opens a session, runs, reports what it throws, and closes. */
export function commandAdder(open: () => Session): AddCommand {
  return (parent, usage, about, declare = (command) => command) => {
    const command = declare(parent.command(usage).description(about));
    return {
      command,
      lazy: <O, A extends unknown[]>(load: () => Promise<Action<O, A>>): Command =>
        command.action(async (...given: unknown[]) => {
          const session = open();
          try {
            // The last two are the options and the command. Options of its ancestors count too: commander gives a
            // shared name to the outermost.
            const args = given.slice(0, -2) as A;
            await (
              await load()
            )(session, command.optsWithGlobals() as O, ...args);
          } catch (error) {
            (await import('./report-error.js')).reportError(session, error);
          } finally {
            await session.close();
          }
        }),
    };
  };
}
