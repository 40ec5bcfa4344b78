import { SluiceError, type Place, type ServerAbout, type Tls } from '@sluice/plugin-sdk';

/** Where a server is and who asks. */
export interface Target extends Place {
  readonly protocol: 'ftp' | 'sftp';
  readonly user: string;
  readonly password: string;
  /** For FTP. */
  readonly tls: Tls;
  /** For SFTP: a key of the user in OpenSSH's or PEM form, and what opens it; empty: the password counts. */
  readonly privateKey: string;
  readonly passphrase: string;
  /** For SFTP: the fingerprint of the server's key, `SHA256:...`; empty: any. */
  readonly hostKey: string;
}

/** What a folder of the server holds. */
export interface RemoteEntry {
  readonly name: string;
  readonly isFolder: boolean;
  readonly isFile: boolean;
}

/** A login at a server of FTP or SFTP. Failures of single commands are those of the client. */
export interface Session {
  about(): Promise<ServerAbout>;
  /** The whole path of a folder; undefined where the path leads to none. */
  folderAt(path: string): Promise<string | undefined>;
  list(folder: string): Promise<readonly RemoteEntry[]>;
  /** Whether there is a file; folders count for SFTP only. */
  has(path: string): Promise<boolean>;
  /** Makes a folder with those above it, where they are not there, and gives its whole path. */
  makeFolder(path: string): Promise<string>;
  download(path: string, local: string): Promise<void>;
  upload(local: string, path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, if the session still can. */
  discard(path: string): Promise<void>;
  /** Whether a failure means that a file is not there or may not be read. */
  isMissing(error: unknown): boolean;
  close(): void;
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

/** The files at a path: the file itself, or all of a folder and its folders, in the order of their paths. */
export async function filesAt(session: Session, path: string): Promise<RemoteFile[]> {
  const folder = await session.folderAt(path);
  if (folder === undefined) return [{ path, relative: path.slice(path.lastIndexOf('/') + 1) }];
  const files: RemoteFile[] = [];
  await walk(session, folder, '', files, 0);
  return files.sort((a, b) => (a.relative < b.relative ? -1 : 1));
}

async function walk(
  session: Session,
  folder: string,
  below: string,
  files: RemoteFile[],
  depth: number,
): Promise<void> {
  if (depth > DEEPEST) throw new SluiceError('DATA_INVALID', `'${folder}' lies more than ${DEEPEST} folders deep`);
  for (const entry of await entriesOf(session, folder)) {
    const path = `${folder.replace(/\/+$/, '')}/${entry.name}`;
    const relative = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isFolder) await walk(session, path, relative, files, depth + 1);
    else if (entry.isFile) files.push({ path, relative });
  }
}

/** What a folder holds. The listing is the server's: a name that would lead out of a folder is refused. */
export async function entriesOf(session: Session, folder: string): Promise<RemoteEntry[]> {
  const entries = (await session.list(folder)).filter(({ name }) => name !== '.' && name !== '..');
  const odd = entries.find(({ name }) => name === '' || /[/\\\0]/.test(name));
  if (odd === undefined) return entries;
  throw new SluiceError('DATA_INVALID', `the server names a file '${odd.name}', which is no name of a file`);
}
