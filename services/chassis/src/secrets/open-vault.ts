import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, link, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Config } from '../config/settings.js';
import { SluiceError } from '../errors.js';
import { KEY_BYTES, Vault } from './vault.js';

const COMMAND_MS = 30_000;

export interface OpenVaultOptions {
  /** Whether a key file is made where no key is given at all; its mode is 600. */
  readonly make: boolean;
}

/**
 * Opens the vault with the master keys of the settings: `secrets.key`, else what `secrets.keyCommand` prints, else the
 * file `secrets.keyFile`. Keys are 32 bytes in base64, one a line or separated by commas, the present one first.
 *
 * @throws SECRET_UNREADABLE for keys that are none, a file that others may read, or a command that failed
 */
export async function openVault(config: Pick<Config, 'secrets' | 'home'>, { make }: OpenVaultOptions): Promise<Vault> {
  const { key, keyCommand } = config.secrets;
  const file = config.secrets.keyFile || join(config.home, 'master.key');
  if (key !== '') return new Vault(readKeys(key, 'secrets.key'));
  if (keyCommand !== '') return new Vault(readKeys(await askCommand(keyCommand), 'the output of secrets.keyCommand'));
  const text = (await readKeyFile(file)) ?? (make ? await makeKeyFile(file) : '');
  return new Vault(text === '' ? [] : readKeys(text, file));
}

/**
 * Opens the vault of a service that keeps secrets. A key file is made only where no secret is kept yet: a new key would
 * hide that the one which secrets are under is lost.
 *
 * @param needed the identifiers of the master keys that kept secrets are under
 * @throws SECRET_UNREADABLE as {@link openVault}, and when one of those keys is missing: better now than in a run at night
 */
export async function openKeepersVault(
  config: Pick<Config, 'secrets' | 'home'>,
  needed: readonly string[],
): Promise<Vault> {
  const vault = await openVault(config, { make: needed.length === 0 });
  const missing = [...new Set(needed)].filter((keyId) => !vault.knows(keyId));
  if (missing.length === 0) return vault;
  const message = `secrets are kept under the master key ${missing.join(', ')}, which is not among those of secrets.key, secrets.keyCommand or secrets.keyFile; bring it back, as the present key or behind it`;
  throw new SluiceError('SECRET_UNREADABLE', message, { details: { keys: missing.join(',') } });
}

function readKeys(text: string, where: string): Buffer[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  const keys = words.map((word) => Buffer.from(word, 'base64'));
  if (keys.length > 0 && keys.every((each) => each.length === KEY_BYTES)) return keys;
  const message = `${where} holds no master keys: each is ${KEY_BYTES} bytes in base64, such as those of \`openssl rand -base64 32\``;
  throw new SluiceError('SECRET_UNREADABLE', message);
}

async function readKeyFile(file: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0) {
      const message = `the key file ${file} can be read by others (mode ${(mode & 0o777).toString(8)}); chmod 600 it`;
      throw new SluiceError('SECRET_UNREADABLE', message);
    }
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Makes a key file; of two processes that do so at once, one wins and both use its file. */
async function makeKeyFile(file: string): Promise<string> {
  const own = `${file}.${randomBytes(6).toString('hex')}`;
  await writeFile(own, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600 });
  await chmod(own, 0o600);
  try {
    await link(own, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(own, { force: true });
  }
  return readFile(file, 'utf8');
}

async function askCommand(command: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', command], { timeout: COMMAND_MS });
    return stdout;
  } catch (error) {
    // Its output is not told: it may be the key.
    const { code, signal } = error as { readonly code?: unknown; readonly signal?: unknown };
    const message = `the command of secrets.keyCommand failed (${String(signal ?? code)}); run it by hand to see why`;
    throw new SluiceError('SECRET_UNREADABLE', message);
  }
}
