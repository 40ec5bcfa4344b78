import { packFiles } from '@sluice/chassis/packaging';
import { SluiceError } from '@sluice/chassis';
import { buildPackage, filesOfPackage, readAuthorPackage } from '../authoring/author-package.js';
import { checkPackage } from '../authoring/check-package.js';
import { showChecks } from '../checks.js';
import type { Session } from '../session.js';
import { formatBytes, printable } from '../terminal/format.js';
import { hubOf, type HubOptions } from './hub.js';

/** The options of `sluice hub publish`. */
export interface PublishOptions extends HubOptions {
  readonly tag?: string;
  readonly access?: 'public' | 'restricted';
  readonly provenance?: string;
  readonly dryRun?: boolean;
}

/** Builds, checks and publishes a package; one that fails a check is not published. */
export async function publishToHub(session: Session, options: PublishOptions, folder = '.'): Promise<void> {
  const plugin = await readAuthorPackage(folder);
  const hub = await hubOf(options, plugin.folder);
  await buildPackage(plugin);
  const checks = await checkPackage(plugin, session.texts);
  if (checks.some(({ state }) => state === 'failed')) {
    showChecks(session, checks);
    throw new SluiceError('PLUGIN_INVALID', 'the package is not published: a check has failed');
  }
  const archive = await packFiles(plugin.folder, await filesOfPackage(plugin));
  const { name, version } = plugin.manifest;
  const manifest = { ...plugin.manifest, name: String(name), version: String(version) };
  const title = printable(`${manifest.name}@${manifest.version}`);
  const { hub: texts } = session.texts;
  const { tag, access, provenance, dryRun = false } = options;
  if (!dryRun) {
    await hub.publish({
      manifest,
      archive,
      ...(tag === undefined ? {} : { tag }),
      ...(access === undefined ? {} : { access }),
      ...(provenance === undefined ? {} : { provenanceFile: provenance }),
    });
  }
  if (session.json) {
    session.outJson({
      name: manifest.name,
      version: manifest.version,
      hub: hub.address,
      bytes: archive.length,
      dryRun,
    });
  } else if (session.quiet) session.out(title);
  else if (dryRun) session.out(texts.wouldPublish(title, hub.address, formatBytes(BigInt(archive.length))));
  else session.out(`${session.style.good('✓')} ${texts.published(title, hub.address)}`);
}
