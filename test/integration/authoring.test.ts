import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { ListPluginsRequest, PluginServiceService } from '@sluice/proto/catalog/v1/plugin_service';
import { mockFlow } from '../bench/flows.js';
import { startPlatform } from '../support/platform.js';
import { hasPython, PYTHON } from '../support/python.js';
import { ROOT } from '../support/root.js';

const exec = promisify(execFile);
const BIN = join(ROOT, 'services/cli/bin/sluice.js');

let folder: string;
let home: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-author-'));
  home = join(folder, 'acme-text');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(
  file: string,
  args: readonly string[],
  cwd: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  try {
    const { stdout, stderr } = await exec(file, args, {
      cwd,
      env: { ...process.env, HOME: folder, LANG: 'C', ...more },
    });
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
}

const sluice = (cwd: string, ...args: string[]): Promise<Ended> => run(process.execPath, [BIN, ...args], cwd);

/** A new package with what `npm install` would bring, taken from here: tests ask no registry. */
async function newPackage(): Promise<void> {
  expect((await sluice(folder, 'plugin', 'new', 'acme-text')).code).toBe(0);
  await symlink(join(ROOT, 'node_modules'), join(home, 'node_modules'));
}

async function change(file: string, from: string | RegExp, to: string): Promise<void> {
  const text = await readFile(join(home, file), 'utf8');
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  await writeFile(join(home, file), changed);
}

interface Check {
  readonly name: string;
  readonly state: string;
  readonly found: string;
}

async function check(): Promise<{ code: number; checks: Map<string, Check> }> {
  const { code, out } = await sluice(home, 'plugin', 'check', '--json');
  const lines = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Check);
  return { code, checks: new Map(lines.map((each) => [each.name, each])) };
}

