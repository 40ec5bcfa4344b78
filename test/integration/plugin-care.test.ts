import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FlowServiceService } from '@sluice/proto/catalog/v1/flow_service';
import { SignatureState } from '@sluice/proto/catalog/v1/plugin';
import { PluginServiceService } from '@sluice/proto/catalog/v1/plugin_service';
import { Flow } from '@sluice/proto/common/v1/flow';
import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { RunState } from '@sluice/proto/execution/v1/run';
import { ScheduleSpec, VersionPolicy } from '@sluice/proto/scheduling/v1/schedule';
import { CreateScheduleRequest, ScheduleServiceService } from '@sluice/proto/scheduling/v1/schedule_service';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startRequest, waitForEnd } from '../bench/flows.js';
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
import { startSigningAuthority } from '../support/provenance.js';
import { startPlatform, type TestPlatform } from '../support/platform.js';

const SLOW = `if (properties.note === 'slow') await new Promise((done) => setTimeout(done, 2500))`;

describe('what is kept of plugins', () => {
  let platform: TestPlatform;
  let plugins: PluginClient;
  beforeAll(async () => {
    platform = await startPlatform();
    plugins = platform.clients.get(PluginServiceService);
  }, 60_000);
  afterAll(() => platform?.close());

  const flowOf = (bundle: string, note = ''): object => ({
    name: `flow of ${bundle}`,
    stops: [{ name: 's', bundle, properties: { note } }],
    paths: [],
  });

  test('a package that waits to be removed stays when it is uploaded again', async () => {
    const runs = platform.clients.get(RunServiceService);
    const archive = await packCounting('@care/back', 'care.Back', '1.0.0', SLOW);
    await upload(plugins, archive);
    await mount(plugins, '@care/back', '1.0.0');
    const { run } = await runs.startRun(startRequest(flowOf('care.Back', 'slow')));
    await unmount(plugins, '@care/back', '1.0.0');
    expect(await plugins.removePlugin({ name: '@care/back', version: '1.0.0', actor: '' })).toEqual({ waiting: true });
    expect(await upload(plugins, archive)).toMatchObject({ removing: false });
    expect((await waitForEnd(runs, run?.id ?? '')).state).toBe(RunState.RUN_STATE_SUCCEEDED);
    await new Promise((resolve) => setTimeout(resolve, 5_000)); // two sweeps
    await mount(plugins, '@care/back', '1.0.0');
    const { changes } = await plugins.listPluginChanges({ plugin: '@care/back', pageSize: 2, pageToken: '' });
    expect(changes.map(({ action }) => action)).toEqual(['mount', 'upload']);
  }, 30_000);

  test('a safe unmount sees schedules, also one that runs an older version of a flow', async () => {
    const flows = platform.clients.get(FlowServiceService);
    const schedules = platform.clients.get(ScheduleServiceService);
    await upload(plugins, await packCounting('@care/timed', 'care.Timed', '1.0.0'));
    await mount(plugins, '@care/timed', '1.0.0');
    const graph = (bundle: string): Flow => Flow.fromPartial(flowOf(bundle));
    const { flow } = await flows.createFlow({ flow: graph('care.Timed'), comment: '', idempotencyKey: '' });
    const id = flow?.id ?? '';
    const every = { $case: 'interval', value: { every: { seconds: 86_400n, nanos: 0 } } } as const;
    const create = async (name: string, target: object): Promise<string> => {
      const spec = ScheduleSpec.fromPartial({ name, trigger: every, target: { reference: id, ...target } });
      return (await schedules.createSchedule(CreateScheduleRequest.fromPartial({ spec }))).schedule?.id ?? '';
    };
    const pinned = await create('pinned', { versionPolicy: VersionPolicy.VERSION_POLICY_PINNED, version: 1 });
    const newest = await create('newest', {});
    // Without the runs, which the schedules begin at once.
    const uses = async () =>
      (await plugins.listPluginUses({ name: '@care/timed', version: '1.0.0' })).uses.filter(
        ({ kind }) => kind !== 'run',
      );
    expect(await uses()).toEqual([
      { kind: 'flow', id, name: 'flow of care.Timed' },
      { kind: 'schedule', id: newest, name: 'newest' },
      { kind: 'schedule', id: pinned, name: 'pinned' },
    ]);
    const saved = {
      id,
      flow: graph('cn.piflow.bundle.common.MockData'),
      expectedVersion: 1,
      comment: '',
      idempotencyKey: '',
    };
    await flows.updateFlow(saved);
    expect(await uses()).toEqual([{ kind: 'schedule', id: pinned, name: 'pinned' }]);
    await expect(unmount(plugins, '@care/timed', '1.0.0', true)).rejects.toMatchObject({
      reason: 'PLUGIN_IN_USE',
      message: expect.stringContaining(`schedule 'pinned' (${pinned})`),
    });
    await schedules.deleteSchedule({ id: pinned });
    await expect
      .poll(() => unmount(plugins, '@care/timed', '1.0.0', true).catch(() => 0), { timeout: 15_000 })
      .toBeGreaterThan(0);
  }, 30_000);

  test('the same mount at once makes one generation, and a mount beside an unmount leaves one of the two', async () => {
    await upload(plugins, await packCounting('@care/race', 'care.Race', '1.0.0'));
    const before = Number((await plugins.getPluginStatus({})).generation);
    const made = await Promise.all(Array.from({ length: 6 }, () => mount(plugins, '@care/race', '1.0.0')));
    expect(made).toEqual(Array.from({ length: 6 }, () => before + 1));
    for (let time = 0; time < 10; time++) {
      await Promise.all([mount(plugins, '@care/race', '1.0.0'), unmount(plugins, '@care/race', '1.0.0')]);
      const { plugin } = await plugins.getPlugin({ name: '@care/race', version: '1.0.0' });
      const { generations } = await plugins.listGenerations({ pageSize: 1, pageToken: '' });
      expect(generations[0]?.members.some(({ name }) => name === '@care/race')).toBe(plugin?.mounted);
    }
  }, 30_000);
});

