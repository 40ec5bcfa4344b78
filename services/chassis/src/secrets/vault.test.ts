import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openVault } from './open-vault.js';
import { redactor } from './redact.js';
import { Vault } from './vault.js';

const home = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-vault-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
};
const config = (folder: string, more: object = {}) => ({
  home: folder,
  secrets: { key: '', keyFile: '', keyCommand: '', ...more },
});
const base64 = (): string => randomBytes(32).toString('base64');

test('what was sealed is opened again, by its own scope only, and shows nothing', () => {
  const vault = new Vault([randomBytes(32)]);
  const sealed = vault.seal('datasource:shop', { password: 'hunter2' });
  expect(vault.open('datasource:shop', sealed)).toEqual({ password: 'hunter2' });
  expect(Buffer.from(sealed.data).toString('latin1')).not.toContain('hunter2');
  expect(() => vault.open('datasource:other', sealed)).toThrow(/cannot be read/);
  const changed = Buffer.from(sealed.data);
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  expect(() => vault.open('datasource:shop', { ...sealed, data: changed })).toThrow(/changed outside/);
});

test('older master keys open what they sealed, and a key that is missing is named', () => {
  const [old, present] = [randomBytes(32), randomBytes(32)];
  const sealed = new Vault([old]).seal('a', { k: 'v' });
  const both = new Vault([present, old]);
  expect(both.open('a', sealed)).toEqual({ k: 'v' });
  expect(both.seal('a', {}).keyId).not.toBe(sealed.keyId);
  expect(() => new Vault([present]).open('a', sealed)).toThrow(sealed.keyId);
});

test('the first start makes a key file that others cannot read, and later ones use it', async () => {
  const folder = home();
  const [one, two] = await Promise.all([1, 2].map(() => openVault(config(folder), { make: true })));
  expect(one?.keyId).toBe(two?.keyId);
  expect(statSync(join(folder, 'master.key')).mode & 0o777).toBe(0o600);
  expect((await openVault(config(folder), { make: false })).keyId).toBe(one?.keyId);
});

test('a key comes from a setting or a command too', async () => {
  const folder = home();
  const key = base64();
  const byKey = await openVault(config(folder, { key: `${key},${base64()}` }), { make: true });
  const byCommand = await openVault(config(folder, { keyCommand: `echo ${key}` }), { make: true });
  expect(byCommand.keyId).toBe(byKey.keyId);
});

test('a file that others may read, a key that is none and a command that fails are refused', async () => {
  const folder = home();
  const file = join(folder, 'master.key');
  writeFileSync(file, base64());
  chmodSync(file, 0o644);
  await expect(openVault(config(folder), { make: true })).rejects.toMatchObject({ reason: 'SECRET_UNREADABLE' });
  await expect(openVault(config(folder, { key: 'short' }), { make: true })).rejects.toThrow(/32 bytes/);
  const failing = openVault(config(folder, { keyCommand: 'echo s3cret; exit 3' }), { make: true });
  await expect(failing).rejects.toThrow(/failed \(3\)/);
  await expect(failing).rejects.not.toThrow(/s3cret/);
});

test('secrets are hidden in every text, as JSON and URLs write them too', () => {
  const redact = redactor(['p"w/1', 'ab']);
  expect(redact({ a: ['x p"w/1 y', { b: 'p%22w%2F1 p\\"w/1' }], ab: 'ab', n: 1 })).toEqual({
    a: ['x •••••• y', { b: '•••••• ••••••' }],
    ab: 'ab',
    n: 1,
  });
});

test.each(['', 'u', 'us', 'use', 'user:'])('a secret in Base64 behind "%s" is hidden', (before) => {
  const redact = redactor(['Planted-Wort-ÿ¿']);
  for (const form of ['base64', 'base64url'] as const) {
    const coded = Buffer.from(`${before}Planted-Wort-ÿ¿:more`).toString(form);
    const shown = redact(`Authorization: Basic ${coded} end`);
    expect(shown).toMatch(/^Authorization: Basic \w{0,8}••••••[\w-]{0,9}=* end$/);
  }
});
