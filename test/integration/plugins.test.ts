import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { FlowServiceService } from '@sluice/proto/catalog/v1/flow_service';
import { FlowFormat } from '@sluice/proto/catalog/v1/flow';
import { PluginServiceService } from '@sluice/proto/catalog/v1/plugin_service';
import { StopServiceService } from '@sluice/proto/catalog/v1/stop_service';
import { RunState, type Run } from '@sluice/proto/execution/v1/run';
import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { startRequest, waitForEnd, type RunClient } from '../bench/flows.js';
import {
  mount,
  packCounting,
  packPlugin,
  sha256,
  sourceStop,
  unmount,
  upload,
  uploadParts,
  type PluginClient,
} from '../support/plugin-archives.js';
import { packZip } from '../support/zip-archives.js';
import type { TestPlatform } from '../support/platform.js';
import { MODES } from './modes.js';

const PACKAGE = '@acme/count';
const STOP = 'acme.Count';
const ENV = { SLUICE_EXECUTION_SWEEP_MS: '200' };

/** A flow of the one stop and one that takes its rows. */
const flowOf = (bundle: string, properties: object = {}): object => ({
  name: `flow of ${bundle}`,
  stops: [
    { name: 'count', bundle, properties },
    { name: 'show', bundle: 'cn.piflow.bundle.external.ShowData', properties: { showNumber: '5' } },
  ],
  paths: [{ from: 'count', outport: '', inport: '', to: 'show' }],
});

