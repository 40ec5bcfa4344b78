import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readZip } from '@sluice/packages';
import { PluginKind } from '@sluice/proto/catalog/v1/plugin';
import { PluginServiceService } from '@sluice/proto/catalog/v1/plugin_service';
import { RunState, type Run } from '@sluice/proto/execution/v1/run';
import { RunServiceService, StreamRunLogsRequest } from '@sluice/proto/execution/v1/run_service';
import { startRequest, waitForEnd, type RunClient } from '../bench/flows.js';
import {
  mount,
  packFiles,
  packPlugin,
  sourceStop,
  unmount,
  upload,
  type PluginClient,
} from '../support/plugin-archives.js';
import { extensionWheel, hasPython } from '../support/python.js';
import type { TestPlatform } from '../support/platform.js';
import { ROOT } from '../support/root.js';
import { packZip } from '../support/zip-archives.js';
import { MODES } from './modes.js';

/** A package with a native module that is built already, as it comes with the tools of this repository. */
const NATIVE = 'lightningcss-linux-x64-gnu';

/** A flow of one stop that takes no rows, and a sink. */
const flowOf = (bundle: string): object => ({
  name: `flow of ${bundle}`,
  stops: [
    { name: 'work', bundle, properties: {} },
    { name: 'show', bundle: 'cn.piflow.bundle.external.ShowData', properties: { showNumber: '5' } },
  ],
  paths: [{ from: 'work', outport: '', inport: '', to: 'show' }],
});

/** A flow of Spark SQL over rows that PiFlow's mock makes. */
const sqlFlow = (sql: string): object => ({
  name: 'sql',
  stops: [
    {
      name: 'mock',
      bundle: 'cn.piflow.bundle.common.MockData',
      properties: { schema: 'title:String', count: '1' },
    },
    { name: 'sql', bundle: 'cn.piflow.bundle.common.ExecuteSQLStop', properties: { sql, ViewName: 't' } },
    { name: 'show', bundle: 'cn.piflow.bundle.external.ShowData', properties: { showNumber: '5' } },
  ],
  paths: [
    { from: 'mock', outport: '', inport: '', to: 'sql' },
    { from: 'sql', outport: '', inport: '', to: 'show' },
  ],
});

/** A package that others import, as npm packs it. */
const library = (version: string, more: object = {}): Promise<Buffer> =>
  packFiles({
    'package.json': JSON.stringify({ name: '@acme/words', version, type: 'module', main: './index.js', ...more }),
    'index.js': `export const word = 'word ${version}';`,
  });

/** A plugin that says in its error what the library gave it. */
const user = (name: string, stop: string, bundles: object | undefined): Promise<Buffer> =>
  packPlugin(name, '1.0.0', sourceStop(stop, 'throw new Error(word);', '', "import { word } from '@acme/words';"), {
    sluice: bundles === undefined ? {} : { bundles },
  });

