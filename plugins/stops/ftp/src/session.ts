import { isIP } from 'node:net';
import { Client, FTPError, type FileInfo } from 'basic-ftp';
import { SluiceError, type ConnectOptions } from '@sluice/plugin-sdk';
import { clientError, type Place } from './failures.js';

/** Where a server is and who asks. */
export interface Target extends Place {
  readonly user: string;
  readonly password: string;
  readonly tls: 'off' | 'require' | 'verify';
}

/** A file on the server. */
export interface RemoteFile {
  /** Its whole path. */
  readonly path: string;
  /** Its path below the folder that was asked for, or its name. */
  readonly relative: string;
}

/** Folders inside one another, at most: links may lead in circles. */
const DEEPEST = 64;

/**
 * Logs in. A transfer that stands still for the time of `options` ends with an error; a run that is cancelled ends it.
 *
 * @throws CONNECTION_FAILED and ACCESS_REFUSED with their step
 */
export async function openSession(target: Target, { timeoutMs, signal }: ConnectOptions): Promise<Client> {
  signal.throwIfAborted();
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
    return client;
  } catch (error) {
    client.close();
    throw clientError(target, error, step);
  }
}

/** The files at a path: the file itself, or all of a folder and its folders, in the order of their paths. */
export async function filesAt(client: Client, path: string): Promise<RemoteFile[]> {
  const home = await client.pwd();
  if (!(await isFolder(client, path))) {
    await client.cd(home);
    return [{ path, relative: path.slice(path.lastIndexOf('/') + 1) }];
  }
  const files: RemoteFile[] = [];
  await walk(client, await client.pwd(), '', files, 0);
  await client.cd(home);
  return files.sort((a, b) => (a.relative < b.relative ? -1 : 1));
}

/** Goes into a folder, if it is one. */
async function isFolder(client: Client, path: string): Promise<boolean> {
  try {
    await client.cd(path);
    return true;
  } catch (error) {
    if (error instanceof FTPError && error.code === 550) return false;
    throw error;
  }
}

async function walk(client: Client, folder: string, below: string, files: RemoteFile[], depth: number): Promise<void> {
  if (depth > DEEPEST) throw new SluiceError('DATA_INVALID', `'${folder}' lies more than ${DEEPEST} folders deep`);
  for (const entry of await entriesOf(client, folder)) {
    const path = `${folder.replace(/\/+$/, '')}/${entry.name}`;
    const relative = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory) await walk(client, path, relative, files, depth + 1);
    else if (entry.isFile) files.push({ path, relative });
  }
}

/** What a folder holds. The listing is the server's: a name that would lead out of a folder is refused. */
export async function entriesOf(client: Client, folder: string): Promise<FileInfo[]> {
  await client.cd(folder);
  const entries = (await client.list()).filter(({ name }) => name !== '.' && name !== '..');
  const odd = entries.find(({ name }) => name === '' || /[/\\\0]/.test(name));
  if (odd === undefined) return entries;
  throw new SluiceError('DATA_INVALID', `the server names a file '${odd.name}', which is no name of a file`);
}
