import { createHash } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { watch } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { once } from 'node:events';
import { SluiceError, type Client } from '@sluice/chassis';
import { packFiles } from '@sluice/chassis/packaging';
import { PluginServiceService } from '@sluice/proto/catalog/v1/plugin_service';
import { buildPackage, filesOfPackage, readAuthorPackage, type AuthorPackage } from '../authoring/author-package.js';
import { EXIT } from '../exit-codes.js';
import { reportError } from '../report-error.js';
import type { Session } from '../session.js';
import { actorName } from './plugin-change.js';
import { NO_PROOFS, sendArchive } from './plugin-upload.js';

/** After the last change of a file, so that a build is over. */
const SETTLE_MS = 40;
const WAIT = { seconds: 5n, nanos: 0 };

/**
 * Rebuilds a package as its files change, mounts each build as a version of its own, and runs a flow with it. Ends with
 * Ctrl-C, and takes the last version away again.
 */
export async function devPlugin(session: Session, options: { readonly flow?: string }, folder = '.'): Promise<void> {
  const plugin = await readAuthorPackage(folder);
  if (plugin.language === 'node') requireDevScript(plugin);
  await buildPackage(plugin);
  const dev = new Development(session, plugin, await filesOfPackage(plugin));
  const turn = async (): Promise<void> => {
    try {
      const isNew = await dev.deploy();
      if (isNew && options.flow !== undefined) await (await import('./run.js')).run(session, {}, options.flow);
      // Afterwards: its author waits for the run.
      await dev.takeAway(1);
    } catch (error) {
      // The next change may mend it.
      reportError(session, error);
    }
  };
  await turn();
  // Python is built by nobody.
  const builder =
    plugin.language === 'python'
      ? undefined
      : spawn('npm', ['run', '--silent', 'dev'], { cwd: plugin.folder, stdio: ['ignore', 'inherit', 'inherit'] });
  session.err(session.texts.plugin.watching);
  await eachChange(dev.built, builder, turn);
  await dev.takeAway();
  session.exitWith(EXIT.ok);
}

/** Calls `turn` after each burst of changes below a folder, one call at a time, until Ctrl-C or the builder's end. */
async function eachChange(folder: string, builder: ChildProcess | undefined, turn: () => Promise<void>): Promise<void> {
  let [working, wanted] = [Promise.resolve(), false];
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    if (wanted) return;
    wanted = true;
    working = working.then(() => {
      wanted = false;
      return turn();
    });
  };
  const watcher = watch(folder, { recursive: true }, () => {
    clearTimeout(timer);
    timer = setTimeout(begin, SETTLE_MS);
  });
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await Promise.race([interrupted, ...(builder === undefined ? [] : [once(builder, 'exit')])]);
  watcher.close();
  clearTimeout(timer);
  builder?.kill();
  await working;
}

/** The builds of one package on a platform: the last one is mounted, and the one before until a flow has run. */
class Development {
  /** The folder with what is built. */
  readonly built: string;
  private mounted: string[] = [];
  private last: string | undefined;

  constructor(
    private readonly session: Session,
    private readonly plugin: AuthorPackage,
    private readonly files: readonly string[],
  ) {
    this.built = join(plugin.folder, dirname(String(plugin.manifest.sluice?.entry ?? './dist/index.js')));
  }

  /** Mounts what is built now in place of the build before; says whether it is another one. */
  async deploy(): Promise<boolean> {
    const { session, plugin } = this;
    const began = performance.now();
    const files = await this.present();
    const digest = createHash('sha256')
      .update(await packFiles(plugin.folder, files))
      .digest('hex');
    if (digest === this.last) return false;
    this.last = digest;
    const version = `${String(plugin.manifest.version)}-dev.${Date.now()}`;
    const archive = await packFiles(plugin.folder, files, { version });
    const name = String(plugin.manifest.name);
    await sendArchive(session, archive, `${name}-${version}.tgz`, NO_PROOFS);
    const client = await this.client();
    const about = { name, version, actor: actorName(), comment: 'sluice plugin dev', wait: WAIT };
    await client.mountPlugin({ ...about, keepDefault: false, grant: true, win: false, declaredOnly: false });
    const took = Math.round(performance.now() - began);
    const { style, texts } = session;
    session.out(`${style.good('✓')} ${texts.plugin.devMounted(`${name}@${version}`, took)}`);
    this.mounted.push(version);
    return true;
  }

  /** Unmounts and removes the builds but for the last ones; without any, flows get the default that was before. */
  async takeAway(kept = 0): Promise<void> {
    const client = await this.client();
    while (this.mounted.length > kept) {
      const about = { name: String(this.plugin.manifest.name), version: this.mounted[0] ?? '', actor: actorName() };
      await client.unmountPlugin({ ...about, safe: false, comment: 'sluice plugin dev', wait: WAIT });
      await client.removePlugin(about);
      this.mounted.shift();
    }
  }

  /** The files of the archive as they are now: those that npm listed at first, and what was built since. */
  private async present(): Promise<string[]> {
    if (this.plugin.language === 'python') return filesOfPackage(this.plugin);
    const below = this.built.slice(this.plugin.folder.length + 1);
    const built = (await readdir(this.built, { recursive: true }))
      .filter((path) => /(?<!\.test)\.js$/.test(path))
      .map((path) => join(below, path));
    return [...this.files.filter((path) => !path.startsWith(`${below}/`)), ...built];
  }

  private async client(): Promise<Client<typeof PluginServiceService>> {
    return (await this.session.connect()).get(PluginServiceService);
  }
}

function requireDevScript({ folder, manifest }: AuthorPackage): void {
  if (manifest.scripts?.['dev'] !== undefined) return;
  const message = `the package in '${folder}' has no script 'dev'; add one that builds at each change, such as "tsc --watch --preserveWatchOutput"`;
  throw new SluiceError('PLUGIN_INVALID', message);
}