for (const mode of MODES) {
  describe.skipIf(!mode.available)(`plugins on ${mode.name}`, () => {
    let platform: TestPlatform;
    let plugins: PluginClient;
    let runs: RunClient;

    beforeAll(async () => {
      platform = await mode.start({ env: ENV });
      plugins = platform.clients.get(PluginServiceService);
      runs = platform.clients.get(RunServiceService);
    }, 60_000);
    afterAll(() => platform?.close());

    const start = async (bundle: string, properties: object = {}): Promise<string> =>
      (await runs.startRun(startRequest(flowOf(bundle, properties)))).run?.id ?? '';
    const run = async (bundle: string, properties: object = {}): Promise<Run> =>
      waitForEnd(runs, await start(bundle, properties));
    /** How many rows the stop gave: the major version that answered. */
    const answered = (ended: Run): number => {
      expect(ended.error?.message).toBeUndefined();
      expect(ended.state).toBe(RunState.RUN_STATE_SUCCEEDED);
      return Number(ended.stops[0]?.outputs[0]?.rows ?? -1);
    };

    test('an uploaded plugin is used by a new run, with no restart', async () => {
      const refused = await runs.startRun(startRequest(flowOf(STOP))).catch((error: unknown) => error);
      expect(refused).toMatchObject({ reason: 'FLOW_INVALID', problems: [{ reason: 'STOP_TYPE_UNKNOWN' }] });
      const plugin = await upload(plugins, await packCounting(PACKAGE, STOP, '1.0.0'));
      expect(plugin).toMatchObject({
        name: PACKAGE,
        version: '1.0.0',
        stops: [STOP],
        mounted: false,
        isDefault: false,
      });
      expect(await runs.startRun(startRequest(flowOf(STOP))).catch((error: unknown) => error)).toMatchObject({
        reason: 'PLUGIN_UNMOUNTED',
      });
      const generation = await mount(plugins, PACKAGE, '1.0.0');
      expect(generation).toBe(1);
      expect(answered(await run(STOP))).toBe(1);
      const { stop } = await platform.clients.get(StopServiceService).getStop({ name: STOP });
      expect(stop?.plugin).toEqual({ name: PACKAGE, version: '1.0.0' });
    });

    test('a run keeps its version while another is mounted; flows pin, follow a range, or take the default', async () => {
      await upload(
        plugins,
        await packCounting(
          PACKAGE,
          STOP,
          '2.0.0',
          "if (properties.note === 'slow') await new Promise((done) => setTimeout(done, 2000))",
        ),
      );
      await upload(plugins, await packCounting(PACKAGE, STOP, '3.1.0'));
      await mount(plugins, PACKAGE, '2.0.0');
      const slow = await start(STOP, { note: 'slow' });
      await mount(plugins, PACKAGE, '3.1.0');
      expect(answered(await run(STOP))).toBe(3);
      expect(answered(await run(`${STOP}@1.0.0`))).toBe(1);
      expect(answered(await run(`${STOP}@^2`))).toBe(2);
      expect(answered(await run(`${STOP}@>=1 <3`))).toBe(2);
      expect(answered(await waitForEnd(runs, slow))).toBe(2);
      const problem = await runs.startRun(startRequest(flowOf(`${STOP}@^7`))).catch((error: unknown) => error);
      expect(problem).toMatchObject({
        problems: [{ message: expect.stringContaining('mounted are 3.1.0, 2.0.0, 1.0.0') }],
      });
    });

    test('a rollback brings the version before, and every node agrees', async () => {
      await plugins.rollbackPlugins({ generation: undefined, wait: { seconds: 20n, nanos: 0 }, actor: 'test' });
      expect(answered(await run(STOP))).toBe(2);
      const { generation, nodes } = await plugins.getPluginStatus({});
      expect(nodes.length).toBe(platform.processes.filter(({ services }) => services.includes('execution')).length);
      for (const node of nodes) expect(node).toMatchObject({ generation, current: true, fault: '' });
      const { generations } = await plugins.listGenerations({ pageSize: 1, pageToken: '' });
      expect(generations[0]).toMatchObject({ number: generation, comment: 'back to generation 2', actor: 'test' });
    });

    test('a safe unmount names who uses it; a plain one leaves their flows whole', async () => {
      const flows = platform.clients.get(FlowServiceService);
      const document = JSON.stringify({ flow: flowOf(`${STOP}@2.0.0`, { note: 'kept' }) });
      const { flow } = await flows.importFlow({
        document,
        format: FlowFormat.FLOW_FORMAT_PIFLOW,
        comment: '',
        idempotencyKey: '',
      });
      await expect(unmount(plugins, PACKAGE, '2.0.0', true)).rejects.toMatchObject({
        reason: 'PLUGIN_IN_USE',
        message: expect.stringContaining(`flow of ${STOP}@2.0.0`),
      });
      await unmount(plugins, PACKAGE, '2.0.0');
      expect(answered(await run(STOP))).toBe(1);
      const reference = { $case: 'reference', value: { id: flow?.id ?? '', version: 0 } } as const;
      const request = { ...startRequest({}), source: reference };
      await expect(runs.startRun(request)).rejects.toMatchObject({ reason: 'PLUGIN_UNMOUNTED' });
      const kept = await flows.getFlow({ id: flow?.id ?? '', version: 0 });
      expect(kept.flow?.flow?.stops[0]).toMatchObject({ bundle: `${STOP}@2.0.0`, properties: { note: 'kept' } });
      await mount(plugins, PACKAGE, '2.0.0');
      expect((await waitForEnd(runs, (await runs.startRun(request)).run?.id ?? '')).state).toBe(
        RunState.RUN_STATE_SUCCEEDED,
      );
      await flows.deleteFlow({ id: flow?.id ?? '', expectedVersion: 0, idempotencyKey: '' });
    });

    test('what a live run needs is removed when it has ended', async () => {
      const slow = await start(`${STOP}@2.0.0`, { note: 'slow' });
      await unmount(plugins, PACKAGE, '2.0.0');
      await delay(200);
      await expect(plugins.removePlugin({ name: PACKAGE, version: '1.0.0', actor: '' })).rejects.toMatchObject({
        reason: 'PLUGIN_IN_USE',
      });
      const { waiting } = await plugins.removePlugin({ name: PACKAGE, version: '2.0.0', actor: 'test' });
      expect(waiting).toBe(true);
      expect(answered(await waitForEnd(runs, slow))).toBe(2);
      await expect
        .poll(
          () =>
            plugins.getPlugin({ name: PACKAGE, version: '2.0.0' }).then(
              () => 'there',
              () => 'gone',
            ),
          { timeout: 15_000 },
        )
        .toBe('gone');
      const { changes } = await plugins.listPluginChanges({ plugin: PACKAGE, pageSize: 3, pageToken: '' });
      expect(changes.map(({ action, version, actor }) => [action, version, actor])).toEqual([
        ['remove', '2.0.0', 'test'],
        ['unmount', '2.0.0', 'test'],
        ['mount', '2.0.0', 'test'],
      ]);
    }, 40_000);

    test('a plugin that brings runners down is blamed, then quarantined; the next run is untouched', async () => {
      const killer = sourceStop('acme.Kill', 'process.kill(process.pid, "SIGKILL"); await new Promise(() => {});');
      await upload(plugins, await packPlugin('@acme/kill', '1.0.0', killer));
      await mount(plugins, '@acme/kill', '1.0.0');
      for (let time = 0; time < 3; time++) {
        const ended = await run('acme.Kill');
        expect(ended.error).toMatchObject({ reason: 'RUNNER_DIED' });
        expect(ended.error?.message).toContain("the plugin '@acme/kill' 1.0.0 was at work (stop 'count')");
        expect(answered(await run(STOP))).toBe(1);
      }
      await expect
        .poll(async () => (await plugins.getPlugin({ name: '@acme/kill', version: '1.0.0' })).plugin?.quarantineReason)
        .toContain('brought down 3 runs');
      await expect
        .poll(() => runs.startRun(startRequest(flowOf('acme.Kill'))).catch((error: unknown) => error))
        .toMatchObject({ reason: 'PLUGIN_QUARANTINED' });
      const lift = { name: '@acme/kill', version: '1.0.0', quarantined: false, reason: 'looked at', actor: 'test' };
      expect((await plugins.setPluginQuarantine(lift)).plugin).toMatchObject({ quarantineReason: '', mounted: true });
    }, 60_000);

    test('the code of a plugin may do at run time what it was granted, and no more', async () => {
      const outside = await mkdtemp('/var/tmp/sluice-outside-');
      onTestFinished(() => rm(outside, { recursive: true, force: true }));
      const tries = `
        const found = [];
        const attempt = async (what, work) => found.push(what + ' ' + await work().then(() => 'yes', () => 'no'));
        await attempt('secrets', async () => (await import('node:fs')).readFileSync(properties.note));
        await attempt('write', async () => (await import('node:fs')).writeFileSync('${outside}/x', 'x'));
        await attempt('spawn', async () => (await import('node:child_process')).execSync('true'));
        await attempt('network', async () => new Promise((done, fail) => import('node:net').then(({ connect }) =>
          connect(${new URL(platform.http).port}, '127.0.0.1', done).on('error', fail))));
        await attempt('environment', async () => { if (Object.keys(process.env).length === 0) throw new Error('none'); });
        const scratched = await scratch();
        await attempt('scratch', async () => (await import('node:fs')).writeFileSync(scratched + '/x', 'x'));
        throw new Error('tried: ' + found.join(', '));`;
      const trier = (version: string, capabilities: object): Promise<Buffer> =>
        packPlugin('@acme/try', version, sourceStop('acme.Try', tries), { sluice: { capabilities } });
      await upload(plugins, await trier('1.0.0', {}));
      await mount(plugins, '@acme/try', '1.0.0');
      const secret = join(platform.home, 'secret.txt');
      await writeFile(secret, 'hunter2');
      const confined = (await run('acme.Try', { note: secret })).error?.message;
      expect(confined).toContain('tried: secrets no, write no, spawn no, network no, environment no, scratch yes');
      const wants = { network: ['*'], processes: true, write: [outside], environment: ['PATH'] };
      await upload(plugins, await trier('2.0.0', wants));
      await expect(mount(plugins, '@acme/try', '2.0.0')).rejects.toMatchObject({
        reason: 'PLUGIN_NOT_GRANTED',
        message: expect.stringContaining(`the network (*), writing ${outside}, starting processes, the variables PATH`),
      });
      await mount(plugins, '@acme/try', '2.0.0', { grant: true });
      const granted = (await run('acme.Try', { note: secret })).error?.message;
      expect(granted).toContain('secrets no, write yes, spawn yes, network yes, environment yes, scratch yes');
    }, 60_000);

    test('of the network only the granted hosts are reached, however a plugin dials', async () => {
      const open = createServer((socket) => socket.end('x')).listen(0, '127.0.0.1');
      onTestFinished(() => void open.close());
      await once(open, 'listening');
      const other = (open.address() as { port: number }).port;
      const own = Number(new URL(platform.http).port);
      const tries = `
        const net = await import('node:net');
        const dgram = await import('node:dgram');
        const dns = await import('node:dns');
        const found = [];
        const attempt = async (what, work) => found.push(what + ' ' + await Promise.resolve().then(work).then(() => 'yes', (e) => /granted|EACCES/.test((e.cause ?? e).message) ? 'no' : e.message));
        const dial = (options) => new Promise((done, fail) => net.connect(options, done).on('error', fail));
        await attempt('granted', () => dial({ host: '127.0.0.1', port: ${own} }));
        await attempt('name', () => dial({ host: 'localhost', port: ${own}, family: 4 }));
        await attempt('fetch', () => fetch('http://127.0.0.1:${own}/'));
        await attempt('other port', () => dial({ host: '127.0.0.1', port: ${other} }));
        await attempt('other fetch', () => fetch('http://127.0.0.1:${other}/'));
        await attempt('other name', () => dial({ host: 'example.org', port: ${own} }));
        await attempt('own lookup', () => dial({ host: 'localhost', port: ${other}, lookup: (h, o, done) => o.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4) }));
        await attempt('handle', () => { const s = new net.Socket(); s.on('error', () => {}); s.connect({ host: '127.0.0.1', port: ${own} });
          const tcp = new s._handle.constructor(0); s.destroy(); if (tcp.connect({}, '127.0.0.1', ${other}) !== 0) throw new Error('EACCES'); });
        await attempt('pipe', () => dial({ path: '/var/run/docker.sock' }));
        await attempt('datagram', () => new Promise((done, fail) => dgram.createSocket('udp4').send('x', ${other}, '127.0.0.1', (e) => e ? fail(e) : done())));
        await attempt('resolve', () => dns.promises.resolve4('example.org'));
        throw new Error('tried: ' + found.join(', '));`;
      const network = [`127.0.0.1:${own}`, `localhost:${own}`];
      const entry = sourceStop('acme.Dial', tries);
      await upload(plugins, await packPlugin('@acme/dial', '1.0.0', entry, { sluice: { capabilities: { network } } }));
      await mount(plugins, '@acme/dial', '1.0.0', { grant: true });
      expect((await run('acme.Dial')).error?.message).toContain(
        'tried: granted yes, name yes, fetch yes, other port no, other fetch no, other name no, own lookup no, ' +
          'handle no, pipe no, datagram no, resolve no',
      );
    }, 60_000);

    test('a name that another plugin has is refused unless it was told to win; other bytes of a version always are', async () => {
      const shadow = await packPlugin(
        '@acme/shadow',
        '1.0.0',
        sourceStop('sluice.csv.read', 'return give(engine, 9);'),
      );
      await upload(plugins, shadow);
      await expect(mount(plugins, '@acme/shadow', '1.0.0')).rejects.toMatchObject({
        reason: 'PLUGIN_CONFLICT',
        message: expect.stringContaining("claims stop 'sluice.csv.read'"),
      });
      await mount(plugins, '@acme/shadow', '1.0.0', { win: true });
      expect(answered(await run('sluice.csv.read'))).toBe(9);
      await unmount(plugins, '@acme/shadow', '1.0.0');
      const other = await packPlugin('@acme/shadow', '1.0.0', sourceStop('acme.Other', ''));
      await expect(upload(plugins, other)).rejects.toMatchObject({ reason: 'PLUGIN_CONFLICT' });
      const own = await packPlugin('@sluice/stops-csv', '9.0.0', sourceStop('acme.Own', ''));
      await expect(upload(plugins, own)).rejects.toMatchObject({ reason: 'PLUGIN_CONFLICT' });
    });

    test('many mounts at once each make a generation, and none is lost', async () => {
      const names = Array.from({ length: 5 }, (_, i) => `@acme/many-${i}`);
      for (const [i, name] of names.entries()) {
        await upload(plugins, await packPlugin(name, '1.0.0', sourceStop(`acme.Many${i}`, 'return give(engine, 1);')));
      }
      const made = await Promise.all(names.map((name) => mount(plugins, name, '1.0.0')));
      expect(new Set(made).size).toBe(names.length);
      const { plugins: mounted } = await plugins.listPlugins({ name: '', mounted: true, pageSize: 0, pageToken: '' });
      expect(mounted.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
    }, 60_000);

    test('a signature of a trusted key is told, and a wrong one is refused', async () => {
      const { generateKeyPairSync, sign } = await import('node:crypto');
      const { publicKey, privateKey } = generateKeyPairSync('ed25519');
      const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
      await plugins.addTrustedKey({ name: 'acme', publicKey: pem, actor: 'test' });
      const archive = await packPlugin('@acme/signed', '1.0.0', sourceStop('acme.Signed', ''));
      const signature = sign(null, Buffer.from(sha256(archive)), privateKey);
      const wrong = Buffer.from(signature.map((byte, index) => (index === 0 ? byte ^ 1 : byte)));
      await expect(plugins.uploadPlugin(uploadParts(archive, { signature: wrong }))).rejects.toMatchObject({
        reason: 'PLUGIN_UNSIGNED',
      });
      const { plugin } = await plugins.uploadPlugin(uploadParts(archive, { signature }));
      expect(plugin?.signature).toMatchObject({ key: 'acme', message: "signed by 'acme'" });
    });

    test('the JSON API and the routes of PiFlow reach the same life cycle', async () => {
      const archive = await packPlugin('@acme/http', '1.0.0', sourceStop('acme.Http', 'return give(engine, 1);'));
      const form = new FormData();
      form.set('file', new Blob([new Uint8Array(archive)]), 'http-1.0.0.tgz');
      const sent = await fetch(`${platform.http}/api/v1/plugins`, { method: 'POST', body: form });
      expect(await sent.json()).toMatchObject({ plugin: { name: '@acme/http', fileName: 'http-1.0.0.tgz' } });
      const raw = await fetch(`${platform.http}/api/v1/plugins?fileName=x.tgz`, {
        method: 'POST',
        body: new Uint8Array(archive),
      });
      expect(await raw.json()).toMatchObject({ known: true });

      const { pluginPath } = (await (await fetch(`${platform.http}/plugin/path`)).json()) as { pluginPath: string };
      await writeFile(join(pluginPath, 'http-1.0.0.tgz'), archive);
      const post = async (path: string, body: object): Promise<string> =>
        (await fetch(`${platform.http}${path}`, { method: 'POST', body: JSON.stringify(body) })).text();
      const added = JSON.parse(await post('/plugin/add', { plugin: 'http-1.0.0.tgz' })) as {
        plugin: { id: string };
        stopsInfo: { StopInfo: { bundle: string } }[];
      };
      expect(added.stopsInfo.map(({ StopInfo }) => StopInfo.bundle)).toEqual(['acme.Http']);
      expect(answered(await run('acme.Http'))).toBe(1);
      const info = async (): Promise<unknown> =>
        (await fetch(`${platform.http}/plugin/info?pluginId=${added.plugin.id}`)).json();
      expect(await info()).toMatchObject({ id: added.plugin.id, name: 'http-1.0.0.tgz', state: 'ON' });
      await post('/plugin/remove', { pluginId: added.plugin.id });
      expect(await info()).toMatchObject({ state: 'OFF' });
      expect(await post('/plugin/add', { plugin: 'none.tgz' })).toMatch(/^Fail/);

      const jar = packZip([
        { name: 'META-INF/MANIFEST.MF', text: 'Manifest-Version: 1.0\nImplementation-Version: 2.1\n\n' },
        { name: 'org/acme/Driver.class', text: 'x' },
      ]);
      const { sparkJarPath } = (await (await fetch(`${platform.http}/sparkJar/path`)).json()) as {
        sparkJarPath: string;
      };
      await writeFile(join(sparkJarPath, 'driver.jar'), jar);
      await writeFile(join(pluginPath, 'driver.jar'), jar);
      expect(await post('/plugin/add', { plugin: 'driver.jar' })).toContain('it needs a Java machine');
      const kept = JSON.parse(await post('/sparkJar/add', { sparkJar: 'driver.jar' })) as { sparkJar: { id: string } };
      const { plugin } = await plugins.getPlugin({ name: 'driver', version: 'default' });
      expect(plugin).toMatchObject({
        digest: kept.sparkJar.id,
        version: '2.1.0',
        mounted: true,
        contents: ['org.acme.Driver'],
      });
      expect(JSON.parse(await post('/sparkJar/remove', { sparkJarId: kept.sparkJar.id }))).toEqual(kept);
    }, 60_000);

    test('an upload that was cut goes on where it was, also when the catalog was killed', async () => {
      const filler = Buffer.from(Array.from({ length: 3 * 2 ** 20 }, () => Math.floor(Math.random() * 256)));
      const entry = sourceStop('acme.Big', 'return give(engine, 4);');
      const archive = await packPlugin('@acme/big', '1.0.0', entry, { files: { 'data.bin': filler } });
      const cut = (function* () {
        const parts = [...uploadParts(archive)];
        yield* parts.slice(0, 9);
      })();
      await expect(plugins.uploadPlugin(cut)).rejects.toMatchObject({ reason: 'REQUEST_INVALID' });
      await platform.processes[0]?.stop('SIGKILL');
      await platform.restart(0);
      const digest = [...uploadParts(archive)][0]?.part;
      const name = digest?.$case === 'start' ? digest.value.digest : '';
      const { receivedBytes, complete } = await plugins.getPluginUpload({ digest: name });
      expect([Number(receivedBytes), complete]).toEqual([2 * 2 ** 20, false]);
      const { plugin } = await plugins.uploadPlugin(uploadParts(archive, { offset: Number(receivedBytes) }));
      expect(plugin).toMatchObject({ name: '@acme/big', sizeBytes: BigInt(archive.length) });
      await mount(plugins, '@acme/big', '1.0.0');
      expect(answered(await run('acme.Big'))).toBe(4);
    }, 60_000);
  });
}
