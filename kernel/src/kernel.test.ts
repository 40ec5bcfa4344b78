import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createKernel, type Kernel } from './index.js';
import { engineEntry, freshFolder, stopEntry, writePackage } from '../../test/support/plugin-packages.js';

const quiet = { info: () => undefined, warn: () => undefined };

function kernelOf(folder: string, inspectMs = 5000): Kernel {
  return createKernel({ folders: [join(folder, 'plugins')], cache: join(folder, 'cache'), log: quiet, inspectMs });
}

test('packages one and two levels deep are mounted, found by name, alias, blanks and case', async () => {
  const folder = await freshFolder();
  const plugins = join(folder, 'plugins');
  await writePackage(plugins, '@acme/read', stopEntry('acme.Read', "aliases: ['cn.piflow.bundle.xml.XmlParser']"));
  await writePackage(join(plugins, 'engines'), 'engine', engineEntry, {
    sluice: { kind: 'engines', sdk: '^1.0.0', entry: 'dist/index.js' },
  });
  const kernel = kernelOf(folder);
  expect(kernel.generation.plugins).toEqual([]);
  await kernel.start();
  expect(kernel.refusals).toEqual([]);
  const { generation } = kernel;
  expect(generation.stop('acme.Read')?.plugin).toMatchObject({ name: '@acme/read', version: '1.0.0', kind: 'stops' });
  expect(generation.stop('cn.PiFlow .bundle.xml.XmlParser')?.manifest.name).toBe('acme.Read');
  expect(generation.stop('acme.Write')).toBeUndefined();
  expect(generation.nearest('acme.Raed')).toEqual(['acme.Read']);
  expect(generation.nearest('org.other.XMLParser')).toEqual(['cn.piflow.bundle.xml.XmlParser']);
  expect(generation.engine('duckdb')?.manifest.title).toEqual({ en: 'DuckDB' });
});

test('the generation has the same id elsewhere, and another when a plugin changes', async () => {
  const [here, there] = [await freshFolder(), await freshFolder()];
  for (const folder of [here, there]) await writePackage(join(folder, 'plugins'), 'one', stopEntry('one'));
  const kernel = kernelOf(here);
  const other = kernelOf(there);
  await Promise.all([kernel.start(), other.start()]);
  expect(kernel.generation.id).toBe(other.generation.id);

  const before = kernel.generation;
  const seen: string[] = [];
  const unlisten = kernel.onGeneration(({ id }) => seen.push(id));
  expect(await kernel.refresh()).toBe(before);
  await writePackage(join(here, 'plugins'), 'one', stopEntry('one', "owner: 'somebody'"));
  await kernel.refresh();
  expect(kernel.generation.id).not.toBe(before.id);
  expect(kernel.generation.stop('one')?.manifest.owner).toBe('somebody');
  expect(before.stop('one')?.manifest.owner).toBe('');
  expect(seen).toEqual([kernel.generation.id]);
  unlisten();
  await rm(join(here, 'plugins/one'), { recursive: true });
  await kernel.refresh();
  expect(kernel.generation.stops).toEqual([]);
  expect(seen).toHaveLength(1);
});

