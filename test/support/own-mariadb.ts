import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './root.js';

const SCRIPT = join(ROOT, 'deploy/dev/services.sh');
const run = promisify(execFile);

/** A MariaDB of a test's own, which it may kill. */
export interface OwnMariadb {
  readonly url: string;
  kill(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** Starts a MariaDB in a folder of its own. */
export async function ownMariadb(): Promise<OwnMariadb> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-mariadb-'));
  const env = { ...process.env, SLUICE_TEST_SERVICES_DIR: folder };
  const services = (...args: string[]) => run(SCRIPT, args, { env, timeout: 60_000 });
  await services('start', 'mariadb');
  const { stdout } = await services('env');
  const url = /SLUICE_TEST_MARIADB_URL='?([^'\s]+)/.exec(stdout)?.[1];
  if (url === undefined) throw new Error(`no address of MariaDB in: ${stdout}`);
  return {
    url,
    async kill() {
      const pid = Number(await readFile(join(folder, 'mariadb/pid'), 'utf8'));
      process.kill(pid, 'SIGKILL');
    },
    async start() {
      await services('start', 'mariadb');
    },
    async remove() {
      await services('stop', 'mariadb');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
