import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { resolve, sep } from 'node:path';

/** What the code of a child process may do; what is not said here, it may not. */
export interface Sandbox {
  /** Folders and files that it may read, with all that is in them. */
  readonly read: readonly string[];
  /** Folders that it may write, with all that is in them. */
  readonly write: readonly string[];
  readonly processes: boolean;
  /** Whether it may load native code, which no check of Node binds any more. */
  readonly native: boolean;
  readonly network: boolean;
}

/** Which parts of a sandbox this machine enforces; the rest is not. */
export interface SandboxSupport {
  /** Files, processes, threads and native code: the permission model of Node. */
  readonly permissions: boolean;
  /** The network: a network namespace of Linux. */
  readonly network: boolean;
  /** How large a file and how many processes: prlimit. */
  readonly limits: boolean;
  /** The rights of root, and programs that give rights: setpriv. */
  readonly privileges: boolean;
}

/** The size at which a file of a sandboxed process ends. */
const FILE_BYTES = 64 * 2 ** 30;
/** How many processes and threads a sandboxed user may have who is not root. */
const PROCESSES = 4096;

/** Options of Node for its permission model: it had another name before version 23.5. */
const PERMISSION = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : process.allowedNodeEnvironmentFlags.has('--experimental-permission')
    ? '--experimental-permission'
    : undefined;

let known: (SandboxSupport & { readonly unshare: readonly string[]; readonly setpriv: readonly string[] }) | undefined;

/** What this machine can enforce; looked at once. */
export function sandboxSupport(): NonNullable<typeof known> {
  if (known !== undefined) return known;
  const works = (command: string, args: readonly string[]): boolean =>
    process.platform === 'linux' && spawnSync(command, args, { stdio: 'ignore', timeout: 5000 }).status === 0;
  const ways = [['--net'], ['--user', '--map-current-user', '--net']];
  const unshare = ways.find((way) => works('unshare', [...way, '--', process.execPath, '--version'])) ?? [];
  const rights = [['--bounding-set=-all', '--inh-caps=-all', '--no-new-privs'], ['--no-new-privs']];
  const setpriv = rights.find((way) => works('setpriv', [...way, '--', process.execPath, '--version'])) ?? [];
  const limits = works('prlimit', ['--fsize', '--', process.execPath, '--version']) || works('prlimit', ['--version']);
  const found = { permissions: PERMISSION !== undefined, network: unshare.length > 0, privileges: setpriv.length > 0 };
  known = { ...found, limits, unshare, setpriv };
  return known;
}

/** A command in a sandbox, as far as this machine has one; another program than Node confines its files itself. */
export function sandboxed(
  sandbox: Sandbox | undefined,
  program: string,
  args: readonly string[],
): { readonly command: string; readonly args: readonly string[] } {
  if (sandbox === undefined) return { command: program, args };
  const { unshare, limits, setpriv } = sandboxSupport();
  const words = [
    ...(sandbox.network || unshare.length === 0 ? [] : ['unshare', ...unshare, '--']),
    ...(limits ? ['prlimit', `--fsize=${FILE_BYTES}`, `--nproc=${PROCESSES}`, '--core=0', '--'] : []),
    ...(setpriv.length > 0 ? ['setpriv', ...setpriv, '--'] : []),
    program,
    ...(program === process.execPath ? permissions(sandbox) : []),
    ...args,
  ];
  const [command = program, ...rest] = words;
  return { command, args: rest };
}

function permissions({ read, write, processes, native }: Sandbox): string[] {
  if (PERMISSION === undefined) return [];
  return [
    '--no-warnings', // that the permission model is an experiment
    PERMISSION,
    ...outermost([...read, ...write]).map((path) => `--allow-fs-read=${asNode(path)}`),
    ...outermost(write).map((path) => `--allow-fs-write=${asNode(path)}`),
    ...(processes ? ['--allow-child-process'] : []),
    ...(native ? ['--allow-addons'] : []),
  ];
}

/** The paths that lie in no other of them: Node 20 ends when it is given one twice. */
function outermost(paths: readonly string[]): string[] {
  const kept: string[] = [];
  for (const path of paths.map((each) => resolve(each)).sort()) {
    if (!kept.some((each) => path === each || path.startsWith(each === sep ? sep : each + sep))) kept.push(path);
  }
  return kept;
}

/** A folder ends with a separator: Node 20 mixes up `/a` and `/ab` otherwise. */
function asNode(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true ? path : path + sep;
}
