import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { SluiceError } from '@sluice/chassis';

const run = promisify(execFile);
const MOST_OUTPUT_BYTES = 64 * 2 ** 20;

/** The part of a package.json that is looked at. */
export interface PackageManifest {
  readonly name?: unknown;
  readonly version?: unknown;
  readonly description?: unknown;
  readonly type?: unknown;
  readonly keywords?: unknown;
  readonly scripts?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, unknown>>;
  readonly sluice?: { readonly kind?: unknown; readonly sdk?: unknown; readonly entry?: unknown };
}

/** A package that somebody writes: its folder and its manifest. */
export interface AuthorPackage {
  readonly folder: string;
  /** By the file of its manifest: package.json, or sluice.json for one in Python. */
  readonly language: 'node' | 'python';
  readonly manifest: PackageManifest;
}

/** Reads the package in a folder; FILE_NOT_FOUND where there is none, FILE_FORMAT where its manifest is no JSON. */
export async function readAuthorPackage(folder: string): Promise<AuthorPackage> {
  const isThere = (name: string): boolean => existsSync(join(resolve(folder), name));
  const language = !isThere('package.json') && isThere('sluice.json') ? 'python' : 'node';
  const file = join(resolve(folder), language === 'python' ? 'sluice.json' : 'package.json');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const message = `there is no package.json in '${resolve(folder)}'; name the folder of a package, or make one with 'sluice plugin new'`;
    throw new SluiceError('FILE_NOT_FOUND', message, { cause, details: { path: file } });
  }
  try {
    return { folder: resolve(folder), language, manifest: JSON.parse(text) as PackageManifest };
  } catch (cause) {
    const message = `'${file}' is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new SluiceError('FILE_FORMAT', message, { cause, details: { path: file } });
  }
}

/** Runs the package's script `build`, where it has one. */
export async function buildPackage({ folder, manifest }: AuthorPackage): Promise<void> {
  if (manifest.scripts?.['build'] === undefined) return;
  await npm(folder, ['run', '--silent', 'build'], 'the build failed');
}

/** The files that npm would publish, with those of bundled dependencies; relative to the folder. */
export async function filesOfPackage({ folder, language }: AuthorPackage): Promise<string[]> {
  if (language === 'python') return filesOfPython(folder);
  const said = await npm(folder, ['pack', '--dry-run', '--json', '--ignore-scripts'], 'npm cannot pack it');
  const parsed = JSON.parse(said) as unknown;
  // npm 11.6 and later give an object by name, earlier ones a list.
  const [packed] = Object.values(parsed as Record<string, { readonly files: readonly { readonly path: string }[] }>);
  return (packed?.files ?? []).map(({ path }) => path);
}

/** What no platform needs of a folder with Python: environments, tests, caches, the SDK, and what has been packed. */
const UNPACKED =
  /(^|[/\\])(\.|__pycache__|venv|env|node_modules|sdk|dist|build|tests?[/\\]|test_[^/\\]*\.py$|flow\.json$)|\.(tgz|pyc)$/;

async function filesOfPython(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((each) => each.isFile())
    .map((each) => relative(folder, join(each.parentPath, each.name)));
  return paths.filter((path) => !UNPACKED.test(path)).sort();
}

async function npm(folder: string, args: readonly string[], failure: string): Promise<string> {
  try {
    const { stdout } = await run('npm', args, { cwd: folder, maxBuffer: MOST_OUTPUT_BYTES });
    return stdout;
  } catch (cause) {
    const { stdout = '', stderr = '', message } = cause as { stdout?: string; stderr?: string; message: string };
    const said = [stdout, stderr].map((text) => text.trim()).filter((text) => text !== '');
    throw new SluiceError('PLUGIN_INVALID', `${failure}: ${said.join('\n') || message}`, { cause });
  }
}
