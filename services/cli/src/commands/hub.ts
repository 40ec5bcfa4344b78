import { readFile } from 'node:fs/promises';
import { loadConfig, SluiceError } from '@sluice/chassis';
import { openHub, type Hub, type HubPackage } from '@sluice/packages/hub';
import { PluginKind, type Plugin } from '@sluice/proto/catalog/v1/plugin';
import {
  ListPluginsRequest,
  PluginServiceService,
  UploadPluginResponse,
} from '@sluice/proto/catalog/v1/plugin_service';
import compare from 'semver/functions/compare.js';
import prerelease from 'semver/functions/prerelease.js';
import type { Session } from '../session.js';
import { formatBytes, printable } from '../terminal/format.js';
import { table } from '../terminal/table.js';
import { mountVersion, type MountOptions } from './plugin-change.js';
import { sendArchive, showUpload } from './plugin-upload.js';

const SHOWN_VERSIONS = 20;
const PAGE = 1000;

/** The options of all commands of hubs. */
export interface HubOptions {
  readonly registry?: string;
  readonly config?: string;
}

/** The hub of `--registry`, else of the setting, else of npm's configuration. */
export async function hubOf(options: HubOptions, folder?: string): Promise<Hub> {
  const { hub } = loadConfig({ file: options.config }).config;
  const registry = options.registry ?? hub.registry;
  // The token belongs to the registry of the settings; no other one gets it.
  const token = registry === hub.registry ? hub.token : '';
  return openHub({ registry, token, ...(folder === undefined ? {} : { folder }) });
}

export async function searchHub(session: Session, options: HubOptions, text = ''): Promise<void> {
  const hub = await hubOf(options);
  const found = await hub.search(text);
  if (session.json) return found.forEach((each) => session.outJson(each));
  if (session.quiet) return session.out(...found.map(({ name }) => name));
  const { hub: texts } = session.texts;
  if (found.length === 0) return session.err(texts.none(hub.address));
  const { columns } = texts;
  const titles = [
    { title: columns.name, whole: true },
    { title: columns.version, whole: true },
    { title: columns.about },
  ];
  const rows = found.map(({ name, version, description }) => [name, version, description].map(printable));
  session.out(...table(titles, rows, session.width, session.style.dim));
}

export async function showHubPackage(session: Session, options: HubOptions, name: string): Promise<void> {
  const hub = await hubOf(options);
  const found = await hub.describe(name);
  if (session.json) return session.outJson(found);
  const { style, texts } = session;
  const kept = await keptVersions(session, name);
  const newest = found.versions.find(({ version }) => version === found.latest);
  const shown = found.versions.slice(0, SHOWN_VERSIONS).map(({ version }) => version);
  const lines: [string, string][] = [
    [texts.hub.latest, found.latest],
    [texts.hub.versions, shown.join(', ') + (found.versions.length > SHOWN_VERSIONS ? ', ...' : '')],
    [texts.hub.here, kept.join(', ')],
    [texts.hub.license, found.license],
    [texts.hub.homepage, found.homepage],
    [texts.hub.integrity, newest?.integrity ?? ''],
    [texts.hub.provenance, newest?.provenance === true ? texts.hub.hasProvenance : ''],
  ];
  session.out(`${style.bold(printable(found.name))}  ${printable(found.description)}`);
  for (const [title, value] of lines) if (value !== '') session.out(`  ${title}: ${printable(value)}`);
  if (newest !== undefined && newest.sluice === undefined) session.err(session.errorStyle.warn(texts.hub.noPlugin));
  warnDeprecated(session, found, found.latest);
}