describe('signatures', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const withPolicy = async (policy: string, more: Readonly<Record<string, string>> = {}): Promise<PluginClient> => {
    const env = { SLUICE_PLUGINS_SIGNATURES: policy, ...more };
    const platform = await startPlatform({ processes: [['catalog']], env });
    onTestFinished(() => platform.close());
    return platform.clients.get(PluginServiceService);
  };
  const pack = (name: string): Promise<Buffer> => packPlugin(name, '1.0.0', sourceStop(`sign.${name}`, ''));

  test('`require` takes what a trusted key has signed and nothing else', async () => {
    const plugins = await withPolicy('require');
    const archive = await pack('wanted');
    const signature = sign(null, Buffer.from(sha256(archive)), privateKey);
    await expect(upload(plugins, archive)).rejects.toMatchObject({
      reason: 'PLUGIN_UNSIGNED',
      message: expect.stringContaining('the package has no signature'),
    });
    await expect(plugins.uploadPlugin(uploadParts(archive, { signature }))).rejects.toMatchObject({
      reason: 'PLUGIN_UNSIGNED',
      message: expect.stringContaining('fits none of the trusted keys (there are none)'),
    });
    await plugins.addTrustedKey({ name: 'acme', publicKey: pem, actor: 'test' });
    const { plugin } = await plugins.uploadPlugin(uploadParts(archive, { signature }));
    expect(plugin?.signature).toMatchObject({ state: SignatureState.SIGNATURE_STATE_TRUSTED, key: 'acme' });
    // A signature holds for the very bytes it was made for.
    await expect(plugins.uploadPlugin(uploadParts(await pack('other'), { signature }))).rejects.toMatchObject({
      reason: 'PLUGIN_UNSIGNED',
    });
    await plugins.removeTrustedKey({ name: 'acme', actor: 'test' });
    await expect(plugins.uploadPlugin(uploadParts(await pack('later'), { signature }))).rejects.toMatchObject({
      reason: 'PLUGIN_UNSIGNED',
    });
    const { changes } = await plugins.listPluginChanges({ plugin: '', pageSize: 0, pageToken: '' });
    expect(changes.map(({ action }) => action)).toEqual([
      'refuse',
      'distrust-key',
      'refuse',
      'upload',
      'trust-key',
      'refuse',
      'refuse',
    ]);
  });

  test('a provenance that was verified counts as a signature when its builder is trusted', async () => {
    const authority = await startSigningAuthority();
    onTestFinished(() => authority.close());
    const folder = await mkdtemp(join(tmpdir(), 'sluice-root-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const root = join(folder, 'trusted_root.json');
    await writeFile(root, authority.trustedRoot);
    const plugins = await withPolicy('require', {
      SLUICE_PLUGINS_TRUSTED_ROOT: root,
      SLUICE_PLUGINS_PUBLISHERS: 'https://github.com/acme',
    });
    const send = (archive: Buffer, provenance: string) => plugins.uploadPlugin(uploadParts(archive, { provenance }));
    const refused = (why: string): object => ({ reason: 'PLUGIN_UNSIGNED', message: expect.stringContaining(why) });
    const archive = await pack('built');
    const builder = 'https://github.com/acme/text/.github/workflows/publish.yml@refs/heads/main';
    const provenance = await authority.state(archive, 'built', '1.0.0', builder);
    const stranger = await authority.state(archive, 'built', '1.0.0', 'https://github.com/acme-not/text');
    await expect(send(await pack('changed'), provenance)).rejects.toMatchObject(refused('it is about another archive'));
    await expect(send(archive, stranger)).rejects.toMatchObject(refused('which plugins.publishers does not trust'));
    await expect(send(archive, '{}')).rejects.toMatchObject(refused('the provenance of the package does not hold'));
    const forged = JSON.parse(provenance) as { dsseEnvelope: { payload: string } };
    const payload = Buffer.from(forged.dsseEnvelope.payload, 'base64').toString().replace('built', 'other');
    forged.dsseEnvelope.payload = Buffer.from(payload).toString('base64');
    await expect(send(archive, JSON.stringify(forged))).rejects.toMatchObject(refused('does not hold'));
    const { plugin } = await send(archive, provenance);
    expect(plugin?.signature).toEqual({
      state: SignatureState.SIGNATURE_STATE_TRUSTED,
      key: builder,
      message: `built by ${builder}`,
    });
    // Another authority says the same: nobody here trusts it.
    const other = await startSigningAuthority();
    onTestFinished(() => other.close());
    const later = await pack('later-built');
    await expect(send(later, await other.state(later, 'x', '1.0.0', builder))).rejects.toMatchObject(
      refused('does not hold'),
    );
  });

  test("sigstore's own root is there without network, and trusts no other authority", async () => {
    const authority = await startSigningAuthority();
    onTestFinished(() => authority.close());
    const plugins = await withPolicy('warn');
    const archive = await pack('public');
    const provenance = await authority.state(archive, 'public', '1.0.0', 'https://github.com/acme/x');
    await expect(plugins.uploadPlugin(uploadParts(archive, { provenance }))).rejects.toMatchObject({
      reason: 'PLUGIN_UNSIGNED',
      message: expect.stringContaining('does not hold'),
    });
  });

  test('`off` takes a signature of nobody knows whom, and says so', async () => {
    const plugins = await withPolicy('off');
    const { plugin } = await plugins.uploadPlugin(uploadParts(await pack('any'), { signature: randomBytes(64) }));
    expect(plugin?.signature).toMatchObject({ state: SignatureState.SIGNATURE_STATE_UNKNOWN_KEY, key: '' });
  });
});

/** A small disk of its own, which only root can have. */
async function smallDisk(megabytes: number): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'sluice-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'none', folder], { stdio: 'ignore' });
  } catch {
    await rm(folder, { recursive: true });
    return undefined; // a container may not
  }
  onTestFinished(async () => {
    execFileSync('umount', [folder]);
    await rm(folder, { recursive: true });
  });
  return folder;
}

