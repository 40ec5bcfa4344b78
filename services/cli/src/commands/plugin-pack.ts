import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { packFiles } from '@sluice/chassis/packaging';
import { buildPackage, filesOfPackage, readAuthorPackage } from '../authoring/author-package.js';
import type { Session } from '../session.js';
import { formatBytes } from '../terminal/format.js';

/** Builds a package and writes its archive; the same files give the same archive. */
export async function packPlugin(session: Session, options: { readonly output?: string }, folder = '.'): Promise<void> {
  const plugin = await readAuthorPackage(folder);
  await buildPackage(plugin);
  const files = await filesOfPackage(plugin);
  const content = await packFiles(plugin.folder, files);
  const { name, version } = plugin.manifest;
  const usual = `${String(name).replace(/^@/, '').replace('/', '-')}-${String(version)}.tgz`;
  const file = resolve(options.output ?? usual);
  await writeFile(file, content);
  if (session.json) return session.outJson({ file, bytes: content.length, files: files.length });
  session.out(session.quiet ? file : session.texts.plugin.packed(file, formatBytes(content.length), files.length));
}
