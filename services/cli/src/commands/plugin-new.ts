import { relative } from 'node:path';
import { scaffold } from '../authoring/scaffold.js';
import type { Session } from '../session.js';

/** Makes a package with one stop in a new folder, and says how to go on. */
export async function newPlugin(session: Session, options: { readonly python?: boolean }, name: string): Promise<void> {
  const { folder, stop } = await scaffold(name, process.cwd(), options.python === true ? 'python' : 'typescript');
  if (session.json) return session.outJson({ folder, stop });
  const { texts, style, quiet } = session;
  const shown = relative(process.cwd(), folder);
  session.out(`${style.good('✓')} ${texts.plugin.made(shown, stop)}`);
  if (quiet) return;
  session.out('', texts.plugin.next);
  const commands = options.python === true ? texts.plugin.pythonCommands : texts.plugin.commands;
  for (const [command, about] of commands(shown)) session.out(`  ${style.accent(command)}`, `      ${about}`);
}
