import { buildPackage, readAuthorPackage } from '../authoring/author-package.js';
import { checkPackage } from '../authoring/check-package.js';
import { showChecks } from '../checks.js';
import type { Session } from '../session.js';

/** Builds a package and checks what it says, what its archive holds and what its stops do. */
export async function checkPlugin(session: Session, _options: object, folder = '.'): Promise<void> {
  const plugin = await readAuthorPackage(folder);
  await buildPackage(plugin);
  showChecks(session, await checkPackage(plugin, session.texts));
}
