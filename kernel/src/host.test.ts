import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { childProcessHost, inProcessHost, type HostChannel, type PluginHost } from './index.js';
import { freshFolder } from '../../test/support/plugin-packages.js';

/** What runs inside each host: it does what messages say, and echoes what says nothing. */
const MAIN = `
import { spawn } from 'node:child_process';
import { readlinkSync, readdirSync } from 'node:fs';
export function main(channel) {
  return new Promise((resolve, reject) => {
    channel.onInterrupt(() => channel.send('interrupted'));
    channel.signal.addEventListener('abort', () => { channel.send('bye'); resolve(); });
    channel.onMessage((message) => {
      if (message.do === 'fail') reject(new Error('plugin broke'));
      else if (message.do === 'end') resolve();
      else if (message.do === 'exit') { console.error('last words'); process.exit(message.code); }
      else if (message.do === 'spin') for (;;);
      else if (message.do === 'eat') { const all = []; setInterval(() => all.push(Buffer.alloc(2e7, 1)), 1); }
      else if (message.do === 'spawn') channel.send(spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)']).pid);
      else if (message.do === 'tell') channel.send({ env: process.env, fds: readdirSync('/proc/self/fd').map(fd =>
        { try { return readlinkSync('/proc/self/fd/' + fd) } catch { return '' } }).filter(to => to.startsWith('/')) });
      else channel.send(message);
    });
  });
}`;

async function writeMain(): Promise<{ readonly main: string; readonly entry: string }> {
  const folder = await freshFolder();
  const main = join(folder, 'main.mjs');
  const entry = join(folder, 'entry.mjs');
  await writeFile(main, MAIN);
  await writeFile(
    entry,
    "import { processChannel } from '@sluice/kernel';\nimport { main } from './main.mjs';\n" +
      'await main(processChannel());\nprocess.disconnect();',
  );
  return { main, entry };
}

const HOSTS = {
  async childProcessHost() {
    return childProcessHost({ name: 'child', entry: (await writeMain()).entry });
  },
  async inProcessHost() {
    type Module = { main(channel: HostChannel): Promise<void> };
    const { main } = (await import(pathToFileURL((await writeMain()).main).href)) as Module;
    return inProcessHost({ name: 'inside', main });
  },
};

async function next(host: PluginHost): Promise<unknown> {
  return new Promise((resolve) => {
    const unlisten = host.onMessage((message) => {
      setImmediate(() => unlisten());
      resolve(message);
    });
  });
}

/** Whether a process runs; one that has ended and that nobody has asked about does not. */
function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe.each(Object.entries(HOSTS))('%s', (_, makeHost) => {
  test('passes messages in order and as copies, also before anybody listens', async () => {
    const host = await makeHost();
    expect(host.diagnose().state).toBe('new');
    await host.start();
    expect(host.diagnose().state).toBe('running');
    const sent = Array.from({ length: 1000 }, (_, index) => ({ index, text: 'ä\n' }));
    for (const message of sent) host.send(message);
    const got: unknown[] = [];
    await new Promise((resolve) => setTimeout(resolve, 50));
    await new Promise<void>((resolve) => {
      host.onMessage((message) => {
        got.push(message);
        if (got.length === sent.length) resolve();
      });
    });
    expect(got).toEqual(sent);
    expect(got[0]).not.toBe(sent[0]);
    await host.kill(0);
  });

  test('interrupts without ending, then ends in peace within its grace time', async () => {
    const host = await makeHost();
    await host.start();
    host.interrupt();
    expect(await next(host)).toBe('interrupted');
    const bye = next(host);
    const exit = await host.kill(5000);
    expect(await bye).toBe('bye');
    expect(exit).toMatchObject({ code: 0, signal: undefined, killed: true, outOfMemory: false });
    expect(host.diagnose().state).toBe('exited');
    host.send('too late');
    expect(await host.kill(0)).toBe(exit);
  });

  test('tells the failure of the code inside', async () => {
    const host = await makeHost();
    await host.start();
    host.send({ do: 'fail' });
    expect(await host.exited).toMatchObject({ code: 1, killed: false });
    expect((await host.exited).lastOutput).toContain('plugin broke');
  });

  test('tells a peaceful end, and does not start twice', async () => {
    const host = await makeHost();
    await host.start();
    await expect(host.start()).rejects.toMatchObject({ reason: 'HOST_FAILED' });
    host.send({ do: 'end' });
    expect(await host.exited).toMatchObject({ code: 0, killed: false, lastOutput: '' });
  });

  test('a host that never started can be killed', async () => {
    const host = await makeHost();
    expect(await host.kill(0)).toMatchObject({ killed: true });
  });
});

