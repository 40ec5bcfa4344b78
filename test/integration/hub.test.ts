import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PluginServiceService } from '@sluice/proto/catalog/v1/plugin_service';
import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runFlow } from '../bench/flows.js';
import { packFiles, sourceStop } from '../support/plugin-archives.js';
import { openHub } from '@sluice/packages/hub';
import { startNpmRegistry, type NpmRegistry } from '../support/npm-registry.js';
import { startPlatform, type TestPlatform } from '../support/platform.js';
import { ROOT } from '../support/root.js';

const BIN = join(ROOT, 'services/cli/bin/sluice.js');

let registry: NpmRegistry;
let platform: TestPlatform;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-hub-'));
  registry = await startNpmRegistry();
  platform = await startPlatform({ env: { SLUICE_HUB_REGISTRY: registry.url, SLUICE_HUB_TOKEN: registry.token } });
  await writeFile(join(folder, '.npmrc'), registry.npmrc);
}, 120_000);
afterAll(async () => {
  await registry?.close();
  await platform?.close();
  await rm(folder, { recursive: true, force: true });
}, 120_000);

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** `sluice` as a user with an `.npmrc` has it. */
function sluice(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const url = platform.processes[0]?.grpc ?? '';
  const environment = { PATH: process.env['PATH'] ?? '', HOME: folder, LANG: 'C', ...env };
  return new Promise((resolve) =>
    execFile(process.execPath, [BIN, '--url', url, ...args], { cwd: folder, env: environment }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    ),
  );
}

/** A package as its author has it, built already. */
async function author(name: string, version: string, more: object = {}): Promise<string> {
  const home = join(folder, 'work', `${name.replace('/', '-')}-${version}`);
  await mkdir(join(home, 'dist'), { recursive: true });
  const stop = `hub.${name.split('/').at(-1)}`;
  const manifest = {
    name,
    version,
    type: 'module',
    description: `Texts of ${name}`,
    keywords: ['sluice-plugin'],
    files: ['dist'],
    sluice: { kind: 'stops', sdk: '^1', entry: './dist/index.js' },
    ...more,
  };
  await writeFile(join(home, 'package.json'), JSON.stringify(manifest));
  const examples = `examples: [], `;
  await writeFile(
    join(home, 'dist/index.js'),
    sourceStop(stop, `return give(engine, ${version.split('.')[0]});`, examples)
      .replace("title: { en: 'A stop' }", "title: { en: 'A stop', zh: '组件' }")
      .replace("description: { en: 'For tests.' }", "description: { en: 'For tests.', zh: '用于测试。' }")
      .replace(
        'note: property.string({})',
        "note: property.string({ title: { en: 'Note', zh: '备注' }, description: { en: 'Nothing.', zh: '无。' } })",
      ),
  );
  await writeFile(join(home, 'README.md'), `# ${name}\n`);
  await symlink(join(ROOT, 'node_modules'), join(home, 'node_modules'));
  return home;
}

test('a package is published, found, installed, upgraded and used, with the address and token of npm', async () => {
  const first = await author('@acme/text', '1.0.0');
  const dry = await sluice(['hub', 'publish', first, '--dry-run', '--json']);
  expect(JSON.parse(dry.out)).toMatchObject({ name: '@acme/text', version: '1.0.0', hub: registry.url, dryRun: true });
  expect((await sluice(['hub', 'search', '--json'])).out).toBe('');
  expect(await sluice(['hub', 'publish', first])).toMatchObject({
    code: 0,
    out: `✓ @acme/text@1.0.0 is published in ${registry.url}\n`,
  });
  expect(await sluice(['hub', 'publish', first])).toMatchObject({
    code: 6,
    err: expect.stringMatching(/it is there already[^]*PLUGIN_CONFLICT/),
  });
  expect((await sluice(['hub', 'publish', await author('plain', '1.0.0', { keywords: ['other'] })])).code).toBe(0);
  const found = await sluice(['hub', 'search', 'text', '--json']);
  expect(JSON.parse(found.out)).toEqual({
    name: '@acme/text',
    version: '1.0.0',
    description: 'Texts of @acme/text',
    keywords: ['sluice-plugin'],
  });

  const installed = await sluice(['hub', 'install', '@acme/text']);
  expect(installed.out).toMatch(/✓ @acme\/text@1\.0\.0 fetched from http:[^ ]+ \([^)]+\), its integrity holds\n/);
  expect(installed.out).toContain('✓ @acme/text@1.0.0 is mounted, generation 1');
  const runs = platform.clients.get(RunServiceService);
  const rows = async (bundle: string): Promise<number> => {
    const flow = { name: 'hub', stops: [{ name: 's', bundle, properties: {} }], paths: [] };
    return Number((await runFlow(runs, flow)).stops[0]?.outputs[0]?.rows);
  };
  expect(await rows('hub.text')).toBe(1);
  expect((await sluice(['hub', 'outdated'])).err).toContain('at its newest version');

  expect((await sluice(['hub', 'publish', await author('@acme/text', '2.0.0')])).code).toBe(0);
  expect((await sluice(['hub', 'outdated', '--json'])).out).toBe(
    '{"name":"@acme/text","here":"1.0.0","newest":"2.0.0"}\n',
  );
  const info = await sluice(['hub', 'info', '@acme/text']);
  expect(info.out).toMatch(/Newest: 2\.0\.0\n {2}Versions: 2\.0\.0, 1\.0\.0\n {2}Kept here: 1\.0\.0\n/);
  expect((await sluice(['hub', 'install', '@acme/text@^1', '--no-mount'])).out).toContain(
    '@acme/text@1.0.0 was kept before',
  );
  expect((await sluice(['hub', 'install', '@acme/text@2.0.0'])).code).toBe(0);
  expect([await rows('hub.text'), await rows('hub.text@1.0.0')]).toEqual([2, 1]);
}, 120_000);

