import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SluiceError } from '@sluice/chassis';
import { packInstalled, packPythonSdk } from '@sluice/chassis/packaging';

const TEMPLATES = fileURLToPath(new URL('../../templates', import.meta.url));
const ENDING = '.template';

/** Names that npm takes for new packages. */
const PACKAGE_NAME = /^(?:@[a-z0-9][a-z0-9-._]*\/)?[a-z0-9][a-z0-9-._]*$/;

/** What a new package was made of. */
export interface Scaffold {
  readonly folder: string;
  /** The name of the stop in it. */
  readonly stop: string;
}

/**
 * Writes a new package with one stop, its test, its docs, and the SDK to install.
 *
 * @param name an npm package name; its last part names the folder
 * @param parent where the folder is made
 * @param language what its stop is written in
 * @throws REQUEST_INVALID for a name that npm does not take, FILE_EXISTS when the folder has something in it
 */
export async function scaffold(
  name: string,
  parent: string,
  language: 'typescript' | 'python' = 'typescript',
): Promise<Scaffold> {
  if (!PACKAGE_NAME.test(name) || name.length > 100) {
    const message = `'${name}' is no name of an npm package; use lower-case letters, digits and -, such as acme-text or @acme/text`;
    throw new SluiceError('REQUEST_INVALID', message, { details: { name } });
  }
  const folder = join(parent, name.split('/').at(-1) ?? name);
  await requireEmpty(folder);
  const words = name
    .replace(/^@/, '')
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  const stop = [...words, 'mask'].join('.');
  const group = words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join(' ');
  const values: Readonly<Record<string, string>> = { package: name, stop, group };
  const templates = join(TEMPLATES, language === 'python' ? 'python' : 'plugin');
  for (const template of await readdir(templates, { recursive: true })) {
    if (!template.endsWith(ENDING)) continue;
    const text = await readFile(join(templates, template), 'utf8');
    const path = join(folder, template.slice(0, -ENDING.length).replace(/^gitignore$/, '.gitignore'));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(
      path,
      text.replace(/\{\{(\w+)\}\}/g, (_, key: string) => values[key] ?? ''),
    );
  }
  await mkdir(join(folder, 'sdk'));
  if (language === 'python') {
    const { fileName, content } = await packPythonSdk();
    await writeFile(join(folder, 'sdk', fileName), content);
    return { folder, stop };
  }
  for (const part of ['plugin-sdk', 'engine-duckdb']) {
    await writeFile(join(folder, 'sdk', `${part}.tgz`), (await packInstalled(`@sluice/${part}`)).content);
  }
  return { folder, stop };
}

async function requireEmpty(folder: string): Promise<void> {
  const found = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new SluiceError('FILE_EXISTS', `'${folder}' cannot be a folder: ${error.message}`, { cause: error });
  });
  if (found.length === 0) return;
  const message = `the folder '${folder}' is not empty; choose another name, or empty it`;
  throw new SluiceError('FILE_EXISTS', message, { details: { path: folder } });
}
