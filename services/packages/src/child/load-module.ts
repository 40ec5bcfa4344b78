import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Imports an npm package that lies in one of some folders, by its name; undefined where none has it. */
export async function loadModule(folders: Readonly<Record<string, string>>, name: string): Promise<unknown> {
  const folder = folders[name];
  if (folder === undefined) return undefined;
  const file = join(folder, 'package.json');
  const { exports } = JSON.parse(await readFile(file, 'utf8')) as { readonly exports?: unknown };
  // A package finds itself by its name only when it says what it exports.
  const module = createRequire(file).resolve(exports === undefined ? folder : name);
  return import(pathToFileURL(module).href);
}