test('bad packages are refused with plugin, requirement and remedy; the others are mounted', async () => {
  const folder = await freshFolder();
  const plugins = join(folder, 'plugins');
  await writePackage(plugins, 'a-good', stopEntry('good'));
  await writePackage(plugins, 'newer', stopEntry('newer'), {
    sluice: { kind: 'stops', sdk: '^9', entry: './dist/index.js' },
  });
  await writePackage(plugins, 'kind', stopEntry('kind'), {
    sluice: { kind: 'bean', sdk: '^1', entry: './dist/index.js' },
  });
  await writePackage(plugins, 'entry', stopEntry('entry'), { sluice: { kind: 'stops', sdk: '^1', entry: '../x.js' } });
  await writePackage(plugins, 'unbuilt', stopEntry('x'), { sluice: { kind: 'stops', sdk: '^1', entry: './lib/x.js' } });
  await writePackage(plugins, 'throws', "throw new Error('no licence');");
  await writePackage(plugins, 'shape', 'export default 7;');
  await writePackage(plugins, 'loose', stopEntry('loose', "groups: [], properties: { a: { kind: 'odd' } }"));
  await writePackage(plugins, 'twin', stopEntry('twin', "aliases: ['good']"));
  await writePackage(plugins, 'liar', engineEntry);
  const home = await writePackage(plugins, 'text', stopEntry('text'));
  await writeFile(join(home, 'package.json'), '{');
  const kernel = kernelOf(folder);
  await kernel.start();
  expect(kernel.generation.stops.map(({ manifest }) => manifest.name)).toEqual(['good']);
  const told = Object.fromEntries(
    kernel.refusals.map(({ folder: at, error }) => [at.split('/').at(-1), [error.reason, error.message]]),
  );
  const invalid = (text: string) => ['PLUGIN_INVALID', expect.stringContaining(text)];
  expect(told).toEqual({
    newer: [
      'PLUGIN_SDK_UNSUPPORTED',
      "plugin 'newer' 1.0.0 needs SDK ^9, this platform speaks 1.0.0; " +
        'use a version of the plugin made for SDK 1.0.0, or change the platform',
    ],
    kind: invalid('sluice.kind is "bean"; it must be one of stops, engines'),
    entry: invalid("sluice.entry '../x.js' lies outside the package"),
    unbuilt: invalid("sluice.entry './lib/x.js' is not a file; build the package"),
    throws: ['PLUGIN_FAILED', expect.stringContaining('no licence')],
    shape: invalid('is not what definePlugin gives'),
    loose: invalid("stop 'loose' is in no group; stop 'loose' has a property 'a' that was not made with"),
    twin: ['PLUGIN_CONFLICT', expect.stringMatching(/'twin' .* claims stop 'good', which 'a-good' 1.0.0 in .* has/)],
    liar: invalid("sluice.kind says stops, but it contributes 'duckdb' too"),
    text: invalid('cannot be read; repair or remove it'),
  });
});

test('a package that hangs, ends the process or eats memory is refused, and the others are mounted', async () => {
  const folder = await freshFolder();
  const plugins = join(folder, 'plugins');
  await writePackage(plugins, 'a-hangs', 'while (true) {}');
  await writePackage(plugins, 'b-exits', "console.error('bye'); process.exit(3);");
  await writePackage(plugins, 'c-eats', 'const all = []; while (true) all.push(new Array(1e5).fill({}));');
  await writePackage(plugins, 'd-good', stopEntry('good'));
  const kernel = createKernel({
    folders: [plugins],
    cache: join(folder, 'cache'),
    log: quiet,
    inspectMs: 4000,
    inspectMemoryBytes: 128 * 2 ** 20,
  });
  await kernel.start();
  expect(kernel.generation.stops.map(({ manifest }) => manifest.name)).toEqual(['good']);
  expect(kernel.refusals.map(({ error }) => error.message)).toEqual([
    expect.stringMatching(/^plugin 'a-hangs' 1.0.0: its entry did not end within 4000 ms/),
    expect.stringMatching(/^plugin 'b-exits' 1.0.0: its entry ended the inspector: exit code 3; its last output: bye$/),
    expect.stringMatching(/^plugin 'c-eats' 1.0.0: its entry ended the inspector: out of memory/),
  ]);
});

test('a plugin sees no environment of the platform', async () => {
  process.env.SLUICE_SECRET_OF_TEST = 'hunter2';
  const folder = await freshFolder();
  const entry = `const owner = JSON.stringify(Object.keys(process.env).sort());\n${stopEntry('one', 'owner')}`;
  await writePackage(join(folder, 'plugins'), 'one', entry);
  const kernel = kernelOf(folder);
  await kernel.start();
  delete process.env.SLUICE_SECRET_OF_TEST;
  expect(kernel.generation.stop('one')?.manifest.owner).toBe('[]');
});

test('a second start runs no plugin code and a damaged cache does no harm', async () => {
  const folder = await freshFolder();
  const entry = `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(folder)} + '/ran-' + process.pid, '');\n`;
  await writePackage(join(folder, 'plugins'), 'one', entry + stopEntry('one'));
  const ran = async (): Promise<number> => (await readdir(folder)).filter((name) => name.startsWith('ran-')).length;
  await kernelOf(folder).start();
  expect(await ran()).toBe(1);
  const warm = kernelOf(folder);
  await warm.start();
  expect(await ran()).toBe(1);
  expect(warm.generation.stop('one')).toBeDefined();

  for (const file of await readdir(join(folder, 'cache'), { recursive: true, withFileTypes: true })) {
    if (file.isFile()) await writeFile(join(file.parentPath, file.name), '{"x":');
  }
  const healed = kernelOf(folder);
  await healed.start();
  expect(await ran()).toBe(2);
  expect(healed.generation.id).toBe(warm.generation.id);
});
