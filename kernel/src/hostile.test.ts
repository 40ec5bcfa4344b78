import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { describe, expect, onTestFinished, test } from 'vitest';
import { PackageStore } from '@sluice/packages';
import { bundledFolders, createKernel, inspectUploaded, readUploaded, sandboxSupport } from './index.js';
import { sandboxed } from './sandbox.js';
import { packPlugin, sha256, sourceStop } from '../../test/support/plugin-archives.js';

const LIMITS = { timeoutMs: 4000, memoryBytes: 256 * 2 ** 20 };
const GOOD = sourceStop('acme.Good', 'return give(engine, 1);');
const support = sandboxSupport();

async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-hostile-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Uploads and inspects a package as the catalog does. */
async function inspect(
  entry: string,
  more: Parameters<typeof packPlugin>[3] = {},
  engine?: { name: string; entry: string },
) {
  const store = new PackageStore(join(await freshFolder(), 'store'));
  await store.open();
  const archive = await packPlugin('@evil/plugin', '1.0.0', entry, more);
  const digest = sha256(archive);
  const folder = await store.ensure(digest, async function* () {
    yield archive;
  });
  return inspectUploaded(await readUploaded(folder, digest), LIMITS, engine);
}

/** What is said of a package that does something before it declares its stop. */
async function verdict(before: string, more?: Parameters<typeof packPlugin>[3]): Promise<string> {
  const began = performance.now();
  const said = await inspect(`${before}\n${GOOD}`, more).then(
    () => 'taken',
    (error: { reason: string; message: string }) => `${error.reason}: ${error.message}`,
  );
  expect(performance.now() - began).toBeLessThan(15_000);
  return said;
}

test('a package that does no harm is described', async () => {
  const { manifest, examples } = await inspect(GOOD);
  expect(manifest.stops.map(({ name }) => name)).toEqual(['acme.Good']);
  expect(examples).toEqual([]);
});

test.runIf(support.privileges)('a confined process has no rights of root, and no program gives it any', () => {
  const nothing = { read: [], write: [], processes: false, native: false, network: false };
  const { command, args } = sandboxed(nothing, '/bin/cat', ['/proc/self/status']);
  const status = spawnSync(command, args, { encoding: 'utf8' }).stdout;
  expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
  if (process.getuid?.() === 0) expect(status).toMatch(/^CapEff:\s+0+$/m);
});

