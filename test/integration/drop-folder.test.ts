import { mkdir, open, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { PluginServiceService } from '@sluice/proto/catalog/v1/plugin_service';
import { packCounting, packPlugin, sourceStop, type PluginClient } from '../support/plugin-archives.js';
import { startPlatform, type TestPlatform } from '../support/platform.js';

async function start(drop: string): Promise<{ platform: TestPlatform; plugins: PluginClient; folder: string }> {
  const platform = await startPlatform({ env: { SLUICE_PLUGINS_DROP: drop } });
  onTestFinished(() => platform.close());
  const folder = join(platform.home, 'plugins');
  await mkdir(folder, { recursive: true });
  return { platform, plugins: platform.clients.get(PluginServiceService), folder };
}

const mounted = async (plugins: PluginClient): Promise<string[]> => {
  const { plugins: found } = await plugins.listPlugins({ name: '', mounted: true, pageSize: 0, pageToken: '' });
  return found.map(({ name, version }) => `${name}@${version}`);
};
const verdictOf = async (file: string): Promise<unknown> =>
  JSON.parse(await readFile(`${file}.verdict.json`, 'utf8').catch(() => 'null')) as unknown;

test('an archive that is put into the drop folder is mounted when it has settled, and its verdict lies beside it', async () => {
  const { platform, plugins, folder } = await start('on');
  const archive = await packCounting('@acme/dropped', 'acme.Dropped', '1.0.0');
  const file = join(folder, 'dropped-1.0.0.tgz');
  // Written little by little: it is never read half.
  const handle = await open(file, 'w');
  for (let at = 0; at < archive.length; at += Math.ceil(archive.length / 4)) {
    await handle.write(archive, at, Math.min(Math.ceil(archive.length / 4), archive.length - at));
    await delay(700);
    expect(await verdictOf(file)).toBeNull();
  }
  await handle.close();
  await expect
    .poll(() => verdictOf(file), { timeout: 15_000 })
    .toMatchObject({
      verdict: 'mounted',
      plugin: '@acme/dropped@1.0.0',
      size: archive.length,
    });
  expect(await mounted(plugins)).toEqual(['@acme/dropped@1.0.0']);
  const { changes } = await plugins.listPluginChanges({ plugin: '@acme/dropped', pageSize: 2, pageToken: '' });
  expect(changes.map(({ action, actor }) => [action, actor])).toEqual([
    ['mount', 'drop folder'],
    ['upload', 'drop folder'],
  ]);

  await writeFile(join(folder, 'broken.tgz'), archive.subarray(0, 100));
  await writeFile(join(folder, '.hidden.tgz'), archive);
  await writeFile(join(folder, 'upload.tgz.part'), archive);
  const greedy = { sluice: { capabilities: { processes: true } } };
  await writeFile(
    join(folder, 'greedy.tgz'),
    await packPlugin('@acme/greedy', '1.0.0', sourceStop('acme.Greedy', ''), greedy),
  );
  await expect
    .poll(() => verdictOf(join(folder, 'broken.tgz')), { timeout: 15_000 })
    .toMatchObject({
      verdict: 'refused',
      reason: 'PLUGIN_ARCHIVE_INVALID',
      message: expect.stringContaining('cut off or damaged'),
    });
  await expect
    .poll(() => verdictOf(join(folder, 'greedy.tgz')), { timeout: 15_000 })
    .toMatchObject({
      verdict: 'uploaded',
      plugin: '@acme/greedy@1.0.0',
      reason: 'PLUGIN_NOT_GRANTED',
    });
  expect(await verdictOf(join(folder, '.hidden.tgz'))).toBeNull();
  // The mended file is another one, and is taken.
  await writeFile(join(folder, 'next.part'), await packCounting('@acme/dropped', 'acme.Dropped', '2.0.0'));
  await rename(join(folder, 'next.part'), join(folder, 'broken.tgz'));
  await expect
    .poll(() => verdictOf(join(folder, 'broken.tgz')), { timeout: 15_000 })
    .toMatchObject({ verdict: 'mounted' });

  // A restart takes nothing a second time.
  const before = (await stat(`${file}.verdict.json`)).mtimeMs;
  await platform.processes[0]?.stop();
  await platform.restart(0);
  await delay(3_000);
  expect((await stat(`${file}.verdict.json`)).mtimeMs).toBe(before);
  expect((await mounted(plugins)).sort()).toEqual(['@acme/dropped@1.0.0', '@acme/dropped@2.0.0']);
}, 90_000);

test('without the setting nothing is taken', async () => {
  const { plugins, folder } = await start('off');
  const file = join(folder, 'dropped-1.0.0.tgz');
  await writeFile(file, await packCounting('@acme/dropped', 'acme.Dropped', '1.0.0'));
  await delay(3_500);
  expect(await verdictOf(file)).toBeNull();
  expect(await mounted(plugins)).toEqual([]);
}, 60_000);