describe('a new package', () => {
  test('builds, passes its own test and the checks, and is packed the same way twice', async () => {
    await newPackage();
    const tested = await run('npm', ['test'], home);
    expect(tested.out).toMatch(/# pass 9\n# fail 0/);
    const { code, checks } = await check();
    expect(code).toBe(0);
    expect([...checks.values()].map(({ state }) => state)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
    expect(checks.get('acme.text.mask')?.found).toMatch(/\d checks hold/);

    const [first, second] = [join(folder, '1.tgz'), join(folder, '2.tgz')];
    for (const file of [first, second]) expect((await sluice(home, 'plugin', 'pack', '-o', file)).code).toBe(0);
    expect(await readFile(first)).toEqual(await readFile(second));
    const { out } = await run('tar', ['-tzf', first], folder);
    expect(out.trim().split('\n')).toEqual([
      'package/README.md',
      'package/dist/index.js',
      'package/dist/mask.js',
      'package/icon.svg',
      'package/package.json',
    ]);
  }, 60_000);

  test('brings the SDK and the engine as npm installs them', async () => {
    await newPackage();
    for (const part of ['plugin-sdk', 'engine-duckdb']) {
      const { out } = await run('tar', ['-xzOf', `sdk/${part}.tgz`, 'package/package.json'], home);
      expect(JSON.parse(out)).toMatchObject({ name: `@sluice/${part}` });
    }
  });

  test.each([
    ['Acme', 2, /'Acme' is no name of an npm package/],
    ['../acme', 2, /no name of an npm package/],
    ['acme text', 2, /no name of an npm package/],
  ])('is not named %s', async (name, code, message) => {
    expect(await sluice(folder, 'plugin', 'new', name)).toMatchObject({ code, err: expect.stringMatching(message) });
  });

  test('is not made where something is', async () => {
    await newPackage();
    const again = await sluice(folder, 'plugin', 'new', 'acme-text');
    expect(again.err).toMatch(/the folder '.*acme-text' is not empty/);
    expect(again.code).not.toBe(0);
  });
});

describe('the check says what is wrong with', () => {
  test('a stop that does not do what its example promises', async () => {
    await newPackage();
    await change('src/mask.ts', "repeat('*'", "repeat('#'");
    const { code, checks } = await check();
    expect(code).toBe(1);
    expect(checks.get('acme.text.mask')).toMatchObject({
      state: 'failed',
      found: expect.stringMatching(/does what its example "the end of a number stays" promises: [^]*#####34/),
    });
  }, 30_000);

  test('a manifest', async () => {
    await newPackage();
    await change('package.json', '"version": "0.1.0"', '"version": "one"');
    await change('package.json', '"build": "tsc"', '"build": "tsc", "postinstall": "node x.js"');
    await change('package.json', /"bundleDependencies": true,/, '"dependencies": { "@sluice/plugin-sdk": "^1" },');
    const { code, checks } = await check();
    expect(code).toBe(1);
    const found = checks.get('package.json')?.found;
    for (const fault of ['1.0.0', 'postinstall', 'the platform brings it']) expect(found).toContain(fault);
  }, 30_000);

  test('dependencies that are not in the archive', async () => {
    await newPackage();
    await change('package.json', /"bundleDependencies": true,/, '"dependencies": { "semver": "^7.0.0" },');
    const { code, checks } = await check();
    expect(code).toBe(1);
    expect(checks.get('dependencies')).toMatchObject({ state: 'failed', found: 'not inside the archive: semver' });
  }, 30_000);

  test('a build that fails, an entry that throws, and a folder that is no package', async () => {
    expect(await sluice(folder, 'plugin', 'check')).toMatchObject({
      code: 3,
      err: expect.stringMatching(/no package\.json/),
    });
    await newPackage();
    await change('src/mask.ts', 'keep: property.integer', 'keep: property.number_');
    expect((await sluice(home, 'plugin', 'check')).err).toMatch(/the build failed:[^]*src\/mask\.ts/);
    await change('src/mask.ts', 'keep: property.number_', 'keep: property.integer');
    await change('src/index.ts', /^/, "throw new Error('not today');\n");
    expect((await sluice(home, 'plugin', 'check')).err).toMatch(/ended with exit code 1:[^]*not today/);
  }, 30_000);
});

test('a package is built, mounted and run with at each change, and taken away at the end', async () => {
  await newPackage();
  const platform = await startPlatform();
  onTestFinished(() => platform.close());
  const flow = mockFlow(3) as { stops: object[]; paths: object[] };
  flow.stops[1] = { name: 'Mask', bundle: 'acme.text.mask', properties: { columns: 'title', keep: '1' } };
  flow.stops.push({ name: 'Show', bundle: 'cn.piflow.bundle.external.ShowData', properties: { showNumber: '3' } });
  flow.paths = [
    { from: 'MockData', outport: '', inport: '', to: 'Mask' },
    { from: 'Mask', outport: '', inport: '', to: 'Show' },
  ];
  await writeFile(join(home, 'flow.json'), JSON.stringify({ flow }));
  const url = platform.processes[0]?.grpc ?? '';
  const dev = spawn(process.execPath, [BIN, 'plugin', 'dev', '--flow', 'flow.json', '--url', url], {
    cwd: home,
    env: { ...process.env, HOME: folder, LANG: 'C' },
  });
  let said = '';
  for (const stream of [dev.stdout, dev.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()));
  const ended = new Promise<number | null>((resolve) => dev.once('exit', resolve));
  const seen = async (what: RegExp): Promise<void> => {
    for (const end = Date.now() + 30_000; !what.test(said); await new Promise((resolve) => setTimeout(resolve, 20))) {
      if (Date.now() > end || dev.exitCode !== null) throw new Error(`${what} was not said: ${said}`);
    }
  };
  const plugins = platform.clients.get(PluginServiceService);
  const versions = async (): Promise<string[]> =>
    (await plugins.listPlugins(ListPluginsRequest.fromPartial({}))).plugins.map(({ version }) => version);

  await seen(/acme-text@0\.1\.0-dev\.\d+ is mounted, \d+ ms[^]*mock succeeded/);
  await seen(/watching for changes/);
  const [first] = await versions();
  said = '';
  await change('src/mask.ts', 'Mask text', 'Hide text');
  await seen(/is mounted, \d+ ms[^]*mock succeeded/);
  // The build before goes when the flow has run.
  await expect.poll(async () => (await versions()).includes(first ?? ''), { timeout: 15_000 }).toBe(false);
  expect(await versions()).toHaveLength(1);
  said = '';
  await change('src/mask.ts', 'columns: property.columns', 'columns: property.colums');
  await seen(/colums/);
  dev.kill('SIGINT');
  expect(await ended).toBe(0);
  // It goes as soon as every node has heard that nothing needs it.
  await expect.poll(versions, { timeout: 15_000 }).toEqual([]);
}, 90_000);

describe.skipIf(!hasPython())('a new package in Python', () => {
  test('passes its own test and the checks, and runs on a platform', async () => {
    const python = { SLUICE_PYTHON_COMMAND: PYTHON };
    const sluicePython = (cwd: string, ...args: string[]): Promise<Ended> =>
      run(process.execPath, [BIN, ...args], cwd, python);
    expect((await sluicePython(folder, 'plugin', 'new', 'acme-text', '--python')).code).toBe(0);
    // As `pip install sdk/*.whl` would: Python reads the wheel itself.
    const wheel = (await readdir(join(home, 'sdk'))).find((name) => name.endsWith('.whl')) ?? '';
    const tested = await run(PYTHON, ['test_stops.py'], home, { PYTHONPATH: join(home, 'sdk', wheel) });
    expect(tested.err).toMatch(/Ran 2 tests[^]*OK/);
    const checked = await sluicePython(home, 'plugin', 'check', '--json');
    const states = checked.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Check);
    expect(states.map(({ name, state }) => [name, state])).toEqual([
      ['sluice.json', 'ok'],
      ['archive', 'ok'],
      ['dependencies', 'ok'],
      ['docs', 'ok'],
      ['acme.text.mask', 'ok'],
    ]);
    const archive = join(folder, 'a.tgz');
    expect((await sluicePython(home, 'plugin', 'pack', '-o', archive)).code).toBe(0);
    expect((await run('tar', ['-tzf', archive], folder)).out.trim().split('\n')).toEqual([
      'package/README.md',
      'package/requirements.txt',
      'package/sluice.json',
      'package/stops.py',
    ]);
    const platform = await startPlatform({ env: python });
    onTestFinished(() => platform.close());
    const url = platform.processes[0]?.grpc ?? '';
    const uploaded = await sluicePython(home, 'plugin', 'upload', archive, '--mount', '--url', url);
    expect(uploaded.err + uploaded.out).toContain('acme.text.mask');
    const flow = mockFlow(3) as { stops: object[]; paths: object[] };
    flow.stops[1] = { name: 'Mask', bundle: 'acme.text.mask', properties: { columns: 'title', keep: '1' } };
    await writeFile(join(home, 'flow.json'), JSON.stringify({ flow }));
    flow.paths = [{ from: 'MockData', outport: '', inport: '', to: 'Mask' }];
    await writeFile(join(home, 'flow.json'), JSON.stringify({ flow }));
    const ran = await sluicePython(home, 'run', 'flow.json', '--url', url);
    expect(ran.out + ran.err).toMatch(/succeeded/i);
    expect(ran.code).toBe(0);
  }, 120_000);
});
