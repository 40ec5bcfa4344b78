import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { packFiles, packInstalled } from './index.js';

const run = promisify(execFile);

async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-packaging-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Unpacks with the system's own tar, and gives where the package is. */
async function unpack(content: Buffer): Promise<string> {
  const folder = await freshFolder();
  await writeFile(join(folder, 'a.tgz'), content);
  await run('tar', ['-xzf', 'a.tgz'], { cwd: folder });
  return join(folder, 'package');
}

test('the same files give the same archive, with another version where one is given', async () => {
  const folder = await freshFolder();
  const long = join('dist', 'x'.repeat(90), 'y'.repeat(90));
  await mkdir(join(folder, long), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"name":"p","version":"1.0.0"}');
  await writeFile(join(folder, long, '文件.js'), 'export {};\n');
  const paths = [join(long, '文件.js'), 'package.json'];
  const first = await packFiles(folder, paths);
  expect(await packFiles(folder, [...paths].reverse())).toEqual(first);
  const package_ = await unpack(await packFiles(folder, paths, { version: '1.0.1-dev.1' }));
  expect(JSON.parse(await readFile(join(package_, 'package.json'), 'utf8'))).toEqual({
    name: 'p',
    version: '1.0.1-dev.1',
  });
  expect(await readFile(join(package_, long, '文件.js'), 'utf8')).toBe('export {};\n');
});

test('the archive of the SDK works alone', async () => {
  const { name, version, content } = await packInstalled('@sluice/plugin-sdk');
  const package_ = await unpack(content);
  expect(name).toBe('@sluice/plugin-sdk');
  expect(JSON.parse(await readFile(join(package_, 'package.json'), 'utf8'))).toMatchObject({ name, version });
  const code = `import { defineStop, SDK_VERSION } from ${JSON.stringify(join(package_, 'dist/index.js'))}; console.log(typeof defineStop, SDK_VERSION);`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code]);
  expect(stdout).toBe(`function ${version}\n`);
  expect(await readFile(join(package_, 'dist/index.d.ts'), 'utf8')).toContain('defineStop');
});
