import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { connectionError, type ConnectOptions } from '@sluice/plugin-sdk';
import ssh2, { type Client, type ConnectConfig, type SFTPWrapper } from 'ssh2';
import { sshError } from './failures.js';
import type { Session, Target } from './session.js';

/** What SFTP answers where a file is not there. */
const NO_SUCH_FILE = 2;
/** Answers that may be missing in a row before the connection counts as dead. */
const MOST_MISSED = 3;

/** Logs in by SSH. */
export async function openSftp(target: Target, { timeoutMs, signal }: ConnectOptions): Promise<Session> {
  const { host, port, user, password, privateKey, passphrase, hostKey } = target;
  const client = new ssh2.Client();
  const close = (): void => void client.destroy();
  signal.addEventListener('abort', close, { once: true });
  const config: ConnectConfig = {
    host,
    port,
    username: user,
    ...(privateKey === '' ? { password } : { privateKey, ...(passphrase === '' ? {} : { passphrase }) }),
    readyTimeout: timeoutMs,
    keepaliveInterval: Math.ceil(timeoutMs / MOST_MISSED),
    keepaliveCountMax: MOST_MISSED,
    hostVerifier: (key: Buffer) => hostKey === '' || fingerprintOf(key) === fingerprintGiven(hostKey),
  };
  let version = '';
  client.on('greeting', () => undefined);
  try {
    const sftp = await connect(client, config, (found) => (version = found));
    return sessionOf(target, client, sftp, version);
  } catch (error) {
    client.destroy();
    throw sshError(target, error, 'logging in');
  }
}

/** A fingerprint as `ssh-keygen -l` shows it. */
function fingerprintOf(key: Buffer): string {
  return createHash('sha256').update(key).digest('base64').replace(/=+$/, '');
}

function fingerprintGiven(text: string): string {
  return text
    .trim()
    .replace(/^SHA256:/i, '')
    .replace(/=+$/, '');
}

function connect(client: Client, config: ConnectConfig, identify: (version: string) => void): Promise<SFTPWrapper> {
  return new Promise((resolve, reject) => {
    // The client's own parts have the server's name; its types leave the event out.
    client.on('handshake', () => {
      const { _remoteVer: version = '' } = client as unknown as { readonly _remoteVer?: string };
      identify(version);
    });
    client.once('ready', () =>
      client.sftp((error, sftp) => (error === undefined || error === null ? resolve(sftp) : reject(error))),
    );
    // Later failures end the commands that wait.
    client.on('error', reject);
    client.once('close', () => reject(new Error('the server closed the connection')));
    try {
      client.connect(config);
    } catch (error) {
      // What is no key is thrown at once.
      reject(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

function sessionOf(target: Target, client: Client, sftp: SFTPWrapper, version: string): Session {
  let lost: Error | undefined;
  client.on('error', (error) => (lost ??= error));
  client.on('close', () => (lost ??= new Error('the server closed the connection')));
  /** One command; it ends where the connection does, which the client does not see to by itself. */
  const ask = <T>(command: (done: (error: Error | null | undefined, value: T) => void) => void): Promise<T> =>
    new Promise((resolve, reject) => {
      const fail = (): void => reject(sshError(target, lost ?? connectionError(target, 'connect', 'closed'), 'asking'));
      if (lost !== undefined) return fail();
      client.once('close', fail);
      command((error, value) => {
        client.removeListener('close', fail);
        if (error === undefined || error === null) resolve(value);
        else reject(error);
      });
    });
  const transfer = async (stream: { destroy(): void }, work: Promise<void>): Promise<void> => {
    const end = (): void => stream.destroy();
    client.once('close', end);
    try {
      await work;
    } catch (error) {
      throw lost ?? error;
    } finally {
      client.removeListener('close', end);
    }
  };
  const isMissing = (error: unknown): boolean => (error as { readonly code?: unknown }).code === NO_SUCH_FILE;
  const kindAt = async (path: string): Promise<'folder' | 'file' | undefined> => {
    try {
      const found = await ask<ssh2.Stats>((done) => sftp.stat(path, done));
      return found.isDirectory() ? 'folder' : 'file';
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  };
  const realPath = (path: string): Promise<string> => ask<string>((done) => sftp.realpath(path, done));
  return {
    isMissing,
    close: () => client.end(),
    about: () => Promise.resolve({ product: 'SFTP', version }),
    async folderAt(path) {
      return (await kindAt(path)) === 'folder' ? realPath(path) : undefined;
    },
    async list(folder) {
      const found = await ask<ssh2.FileEntryWithStats[]>((done) => sftp.readdir(folder, done));
      return Promise.all(
        found.map(async ({ filename: name, attrs }) => {
          // A listing says of a link only that it is one.
          const kind = attrs.isSymbolicLink()
            ? await kindAt(`${folder}/${name}`)
            : attrs.isDirectory()
              ? 'folder'
              : attrs.isFile() && 'file';
          return { name, isFolder: kind === 'folder', isFile: kind === 'file' };
        }),
      );
    },
    has: async (path) => (await kindAt(path)) !== undefined,
    async makeFolder(path) {
      const names = path.split('/').filter((name) => name !== '');
      let place = path.startsWith('/') ? '' : await realPath('.');
      for (const name of names) {
        place = `${place}/${name}`;
        if ((await kindAt(place)) === undefined) await ask<void>((done) => sftp.mkdir(place, (error) => done(error)));
      }
      return place === '' ? '/' : place;
    },
    download(path, local) {
      const stream = sftp.createReadStream(path);
      return transfer(stream, pipeline(stream, createWriteStream(local)));
    },
    upload(local, path) {
      const stream = sftp.createWriteStream(path);
      return transfer(stream, pipeline(createReadStream(local), stream));
    },
    rename: (from, to) => ask<void>((done) => sftp.rename(from, to, (error) => done(error))),
    async discard(path) {
      if (lost === undefined) await ask<void>((done) => sftp.unlink(path, () => done(null)));
    },
  };
}