for (const mode of MODES) {
  describe.skipIf(!mode.available)(`bundles on ${mode.name}`, () => {
    let platform: TestPlatform;
    let plugins: PluginClient;
    let runs: RunClient;

    beforeAll(async () => {
      platform = await mode.start({ env: { SLUICE_EXECUTION_SWEEP_MS: '200' } });
      plugins = platform.clients.get(PluginServiceService);
      runs = platform.clients.get(RunServiceService);
    }, 120_000);
    afterAll(() => platform?.close());

    const run = async (flow: object): Promise<Run> =>
      waitForEnd(runs, (await runs.startRun(startRequest(flow))).run?.id ?? '');
    const said = async (flow: object): Promise<string> => (await run(flow)).error?.message ?? 'no error';
    const kind = PluginKind.PLUGIN_KIND_NODE_PACKAGE;

    test('an npm package is imported by the plugins that name it, each in the version that it wants', async () => {
      await expect(upload(plugins, await library('1.0.0'))).rejects.toMatchObject({
        reason: 'PLUGIN_INVALID',
        message: expect.stringContaining('--as node-package'),
      });
      expect(await upload(plugins, await library('1.0.0'), { kind })).toMatchObject({ name: '@acme/words', kind });
      const first = await user('@acme/one', 'acme.One', { '@acme/words': '^1' });
      await expect(upload(plugins, first)).rejects.toMatchObject({
        reason: 'BUNDLE_MISSING',
        message: expect.stringContaining("'@acme/one' 1.0.0 needs the bundle @acme/words ^1"),
      });
      await mount(plugins, '@acme/words', '1.0.0');
      await upload(plugins, first);
      await mount(plugins, '@acme/one', '1.0.0');
      expect(await said(flowOf('acme.One'))).toBe('word 1.0.0');
      await expect(upload(plugins, await user('@acme/none', 'acme.None', undefined))).rejects.toMatchObject({
        message: expect.stringContaining("Cannot find package '@acme/words'"),
      });

      await upload(plugins, await library('2.0.0'), { kind });
      await expect(mount(plugins, '@acme/words', '2.0.0')).rejects.toMatchObject({
        reason: 'PLUGIN_CONFLICT',
        message: expect.stringMatching(
          /'@acme\/words' 2\.0\.0 and '@acme\/words' 1\.0\.0.* hold another version of it/,
        ),
      });
      await mount(plugins, '@acme/words', '2.0.0', { win: true });
      await upload(plugins, await user('@acme/two', 'acme.Two', { '@acme/words': '>=2' }));
      await mount(plugins, '@acme/two', '1.0.0');
      expect(await said(flowOf('acme.Two'))).toBe('word 2.0.0');
      expect(await said(flowOf('acme.One'))).toBe('word 1.0.0');
    }, 60_000);

    test('a bundle that plugins need is not unmounted safely; without it their stops are ghosts, and come back', async () => {
      await expect(unmount(plugins, '@acme/words', '1.0.0', true)).rejects.toMatchObject({
        reason: 'PLUGIN_IN_USE',
        message: expect.stringContaining("plugin '@acme/one'"),
      });
      await unmount(plugins, '@acme/words', '1.0.0');
      await expect(run(flowOf('acme.One'))).rejects.toMatchObject({
        reason: 'PLUGIN_UNMOUNTED',
        problems: [{ message: expect.stringContaining('needs the bundle @acme/words ^1') }],
      });
      expect(await said(flowOf('acme.Two'))).toBe('word 2.0.0');
      await mount(plugins, '@acme/words', '1.0.0', { win: true });
      expect(await said(flowOf('acme.One'))).toBe('word 1.0.0');
    }, 60_000);

    test('a plugin with a plain npm dependency inside works, and one with a native prebuilt module when it is granted', async () => {
      const inside = async (name: string): Promise<Record<string, Buffer>> => {
        const place = join(ROOT, 'node_modules', name);
        const found = await readdir(place, { recursive: true, withFileTypes: true });
        const files = found.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
        const read = files.map(async (file) => [`node_modules/${name}/${relative(place, file)}`, await readFile(file)]);
        return Object.fromEntries(await Promise.all(read)) as Record<string, Buffer>;
      };
      const plain = sourceStop(
        'acme.Plain',
        "throw new Error('newest ' + semver.rsort(['1.9.0', '1.10.0'])[0]);",
        '',
        "import semver from 'semver';",
      );
      await upload(plugins, await packPlugin('@acme/plain', '1.0.0', plain, { files: await inside('semver') }));
      await mount(plugins, '@acme/plain', '1.0.0');
      expect(await said(flowOf('acme.Plain'))).toBe('newest 1.10.0');

      if (!existsSync(join(ROOT, 'node_modules', NATIVE))) return;
      const run = `const css = createRequire(import.meta.url)('${NATIVE}').transform({ filename: 'a.css', code: Buffer.from('a { color: red }'), minify: true });
        throw new Error('css ' + css.code.toString());`;
      const native = sourceStop('acme.Native', run, '', "import { createRequire } from 'node:module';");
      const files = await inside(NATIVE);
      await upload(plugins, await packPlugin('@acme/native', '1.0.0', native, { files }));
      await mount(plugins, '@acme/native', '1.0.0');
      expect(await said(flowOf('acme.Native'))).toMatch(/native code may not be loaded/);
      const sluice = { capabilities: { native: true } };
      await upload(plugins, await packPlugin('@acme/native', '1.1.0', native, { files, sluice }));
      await expect(mount(plugins, '@acme/native', '1.1.0')).rejects.toMatchObject({ reason: 'PLUGIN_NOT_GRANTED' });
      await mount(plugins, '@acme/native', '1.1.0', { grant: true });
      expect(await said(flowOf('acme.Native'))).toBe('css a{color:red}');
    }, 60_000);

    test('an npm package without its dependencies is refused', async () => {
      const lacking = await library('3.0.0', { dependencies: { 'left-pad': '^1' } });
      await expect(upload(plugins, lacking, { kind })).rejects.toMatchObject({
        reason: 'PLUGIN_INVALID',
        message: expect.stringContaining('does not hold its dependencies left-pad'),
      });
    });

    test.skipIf(!hasPython())(
      'an extension of DuckDB is there for every run after its mount',
      async () => {
        let extension = Buffer.alloc(0);
        await readZip(extensionWheel(), async ({ name, read }) => {
          if (name.endsWith('.duckdb_extension')) extension = Buffer.from(await read());
        });
        const fileName = 'inet.duckdb_extension';
        const flow = sqlFlow("SELECT host('10.1.2.3/8') AS h, netmask('10.1.2.3/8') AS m FROM t");
        expect(await said(flow)).toMatch(/the function host/);

        const end = extension.length - 512;
        const field = (at: number, text: string): Buffer => {
          const changed = Buffer.from(extension);
          changed.fill(0, end + at * 32, end + at * 32 + 32).write(text, end + at * 32);
          return changed;
        };
        const refused = async (bytes: Buffer): Promise<string> =>
          upload(plugins, bytes, { fileName }).then(
            () => 'taken',
            (error: { reason: string; message: string }) => `${error.reason}: ${error.message}`,
          );
        expect(await refused(field(6, 'osx_arm64'))).toMatch(
          /PLUGIN_INVALID: .*is for osx_arm64, and this engine runs on linux/,
        );
        expect(await refused(field(5, 'v1.0.0'))).toMatch(
          /was built for DuckDB v1\.0\.0, and this engine is DuckDB v1\./,
        );
        expect(await refused(Buffer.from('no extension'))).toMatch(/is no extension of DuckDB/);
        const damaged = Buffer.from(extension);
        damaged[1000] = (damaged[1000] ?? 0) ^ 1;
        expect(await refused(damaged)).toMatch(/cannot be loaded: .*signature/);

        const plugin = await upload(plugins, extension, { fileName });
        expect(plugin).toMatchObject({ name: 'inet', kind: PluginKind.PLUGIN_KIND_DUCKDB_EXTENSION });
        expect(plugin.contents).toEqual(expect.arrayContaining(['host', 'netmask', 'html_escape']));
        await expect(mount(plugins, 'inet', plugin.version)).rejects.toMatchObject({ reason: 'PLUGIN_NOT_GRANTED' });
        await mount(plugins, 'inet', plugin.version, { grant: true });
        const ended = await run(flow);
        expect(ended.error?.message).toBeUndefined();
        expect(ended.state).toBe(RunState.RUN_STATE_SUCCEEDED);
        let log = '';
        for await (const { lines } of runs.streamRunLogs(StreamRunLogsRequest.fromPartial({ id: ended.id })))
          log += lines.map(({ message }) => `${message}\n`).join('');
        expect(log).toMatch(/10\.1\.2\.3\s*\|\s*255\.0\.0\.0/);
        await unmount(plugins, 'inet', plugin.version);
        expect(await said(flow)).toMatch(/the function host/);
      },
      120_000,
    );

    test('two jars with the same classes are a conflict that is named and can be accepted', async () => {
      const jar = (more: string): Buffer =>
        packZip([
          { name: 'META-INF/MANIFEST.MF', text: 'Manifest-Version: 1.0\n\n' },
          { name: 'org/acme/Same.class', text: 'x' },
          { name: `org/acme/${more}.class`, text: 'x' },
        ]);
      await upload(plugins, jar('One'), { fileName: 'one-1.0.jar' });
      await upload(plugins, jar('Two'), { fileName: 'two-1.0.jar' });
      await mount(plugins, 'one', '1.0.0');
      await expect(mount(plugins, 'two', '1.0.0')).rejects.toMatchObject({
        reason: 'PLUGIN_CONFLICT',
        message: expect.stringContaining('hold the same org.acme.Same'),
      });
      await mount(plugins, 'two', '1.0.0', { win: true });
      const { plugins: kept } = await plugins.listPlugins({ name: '', mounted: true, pageSize: 0, pageToken: '' });
      expect(kept.filter((each) => each.kind === PluginKind.PLUGIN_KIND_SPARK_JAR).map(({ name }) => name)).toEqual([
        'one',
        'two',
      ]);
    }, 60_000);
  });
}