describe('a package that', () => {
  test('throws, hangs, exits or kills itself gets a verdict that says so', async () => {
    expect(await verdict("throw new Error('no licence');")).toMatch(/^PLUGIN_FAILED: .*no licence/);
    expect(await verdict('for (;;);')).toMatch(/PLUGIN_FAILED: .* did not end within 4000 ms/);
    expect(await verdict('await new Promise(() => setInterval(() => {}, 1000));')).toMatch(/did not end within/);
    expect(await verdict('process.exit(3);')).toMatch(/ended the inspector: exit code 3/);
    expect(await verdict("process.kill(process.pid, 'SIGKILL');")).toMatch(/ended the inspector: signal SIGKILL/);
  }, 60_000);

  test('takes memory for ever, or writes for ever, is ended', async () => {
    expect(await verdict('const all = []; for (;;) all.push(new Array(1e5).fill({}));')).toMatch(/out of memory/);
    const flood =
      "const write = () => process.stdout.write('x'.repeat(1e5), write); write(); await new Promise(() => {});";
    expect(await verdict(flood)).toMatch(/wrote more than 1048576 characters/);
  }, 60_000);

  test('lies about its entry, its kind or its SDK is refused', async () => {
    expect(await verdict('', { sluice: { entry: './none.js' } })).toMatch(/PLUGIN_INVALID: .*is not a file/);
    expect(await verdict('', { sluice: { entry: '../../x.js' } })).toMatch(/lies outside the package/);
    expect(await verdict('', { sluice: { kind: 'engines' } })).toMatch(/sluice.kind says engines/);
    expect(await verdict('', { sluice: { sdk: '^9' } })).toMatch(/PLUGIN_SDK_UNSUPPORTED: .*needs SDK \^9/);
    expect(await verdict('', { sluice: { capabilities: { root: true } } })).toMatch(/capabilities.root is not one of/);
    expect(await verdict('', { sluice: { capabilities: { read: ['../x'] } } })).toMatch(
      /must be a list of absolute folders/,
    );
  }, 60_000);

  test('forges the answer of the inspector cannot give what no package could', async () => {
    const forged = "process.send({ manifest: { stops: [{ name: '' }], engines: [] } });";
    expect(await verdict(forged)).toMatch(/PLUGIN_INVALID: .*a stop has no name/);
  });

  test.runIf(support.permissions)(
    'reads, writes, starts processes or threads, or loads native code, may not',
    async () => {
      const denied = /PLUGIN_FAILED: .*Access to this API has been restricted/;
      expect(await verdict("import { readFileSync } from 'node:fs'; readFileSync('/etc/passwd');")).toMatch(denied);
      expect(await verdict("import { writeFileSync } from 'node:fs'; writeFileSync('/tmp/evil', 'x');")).toMatch(
        denied,
      );
      expect(
        await verdict("import { writeFileSync as w } from 'node:fs'; w(new URL('x', import.meta.url), 'x');"),
      ).toMatch(denied);
      expect(await verdict("import { spawnSync } from 'node:child_process'; spawnSync('true');")).toMatch(denied);
      expect(await verdict("import { fork } from 'node:child_process'; for (;;) fork(process.argv[1]);")).toMatch(
        denied,
      );
      expect(await verdict("import { Worker } from 'node:worker_threads'; new Worker('', { eval: true });")).toMatch(
        denied,
      );
      const native = "import { createRequire } from 'node:module'; createRequire(import.meta.url)('./x.node');";
      expect(await verdict(native, { files: { 'dist/x.node': 'no library' } })).toMatch(/PLUGIN_FAILED: .*disabled/);
      expect(
        await verdict(native, { files: { 'dist/x.node': 'x' }, sluice: { capabilities: { native: true } } }),
      ).not.toMatch(/disabled/);
    },
    60_000,
  );

  test.runIf(support.network)('looks for the network finds none', async () => {
    const server = (await import('node:net')).createServer((socket) => socket.end('secret')).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await new Promise((done) => server.once('listening', done));
    const { port } = server.address() as { port: number };
    const dial = `import { connect } from 'node:net';
      await new Promise((done, fail) => connect(${port}, '127.0.0.1').on('data', done).on('error', fail));`;
    expect(await verdict(dial)).toMatch(/PLUGIN_FAILED: .*(ENETUNREACH|ECONNREFUSED|EADDRNOTAVAIL)/);
  });

  test('sees no environment, and changes globals for itself alone', async () => {
    process.env['SLUICE_SECRET_OF_TEST'] = 'hunter2';
    onTestFinished(() => void delete process.env['SLUICE_SECRET_OF_TEST']);
    const look = "if (Object.keys(process.env).length > 0) throw new Error('sees ' + Object.keys(process.env));";
    const spoil = 'Object.prototype.polluted = 1; globalThis.fetch = undefined; Array.prototype.map = undefined;';
    expect(await verdict(look)).toBe('taken');
    expect(await verdict(spoil)).not.toBe('');
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(await verdict('')).toBe('taken');
  }, 30_000);
});

test('the examples of stops run on the engine when a package is inspected, and what differs is told', async () => {
  const folder = await freshFolder();
  await mkdir(join(folder, 'none'));
  await writeFile(join(folder, 'none/x'), '');
  const log = { info: () => undefined, warn: () => undefined };
  const kernel = createKernel({ folders: [bundledFolders()[0] ?? ''], cache: join(folder, 'cache'), log });
  await kernel.start();
  const entry =
    kernel.generation.engine('duckdb')?.plugin.entry ?? createRequire(import.meta.url).resolve('@sluice/engine-duckdb');
  const table = (rows: string): string => `{ '': { columns: [['n', 'int']], rows: ${rows} } }`;
  const example = (title: string, rows: string): string => `{ title: '${title}', outputs: ${table(rows)} }`;
  const examples = `examples: [${example('two rows', '[[0], [1]]')}, ${example('a lie', '[[7]]')}],`;
  const found = await inspect(
    sourceStop('acme.Two', 'return give(engine, 2);', examples),
    {},
    { name: 'duckdb', entry },
  );
  expect(found.examples.map(({ stop, title, fault }) => [stop, title, fault === ''])).toEqual([
    ['acme.Two', 'two rows', true],
    ['acme.Two', 'a lie', false],
  ]);
  const endless = sourceStop('acme.Two', 'return new Promise(() => setInterval(() => {}, 1000));', examples);
  await expect(inspect(endless, {}, { name: 'duckdb', entry })).rejects.toThrow(
    /an example of its stops did not end within 4000 ms/,
  );
}, 60_000);