test('a token of our own settings goes before that of npm, and none is refused with the remedy', async () => {
  const home = await author('@private/secret', '1.0.0');
  const stranger = { HOME: join(folder, 'nobody') };
  await mkdir(stranger.HOME, { recursive: true });
  await mkdir(join(folder, 'elsewhere'), { recursive: true });
  const refused = await sluice(['hub', 'publish', home, '--registry', registry.url], {
    ...stranger,
    NPM_CONFIG_USERCONFIG: join(stranger.HOME, 'npmrc'),
  });
  expect(refused).toMatchObject({ code: 1, err: expect.stringMatching(/hub\.token[^]*HUB_REFUSED/) });
  const ours = { ...stranger, SLUICE_HUB_REGISTRY: registry.url, SLUICE_HUB_TOKEN: registry.token };
  expect((await sluice(['hub', 'publish', home], ours)).code).toBe(0);
  expect((await sluice(['hub', 'install', '@private/secret', '--no-mount'], ours)).out).toContain(
    'its integrity holds',
  );
  // A token of the settings is for their registry alone.
  const other = await sluice(
    ['hub', 'info', '@private/secret', '--registry', registry.url.replace('127.0.0.1', 'localhost')],
    ours,
  );
  expect(other).toMatchObject({ code: 1, err: expect.stringContaining('HUB_REFUSED') });
}, 120_000);

test('what is no plugin, not there, or not what the registry promised is refused, and nothing is kept of it', async () => {
  const plain = await author('no-plugin', '1.0.0');
  const npm = (args: string[]): Promise<void> =>
    new Promise((resolve, reject) =>
      execFile(
        'npm',
        args,
        { cwd: plain, env: { ...process.env, HOME: folder, NPM_CONFIG_USERCONFIG: join(folder, '.npmrc') } },
        (error) => (error === null ? resolve() : reject(error)),
      ),
    );
  const manifest = JSON.parse(await readFile(join(plain, 'package.json'), 'utf8')) as Record<string, unknown>;
  delete manifest['sluice'];
  await writeFile(join(plain, 'package.json'), JSON.stringify(manifest));
  await npm(['publish']);
  expect(await sluice(['hub', 'install', 'no-plugin'])).toMatchObject({
    code: 1,
    err: expect.stringContaining("no key 'sluice'"),
  });
  expect(await sluice(['hub', 'install', 'nobody-has-this'])).toMatchObject({
    code: 3,
    err: expect.stringContaining('PLUGIN_NOT_FOUND'),
  });
  expect(await sluice(['hub', 'install', '@acme/text@^9'])).toMatchObject({
    code: 3,
    err: expect.stringContaining("no version '^9'; it has 1.0.0, 2.0.0"),
  });
  const away = await sluice(['hub', 'search', '--registry', 'http://127.0.0.1:9/']);
  expect(away).toMatchObject({ code: 4, err: expect.stringContaining('HUB_UNAVAILABLE') });

  expect((await sluice(['hub', 'publish', await author('changed', '1.0.0')])).code).toBe(0);
  const archive = join(registry.storage, 'changed', 'changed-1.0.0.tgz');
  const bytes = await readFile(archive);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await writeFile(archive, bytes);
  const changed = await sluice(['hub', 'install', 'changed']);
  expect(changed).toMatchObject({
    code: 1,
    err: expect.stringMatching(/other bytes than the registry promises[^]*PLUGIN_ARCHIVE_INVALID/),
  });
  const { plugins } = await platform.clients
    .get(PluginServiceService)
    .listPlugins({ name: 'changed', mounted: false, pageSize: 0, pageToken: '' });
  expect(plugins).toEqual([]);
}, 120_000);

