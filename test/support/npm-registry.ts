import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '@sluice/chassis/testing';

const START_MS = 60_000;

/** A real registry of npm packages on the loopback, with nothing in it and no other registry behind it. */
export interface NpmRegistry {
  readonly url: string;
  /** The token of a user who may publish. */
  readonly token: string;
  /** What `.npmrc` says of that user. */
  readonly npmrc: string;
  /** Where it keeps its archives. */
  readonly storage: string;
  close(): Promise<void>;
}

/** Starts verdaccio. Packages of the scope @private are for users only; publishing always is. */
export async function startNpmRegistry(): Promise<NpmRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-registry-'));
  const port = await freePort();
  const storage = join(folder, 'storage');
  const config = {
    storage,
    auth: { htpasswd: { file: join(folder, 'htpasswd'), algorithm: 'sha1' } },
    uplinks: {},
    packages: {
      '@private/*': { access: '$authenticated', publish: '$authenticated' },
      '**': { access: '$all', publish: '$authenticated' },
    },
    log: { type: 'stdout', format: 'json', level: 'error' },
    web: { enable: false },
    max_body_size: '50mb',
  };
  // JSON is YAML.
  await writeFile(join(folder, 'config.yaml'), JSON.stringify(config));
  const bin = join(dirname(createRequire(import.meta.url).resolve('verdaccio/package.json')), 'bin/verdaccio');
  const child = spawn(
    process.execPath,
    [bin, '--config', join(folder, 'config.yaml'), '--listen', `127.0.0.1:${port}`],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', HOME: folder },
    },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()));
  const close = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill();
      await once(child, 'exit');
    }
    await rm(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}/`;
  try {
    for (const until = Date.now() + START_MS; ; await delay(50)) {
      if (await isUp(`${url}-/ping`)) break;
      if (child.exitCode !== null || Date.now() > until) throw new Error(`the registry did not start: ${said}`);
    }
    const id = 'org.couchdb.user:author';
    const body = JSON.stringify({ _id: id, name: 'author', password: 'not-a-secret', type: 'user', roles: [] });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}-/user/${id}`, { method: 'PUT', headers, body });
    const { token } = (await response.json()) as { readonly token: string };
    const npmrc = `registry=${url}\n//127.0.0.1:${port}/:_authToken=${token}\n`;
    return { url, token, npmrc, storage, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function isUp(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}