/** Fetches a package, checks it, uploads it, and mounts it unless told not to. */
export async function installFromHub(
  session: Session,
  options: HubOptions & MountOptions & { readonly mount: boolean; readonly signature?: string },
  text: string,
): Promise<void> {
  const hub = await hubOf(options);
  const at = text.lastIndexOf('@');
  const [name, wanted] = at > 0 ? [text.slice(0, at), text.slice(at + 1)] : [text, ''];
  const about = await hub.describe(name);
  const fetched = await hub.fetch(name, wanted);
  const { version, archive, fileName, integrity, provenance } = fetched;
  if (about.versions.find((each) => each.version === version)?.sluice === undefined) {
    const message = `'${name}' ${version} is no plugin: its package.json has no key 'sluice'; find those that are with \`sluice hub search\``;
    throw new SluiceError('PLUGIN_INVALID', message, { details: { plugin: name, version } });
  }
  warnDeprecated(session, about, version);
  const { texts, style } = session;
  const title = printable(`${name}@${version}`);
  if (!session.json && !session.quiet) {
    const told = integrity === '' ? texts.hub.fetchedUnchecked : texts.hub.fetched;
    session.out(`${style.good('✓')} ${told(title, formatBytes(BigInt(archive.length)), hub.address)}`);
  }
  const signature = options.signature === undefined ? Buffer.alloc(0) : await readFile(options.signature);
  const response = await sendArchive(session, archive, fileName, { signature, provenance });
  if (session.json) session.outJson(UploadPluginResponse.toJSON(response));
  else showUpload(session, response);
  if (options.mount) await mountVersion(session, options, name, response.plugin?.version ?? version);
}

/** Lists the kept packages that the hub has newer versions of; the exit code is 0 all the same. */
export async function listOutdated(session: Session, options: HubOptions): Promise<void> {
  const hub = await hubOf(options);
  const newestHere = new Map<string, string>();
  for (const { name, version, kind } of await keptPlugins(session)) {
    const isOfHub = kind === PluginKind.PLUGIN_KIND_STOPS || kind === PluginKind.PLUGIN_KIND_ENGINES;
    // A build of `sluice plugin dev` is none of the hub's.
    if (!isOfHub || prerelease(version)?.[0] === 'dev') continue;
    const known = newestHere.get(name);
    if (known === undefined || compare(version, known) > 0) newestHere.set(name, version);
  }
  const [behind, unknown]: [{ name: string; here: string; newest: string }[], string[]] = [[], []];
  for (const [name, here] of newestHere) {
    try {
      const { latest } = await hub.describe(name);
      if (compare(latest, here) > 0) behind.push({ name, here, newest: latest });
    } catch (error) {
      if ((error as SluiceError).reason !== 'PLUGIN_NOT_FOUND') throw error;
      unknown.push(name);
    }
  }
  if (session.json) return behind.forEach((each) => session.outJson(each));
  if (session.quiet) return session.out(...behind.map(({ name, newest }) => `${name}@${newest}`));
  const { hub: texts } = session.texts;
  const { columns } = texts;
  if (behind.length === 0) session.err(texts.current);
  else {
    const titles = [
      { title: columns.name, whole: true },
      { title: columns.here, whole: true },
      { title: columns.newest, whole: true },
    ];
    const rows = behind.map(({ name, here, newest }) => [printable(name), here, newest]);
    session.out(...table(titles, rows, session.width, session.style.dim));
  }
  if (unknown.length > 0) session.err(texts.unknown(printable(unknown.join(', '))));
}

function warnDeprecated(session: Session, { name, versions }: HubPackage, version: string): void {
  const why = versions.find((each) => each.version === version)?.deprecated ?? '';
  if (why !== '')
    session.err(session.errorStyle.warn(printable(session.texts.hub.deprecated(`${name}@${version}`, why))));
}

async function keptVersions(session: Session, name: string): Promise<string[]> {
  try {
    return (await keptPlugins(session, name)).map(({ version }) => version);
  } catch (error) {
    if ((error as SluiceError).code === 'UNAVAILABLE') return []; // a hub can be looked at without a platform
    throw error;
  }
}

async function keptPlugins(session: Session, name = ''): Promise<Plugin[]> {
  const client = (await session.connect()).get(PluginServiceService);
  const found: Plugin[] = [];
  let pageToken = '';
  do {
    const page = await client.listPlugins(ListPluginsRequest.fromPartial({ name, pageSize: PAGE, pageToken }));
    found.push(...page.plugins);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return found;
}
