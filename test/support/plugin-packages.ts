import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { onTestFinished } from 'vitest';
import { ROOT } from './root.js';

const modules = join(ROOT, 'node_modules');

/** A folder of this test, with the SDK where plugins find it; removed when the test has ended. */
export async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-kernel-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await symlink(modules, join(folder, 'node_modules'));
  return folder;
}

/** Writes a plugin package; `entry` is the module's text, `more` goes into package.json. */
export async function writePackage(
  folder: string,
  name: string,
  entry: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const home = join(folder, name.replace('@', '').replace('/', '-'));
  await mkdir(join(home, 'dist'), { recursive: true });
  const sluice = { kind: 'stops', sdk: '^1', entry: './dist/index.js' };
  await writeFile(
    join(home, 'package.json'),
    JSON.stringify({ name, version: '1.0.0', type: 'module', sluice, ...more }),
  );
  await writeFile(join(home, 'dist/index.js'), entry);
  return home;
}

/** The text of an entry that contributes one stop with a name. */
export function stopEntry(name: string, more = ''): string {
  return `
    import { definePlugin, defineStop, property, none, single, named, any, routed } from '@sluice/plugin-sdk';
    export default definePlugin({ stops: [defineStop({
      name: '${name}', title: { en: 'A stop' }, description: { en: 'For tests.' }, groups: ['Test'],
      ports: { in: none, out: single }, properties: {}, engines: ['duckdb'], run() {}, ${more}
    })] });`;
}

/** The text of an entry that contributes one engine. */
export const engineEntry = `
  import { defineEngine, definePlugin } from '@sluice/plugin-sdk';
  export default definePlugin({ engines: [defineEngine({ name: 'duckdb', title: { en: 'DuckDB' }, open() {} })] });`;