describe.runIf(process.platform === 'linux')('a child process', () => {
  test('dies with all that it started', async () => {
    const host = await HOSTS.childProcessHost();
    await host.start();
    host.send({ do: 'spawn' });
    const grandchild = (await next(host)) as number;
    expect(isAlive(grandchild)).toBe(true);
    const exit = await host.kill(0);
    expect(exit).toMatchObject({ code: undefined, signal: 'SIGKILL', killed: true });
    await expect.poll(() => isAlive(grandchild)).toBe(false);
  });

  test('takes with it what it started also when it ends by itself', async () => {
    const host = await HOSTS.childProcessHost();
    await host.start();
    host.send({ do: 'spawn' });
    const grandchild = (await next(host)) as number;
    host.send({ do: 'exit', code: 7 });
    expect(await host.exited).toMatchObject({ code: 7, signal: undefined, killed: false, lastOutput: 'last words\n' });
    await expect.poll(() => isAlive(grandchild)).toBe(false);
  });

  test('is ended by force when it does not listen', async () => {
    const host = await HOSTS.childProcessHost();
    await host.start();
    host.send({ do: 'spin' });
    const began = performance.now();
    expect(await host.kill(200)).toMatchObject({ signal: 'SIGKILL', killed: true });
    expect(performance.now() - began).toBeLessThan(2000);
  });

  test('ends when the process that hosts it is gone', async () => {
    const { entry } = await writeMain();
    const parent = join(entry, '../parent.mjs');
    await writeFile(
      parent,
      `import { childProcessHost } from '@sluice/kernel';
      const host = childProcessHost({ name: 'orphan', entry: ${JSON.stringify(entry)} });
      await host.start();
      console.log(host.diagnose().pid);`,
    );
    const started = spawn(process.execPath, [parent], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [output] = (await once(started.stdout, 'data')) as [Buffer];
    const orphan = Number(output.toString());
    expect(isAlive(orphan)).toBe(true);
    started.kill('SIGKILL');
    await expect.poll(() => isAlive(orphan)).toBe(false);
  });

  test('that is killed from outside says by which signal', async () => {
    const host = await HOSTS.childProcessHost();
    await host.start();
    process.kill(host.diagnose().pid as number, 'SIGKILL');
    expect(await host.exited).toMatchObject({ signal: 'SIGKILL', killed: false, outOfMemory: false });
  });

  test('is ended when it takes more memory than it may, outside of the JavaScript heap too', async () => {
    const memoryBytes = 300 * 2 ** 20;
    const host = childProcessHost({ name: 'hungry', entry: (await writeMain()).entry, memoryBytes });
    await host.start();
    expect(host.diagnose().memoryBytes).toBeGreaterThan(10 * 2 ** 20);
    host.send({ do: 'eat' });
    expect(await host.exited).toMatchObject({ outOfMemory: true, killed: false });
  });

  test('has only the environment and the files that it was given', async () => {
    const { entry } = await writeMain();
    const host = childProcessHost({ name: 'clean', entry, env: { TZ: 'UTC' } });
    await host.start();
    host.send({ do: 'tell' });
    const { env, fds } = (await next(host)) as { env: object; fds: string[] };
    expect(env).toEqual({ TZ: 'UTC' });
    expect(fds.filter((to) => !to.startsWith('/dev/') && !to.startsWith('/proc/'))).toEqual([]);
    await host.kill(0);
  });

  test('that cannot start says what it wrote last', async () => {
    const missing = childProcessHost({ name: 'lost', entry: '/nowhere/at-all.js' });
    await expect(missing.start()).rejects.toMatchObject({
      reason: 'HOST_FAILED',
      message: expect.stringMatching(/^host 'lost' ended before it was ready: exit code 1; .*Cannot find module/s),
    });
    const folder = await freshFolder();
    await writeFile(join(folder, 'mute.mjs'), 'setInterval(() => {}, 1000);');
    const mute = childProcessHost({ name: 'mute', entry: join(folder, 'mute.mjs'), startMs: 300 });
    await expect(mute.start()).rejects.toThrow("host 'mute' was not ready after 300 ms; its last output: none");
    expect(mute.diagnose().state).toBe('exited');
  });

  test('hands on what it writes, and a flood of it does no harm', async () => {
    const folder = await freshFolder();
    const entry = join(folder, 'flood.mjs');
    const flood =
      "import { processChannel } from '@sluice/kernel'; processChannel(); process.stdout.write('x'.repeat(5e6)";
    await writeFile(entry, `${flood}, () => process.exit(0));`);
    let length = 0;
    const host = childProcessHost({ name: 'flood', entry, onOutput: (_, text) => void (length += text.length) });
    await host.start();
    expect((await host.exited).lastOutput).toHaveLength(4000);
    expect(length).toBe(5e6);
  });
});