test('a folder of archives is a hub without network', async () => {
  const mirror = join(folder, 'mirror');
  const options = ['--registry', mirror];
  await mkdir(mirror);
  await writeFile(join(mirror, 'broken.tgz'), 'no archive');
  const hub = await openHub({ registry: `file://${mirror}`, token: '' });
  for (const version of ['1.0.0', '2.0.0-beta.1']) {
    const manifest = { name: 'offline', version, keywords: ['sluice-plugin'] };
    const sluiceKey = { kind: 'stops', sdk: '^1', entry: './dist/index.js' };
    const files = { 'package.json': JSON.stringify({ ...manifest, type: 'module', sluice: sluiceKey }) };
    await hub.publish({
      manifest,
      archive: await packFiles({ ...files, 'dist/index.js': sourceStop('hub.offline', '') }),
    });
  }
  expect((await sluice(['hub', 'publish', await author('offline', '1.1.0'), ...options])).code).toBe(0);
  expect((await sluice(['hub', 'search', 'OFF', ...options, '--quiet'])).out).toBe('offline\n');
  const info = JSON.parse((await sluice(['hub', 'info', 'offline', ...options, '--json'])).out) as {
    latest: string;
    versions: { version: string; integrity: string }[];
  };
  expect(info.latest).toBe('1.1.0');
  expect(info.versions.map(({ version }) => version)).toEqual(['2.0.0-beta.1', '1.1.0', '1.0.0']);
  const bytes = await readFile(join(mirror, 'offline-1.1.0.tgz'));
  expect(info.versions[1]?.integrity).toBe(`sha512-${createHash('sha512').update(bytes).digest('base64')}`);
  expect((await sluice(['hub', 'install', 'offline', ...options])).out).toContain('offline@1.1.0 is mounted');
  expect((await sluice(['hub', 'outdated', ...options])).err).toMatch(/newest version\n.*does not have .*@acme\/text/);
}, 120_000);

test("a package that the platform keeps is published by PiFlow's call of the market, and by the command", async () => {
  const upload = await sluice(['plugin', 'upload', await author('kept-text', '1.0.0'), '--mount']);
  expect(upload.code).toBe(0);
  const web = async (path: string, form?: Record<string, string>): Promise<Record<string, unknown>> => {
    const body = form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form).toString() };
    const reply = await fetch(`${platform.http}${path}`, body);
    return (await reply.json()) as Record<string, unknown>;
  };
  const { data } = (await web('/stops/stopsHubListPage?param=kept')) as {
    data: readonly { readonly id: string; readonly status: unknown }[];
  };
  const [{ id = '', status } = {}] = data;
  expect([data.length, status]).toEqual([1, { text: 'MOUNT' }]);
  expect(await web('/stops/stopsHubPublishing', { id })).toEqual({ code: 200, errorMsg: 'Succeeded' });
  expect(JSON.parse((await sluice(['hub', 'info', 'kept-text', '--json'])).out)).toMatchObject({ latest: '1.0.0' });
  expect(await web('/stops/stopsHubPublishing', { id })).toEqual({
    code: 500,
    errorMsg: expect.stringMatching(/^PLUGIN_CONFLICT: .*it is there already/),
  });
  expect(await sluice(['plugin', 'publish', 'kept-text'])).toMatchObject({ code: 6 });
  const changes = await sluice(['plugin', 'changes', 'kept-text', '--json']);
  expect(changes.out).toContain(`"action":"publish"`);
  for (const step of ['unmountStopsHub', 'delStopsHub'])
    expect((await web(`/stops/${step}`, { id }))['code']).toBe(200);
  expect((await web('/stops/mountStopsHub', { id }))['code']).toBe(500);
}, 60_000);