test('an upload that fills the disk is refused with that reason, leaves nothing mounted, and goes on when there is room', async (context) => {
  const home = await smallDisk(40);
  if (home === undefined) return context.skip('a disk of its own needs root on Linux');
  const platform = await startPlatform({ processes: [['catalog']], home });
  try {
    const plugins = platform.clients.get(PluginServiceService);
    const entry = sourceStop('disk.Full', 'return give(engine, 1);');
    const large = await packPlugin('@disk/large', '1.0.0', entry, { files: { 'data.bin': randomBytes(60 * 2 ** 20) } });
    await expect(upload(plugins, large)).rejects.toMatchObject({ reason: 'DISK_FULL' });
    // It fits the database, not beside its unpacked files.
    const middle = await packPlugin('@disk/middle', '1.0.0', entry, {
      files: { 'data.bin': randomBytes(14 * 2 ** 20) },
    });
    const { plugins: kept } = await plugins.listPlugins({ name: '', mounted: false, pageSize: 0, pageToken: '' });
    expect(kept).toEqual([]);
    expect((await plugins.getPluginStatus({})).generation).toBe(0n);
    await expect(upload(plugins, middle)).rejects.toMatchObject({ reason: 'DISK_FULL' });
    execFileSync('mount', ['-o', 'remount,size=400m', home]);
    expect(await upload(plugins, await packPlugin('@disk/small', '1.0.0', entry))).toMatchObject({
      name: '@disk/small',
    });
    const { receivedBytes } = await plugins.getPluginUpload({ digest: sha256(large) });
    expect(Number(receivedBytes)).toBeGreaterThan(0);
    const { plugin } = await plugins.uploadPlugin(uploadParts(large, { offset: Number(receivedBytes) }));
    expect(plugin).toMatchObject({ name: '@disk/large', sizeBytes: BigInt(large.length) });
  } finally {
    await platform.close();
  }
}, 60_000);
