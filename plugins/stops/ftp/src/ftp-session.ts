import { isIP } from 'node:net';
import { Client, FTPError } from 'basic-ftp';
import type { ConnectOptions } from '@sluice/plugin-sdk';
import { ftpError } from './failures.js';
import type { Session, Target } from './session.js';

/** What a server answers where a file or folder is not there, or may not be used. */
const MISSING = 550;

/** Logs in by FTP or FTPS. */
export async function openFtp(target: Target, { timeoutMs, signal }: ConnectOptions): Promise<Session> {
  const client = new Client(timeoutMs);
  const close = (): void => client.close();
  signal.addEventListener('abort', close, { once: true });
  const { host, port, user, password, tls } = target;
  let step: 'connecting' | 'securing' | 'logging in' = 'connecting';
  try {
    await client.connect(host, port);
    step = 'securing';
    const name = isIP(host) === 0 ? { servername: host } : {};
    if (tls !== 'off') await client.useTLS({ rejectUnauthorized: tls === 'verify', host, ...name });
    step = 'logging in';
    await client.login(user, password);
    await client.useDefaultSettings();
    const home = await client.pwd();
    return sessionOf(client, home);
  } catch (error) {
    client.close();
    throw ftpError(target, error, step);
  }
}

function sessionOf(client: Client, home: string): Session {
  const isMissing = (error: unknown): boolean => error instanceof FTPError && error.code === MISSING;
  return {
    isMissing,
    close: () => client.close(),
    async about() {
      const { message } = await client.send('SYST', true);
      return { product: 'FTP', version: message.replace(/^\d+ /, '') };
    },
    async folderAt(path) {
      try {
        await client.cd(path);
        return await client.pwd();
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      } finally {
        if (!client.closed) await client.cd(home);
      }
    },
    async list(folder) {
      await client.cd(folder);
      const found = await client.list();
      await client.cd(home);
      return found.map(({ name, isDirectory: isFolder, isFile }) => ({ name, isFolder, isFile }));
    },
    async has(path) {
      try {
        await client.size(path);
        return true;
      } catch (error) {
        if (isMissing(error)) return false;
        throw error;
      }
    },
    async makeFolder(path) {
      await client.ensureDir(path);
      const folder = await client.pwd();
      await client.cd(home);
      return folder;
    },
    async download(path, local) {
      await client.downloadTo(local, path);
    },
    async upload(local, path) {
      await client.uploadFrom(local, path);
    },
    async rename(from, to) {
      await client.rename(from, to);
    },
    async discard(path) {
      if (!client.closed) await client.remove(path, true);
    },
  };
}
