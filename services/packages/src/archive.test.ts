import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { PackageStore, unpack, type ArchiveLimits } from './index.js';
import { packEntries, packFiles, sha256, type ArchiveEntry } from '../../../test/support/plugin-archives.js';
import { packZip } from '../../../test/support/zip-archives.js';

const LIMITS: ArchiveLimits = { bytes: 40 * 2 ** 20, entries: 50, ratio: 100, depth: 8 };

async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-archive-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** What becomes of an archive: the rule that it breaks, or the files that it leaves. */
async function verdict(archive: Buffer): Promise<unknown> {
  const file = join(await freshFolder(), 'archive');
  const into = await freshFolder();
  await writeFile(file, archive);
  return unpack(file, into, LIMITS).then(
    async (folder) => (await readdir(folder, { recursive: true })).sort(),
    (error: { reason: string; details: { rule: string } }) => {
      expect(error.reason).toBe('PLUGIN_ARCHIVE_INVALID');
      return error.details.rule;
    },
  );
}

const tarOf = (...entries: ArchiveEntry[]): Promise<Buffer> =>
  packEntries([[{ name: 'package/a.js' }, 'a'], ...entries]);

test('an npm archive and a zip, with and without a folder around, give the same files', async () => {
  const files = { 'package.json': '{}', 'dist/index.js': 'x' };
  const wanted = ['dist', 'dist/index.js', 'package.json'];
  expect(await verdict(await packFiles(files))).toEqual(wanted);
  expect(await verdict(packZip(Object.entries(files).map(([name, text]) => ({ name, text }))))).toEqual(wanted);
  expect(await verdict(packZip(Object.entries(files).map(([name, text]) => ({ name: `x/${name}`, text }))))).toEqual(
    wanted,
  );
});

test.each<readonly [string, () => Promise<Buffer> | Buffer, string]>([
  ['a name that leads out', () => tarOf([{ name: 'package/../../x' }, 'x']), 'traversal'],
  ['an absolute name', () => tarOf([{ name: '/etc/x' }, 'x']), 'absolute'],
  ['a drive', () => tarOf([{ name: 'C:/x' }, 'x']), 'absolute'],
  ['a backslash', () => tarOf([{ name: 'package/..\\x' }, 'x']), 'name'],
  ['a control character', () => tarOf([{ name: 'package/a\nb' }, 'x']), 'name'],
  ['a symlink', () => tarOf([{ name: 'package/l', type: 'symlink', linkname: '/etc/passwd' }]), 'link'],
  ['a hard link', () => tarOf([{ name: 'package/l', type: 'link', linkname: 'package/a.js' }]), 'link'],
  ['a device', () => tarOf([{ name: 'package/d', type: 'character-device' }]), 'device'],
  ['a pipe', () => tarOf([{ name: 'package/p', type: 'fifo' }]), 'device'],
  ['a file twice', () => tarOf([{ name: 'package/a.js' }, 'b']), 'duplicate'],
  ['names that differ by case', () => tarOf([{ name: 'package/A.js' }, 'b']), 'duplicate'],
  ['many folders within folders', () => tarOf([{ name: `package/${'d/'.repeat(20)}x` }, 'x']), 'depth'],
  [
    'many entries',
    () => tarOf(...Array.from({ length: 60 }, (_, i): ArchiveEntry => [{ name: `package/${i}` }, 'x'])),
    'entries',
  ],
  ['a gzip bomb', () => tarOf([{ name: 'package/zeros' }, Buffer.alloc(30 * 2 ** 20)]), 'ratio'],
  ['more than may be', () => tarOf([{ name: 'package/big' }, randomBytes(41 * 2 ** 20)]), 'size'],
  [
    'a cut tar',
    async () =>
      gzipSync(
        (await import('node:zlib'))
          .gunzipSync(await tarOf([{ name: 'package/b' }, randomBytes(5000)]))
          .subarray(0, 3000),
      ),
    'damaged',
  ],
  [
    'a cut gzip',
    async () => (await tarOf([{ name: 'package/b' }, randomBytes(50_000)])).subarray(0, 20_000),
    'damaged',
  ],
  ['a gzip of no tar', () => gzipSync(randomBytes(5000)), 'damaged'],
  ['another format by its name', () => Buffer.from('\u0050\u0051 not an archive'), 'format'],
  ['nothing', () => Buffer.alloc(0), 'format'],
  ['an empty tar', () => packEntries([]), 'empty'],
  ['a zip whose name leads out', () => packZip([{ name: '../x', text: 'x' }]), 'traversal'],
  ['a zip with an absolute name', () => packZip([{ name: '/x', text: 'x' }]), 'absolute'],
  ['a zip with a symlink', () => packZip([{ name: 'l', text: '/etc/passwd', mode: 0o120777 }]), 'link'],
  ['a zip bomb', () => packZip([{ name: 'zeros', text: Buffer.alloc(30 * 2 ** 20) }]), 'ratio'],
  [
    'a zip that lies about its size',
    () => packZip([{ name: 'a', text: Buffer.alloc(4000, 'a'), declared: 10 }]),
    'damaged',
  ],
  ['a cut zip', () => packZip([{ name: 'a', text: randomBytes(4000) }]).subarray(0, 2000), 'damaged'],
])('%s is refused by its rule', async (_, archive, rule) => {
  expect(await verdict(await archive())).toBe(rule);
});

