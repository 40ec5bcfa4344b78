import type { Texts } from '../texts/texts.js';
import type { Check } from '../checks.js';
import { filesOfPackage, type AuthorPackage } from './author-package.js';
import { runConformance } from './conformance.js';

const SDK = '@sluice/plugin-sdk';
const VERSION = /^\d+\.\d+\.\d+(?:-[\w.-]+)?(?:\+[\w.-]+)?$/;
/** Scripts that npm would run at installation; Sluice runs none. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall'];

/** Looks at a built package as a platform and its users will: what it says, what the archive holds, what its stops do. */
export async function checkPackage(plugin: AuthorPackage, texts: Texts): Promise<Check[]> {
  const files = await filesOfPackage(plugin);
  const checks = [checkManifest(plugin, texts), ...checkArchive(plugin, files, texts)];
  if (checks.some(({ state }) => state === 'failed')) return checks;
  return [...checks, ...(await checkStops(plugin, texts))];
}

function checkManifest({ manifest, language }: AuthorPackage, { plugin: words }: Texts): Check {
  const name = language === 'python' ? 'sluice.json' : 'package.json';
  const { sluice, version } = manifest;
  const faults = [
    typeof manifest.name === 'string' ? '' : words.noName,
    typeof version === 'string' && VERSION.test(version) ? '' : words.noVersion,
    sluice?.kind === 'stops' ? '' : words.noKind,
    typeof sluice?.sdk === 'string' ? '' : words.noSdk,
    typeof sluice?.entry === 'string' ? '' : words.noEntry,
    manifest.type === 'module' || language === 'python' ? '' : words.noModule,
    manifest.dependencies?.[SDK] === undefined ? '' : words.sdkBundled,
    ...INSTALL_SCRIPTS.filter((script) => manifest.scripts?.[script] !== undefined).map(words.installScript),
  ].filter((fault) => fault !== '');
  if (faults.length > 0) return { name, state: 'failed', found: faults.join('; '), advice: words.seeDocs };
  const wishes = [
    typeof manifest.description === 'string' ? '' : words.noDescription,
    Array.isArray(manifest.keywords) && manifest.keywords.includes('sluice-plugin') ? '' : words.noKeyword,
  ].filter((wish) => wish !== '');
  const found = `${String(manifest.name)} ${String(version)}`;
  if (wishes.length > 0) return { name, state: 'warning', found, advice: wishes.join('; ') };
  return { name, state: 'ok', found };
}

function checkArchive({ manifest }: AuthorPackage, files: readonly string[], { plugin: words }: Texts): Check[] {
  const entry = String(manifest.sluice?.entry ?? '').replace(/^\.\//, '');
  const missing = Object.keys(manifest.dependencies ?? {}).filter(
    (name) => !files.includes(`node_modules/${name}/package.json`),
  );
  const hasReadme = files.some((path) => /^readme(\.|$)/i.test(path));
  return [
    files.includes(entry)
      ? { name: words.archive, state: 'ok', found: words.files(files.length) }
      : { name: words.archive, state: 'failed', found: words.entryMissing(entry), advice: words.buildFirst },
    missing.length === 0
      ? { name: words.dependencies, state: 'ok', found: words.inside(Object.keys(manifest.dependencies ?? {}).length) }
      : { name: words.dependencies, state: 'failed', found: words.notInside(missing.join(', ')), advice: words.bundle },
    hasReadme
      ? { name: words.docs, state: 'ok', found: 'README.md' }
      : { name: words.docs, state: 'warning', found: words.noReadme, advice: words.writeReadme },
  ];
}

async function checkStops(plugin: AuthorPackage, { plugin: words }: Texts): Promise<Check[]> {
  const results = await runConformance(plugin, String(plugin.manifest.sluice?.entry ?? ''));
  if (results.length === 0)
    return [{ name: words.stops, state: 'failed', found: words.noStops, advice: words.seeDocs }];
  const stops = [...new Set(results.map(({ stop }) => stop))];
  return stops.map((stop): Check => {
    const own = results.filter((result) => result.stop === stop);
    const broken = own.filter(({ error }) => error !== undefined);
    if (broken.length === 0) return { name: stop, state: 'ok', found: words.checksHold(own.length) };
    return { name: stop, state: 'failed', found: broken.map(({ name, error }) => `${name}: ${error}`).join('\n') };
  });
}
