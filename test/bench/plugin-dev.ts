import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startPlatform } from '../support/platform.js';
import { ROOT } from '../support/root.js';
import { median, type Bench } from './figure.js';
import { cpuSeconds } from './processes.js';

const exec = promisify(execFile);
const BIN = join(ROOT, 'services/cli/bin/sluice.js');
const SAVES = 11;
const LIMIT_MS = 60_000;

/** What an author waits for who saves a file while `sluice plugin dev` runs. */
export const bench: Bench = {
  name: 'plugin-dev',
  about: `a new package, ${SAVES} saves: built by tsc, packed, uploaded with its examples, mounted`,
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-dev-'));
    const platform = await startPlatform();
    try {
      await exec(process.execPath, [BIN, 'plugin', 'new', 'acme-text'], { cwd: folder });
      const home = join(folder, 'acme-text');
      await symlink(join(ROOT, 'node_modules'), join(home, 'node_modules'));
      const [first] = platform.processes;
      const dev = spawn(process.execPath, [BIN, 'plugin', 'dev', '--url', first?.grpc ?? ''], { cwd: home });
      let said = '';
      dev.stdout.on('data', (data: Buffer) => (said += data.toString()));
      const mounted = async (count: number): Promise<void> => {
        for (const until = Date.now() + LIMIT_MS; (said.match(/ is mounted, /g) ?? []).length < count; await delay(2))
          if (Date.now() > until) throw new Error(`build ${count} was not mounted: ${said}`);
      };
      await mounted(1);
      while (!said.includes('Watching for file changes')) await delay(20); // the compiler is there
      const source = await readFile(join(home, 'src/mask.ts'), 'utf8');
      const pids = [first?.pid ?? 0, dev.pid ?? 0];
      const [times, costs]: [number[], number[]] = [[], []];
      for (let save = 1; save <= SAVES; save += 1) {
        await delay(500);
        const before = cpuSeconds(pids);
        const began = performance.now();
        await writeFile(join(home, 'src/mask.ts'), source.replace('Mask text', `Mask text ${save}`));
        await mounted(save + 1);
        times.push(performance.now() - began);
        costs.push(1000 * (cpuSeconds(pids) - before));
      }
      dev.kill('SIGINT');
      await new Promise((resolve) => dev.once('exit', resolve));
      return [
        { figure: 'save to mounted, p50', value: median(times), unit: 'ms', target: '<= 1000' },
        { figure: 'processor time of all processes for it, p50', value: median(costs), unit: 'ms', target: '' },
      ];
    } finally {
      await platform.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};