test('no file is executable, and what a refused archive held is nowhere', async () => {
  const folder = await freshFolder();
  const store = new PackageStore(join(folder, 'store'));
  await store.open();
  const good = await packEntries([[{ name: 'package/run.sh', mode: 0o4777 }, 'x']]);
  const at = await store.ensure(sha256(good), async function* () {
    yield good;
  });
  expect((await stat(join(at, 'run.sh'))).mode & 0o7777).toBe(0o644);
  const bad = await tarOf([{ name: 'package/../../x' }, 'x']);
  const loading = store.ensure(sha256(bad), async function* () {
    yield bad;
  });
  await expect(loading).rejects.toMatchObject({ details: { rule: 'traversal' } });
  expect((await readdir(join(folder, 'store'))).sort()).toEqual([sha256(good), 'node_modules'].sort());
});

test('bytes that are not those of the digest are refused, and two who ask at once share one package', async () => {
  const folder = await freshFolder();
  const store = new PackageStore(folder);
  await store.open();
  const archive = await packFiles({ 'package.json': '{"a":1}' });
  let fetched = 0;
  const source = async function* (): AsyncGenerator<Uint8Array> {
    fetched += 1;
    yield archive.subarray(0, 10);
    yield archive.subarray(10);
  };
  await expect(store.ensure('0'.repeat(64), source)).rejects.toMatchObject({ details: { rule: 'digest' } });
  const digest = sha256(archive);
  const both = await Promise.all([store.ensure(digest, source), store.ensure(digest, source)]);
  expect(both[0]).toBe(both[1]);
  expect(fetched).toBe(2);
  expect(await readFile(join(both[0], 'package.json'), 'utf8')).toBe('{"a":1}');
});

test('what a process that was killed left half unpacked is cleared by the next', async () => {
  const folder = await freshFolder();
  const store = new PackageStore(folder);
  await store.open();
  await writeFile(join(folder, 'staging-999999999-x'), 'half');
  await new PackageStore(folder).open();
  expect(await readdir(folder)).toEqual(['node_modules']);
});

test('a package with others linked into it stays as long as it is needed, and goes with it', async () => {
  const folder = await freshFolder();
  const store = new PackageStore(folder);
  await store.open();
  const [user, library] = await Promise.all(
    ['user', 'library'].map(async (name) => {
      const archive = await packFiles({ 'package.json': '{}', 'index.js': name });
      const digest = sha256(archive);
      await store.ensure(digest, async function* () {
        yield archive;
      });
      return digest;
    }),
  );
  const linked = await store.link(user ?? '', [{ name: 'words', digest: library ?? '' }]);
  expect(await readFile(join(linked, 'node_modules/words/index.js'), 'utf8')).toBe('library');
  const later = new Date(Date.now() + 60_000);
  await store.clear(later, new Set([user ?? '']));
  expect(await readdir(linked)).toContain('index.js');
  await store.remove(user ?? '');
  expect(await readdir(folder)).toEqual(['node_modules']);
});
