import { Plugin } from '@sluice/proto/catalog/v1/plugin';
import {
  GetPluginStatusResponse,
  ListPluginChangesResponse,
  ListPluginsRequest,
  PluginServiceService,
} from '@sluice/proto/catalog/v1/plugin_service';
import type { Session } from '../session.js';
import { formatBytes, formatMoment, printable } from '../terminal/format.js';
import { table } from '../terminal/table.js';
import { readCount } from '../values.js';
import { readNameVersion } from './plugin-change.js';

const PAGE = 1000;

/** Lists the packages that the platform keeps. */
export async function listPlugins(session: Session, options: { readonly mounted?: boolean }): Promise<void> {
  const client = (await session.connect()).get(PluginServiceService);
  const plugins: Plugin[] = [];
  let pageToken = '';
  do {
    const request = { mounted: options.mounted ?? false, pageSize: PAGE, pageToken };
    const page = await client.listPlugins(ListPluginsRequest.fromPartial(request));
    plugins.push(...page.plugins);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  if (session.json) return plugins.forEach((plugin) => session.outJson(Plugin.toJSON(plugin)));
  if (session.quiet) return session.out(...plugins.map(({ name, version }) => `${name}@${version}`));
  const { texts } = session;
  if (plugins.length === 0) return session.err(texts.plugin.none);
  const { columns } = texts.plugin;
  const titles = [
    { title: columns.name },
    { title: columns.version, whole: true },
    { title: columns.state },
    { title: columns.stops },
  ];
  const rows = plugins.map((plugin) => [
    printable(plugin.name),
    plugin.version,
    stateOf(session, plugin),
    printable(plugin.stops.join(', ')),
  ]);
  session.out(...table(titles, rows, session.width, session.style.dim));
}

/** Shows one package with all that is known of it. */
export async function showPlugin(session: Session, _options: object, text: string): Promise<void> {
  const client = (await session.connect()).get(PluginServiceService);
  const { plugin } = await client.getPlugin(readNameVersion(text));
  const found = plugin ?? Plugin.create();
  if (session.json) return session.outJson(Plugin.toJSON(found));
  const { fields } = session.texts.plugin;
  const asks = found.capabilities;
  const wants = [
    ...(asks?.network ?? []).map((host) => `network ${host}`),
    ...(asks?.readPaths ?? []).map((path) => `read ${path}`),
    ...(asks?.writePaths ?? []).map((path) => `write ${path}`),
    ...(asks?.processes ? ['processes'] : []),
    ...(asks?.native ? ['native code'] : []),
    ...(asks?.environment ?? []).map((name) => `variable ${name}`),
  ];
  const { uses } = await client.listPluginUses({ name: found.name, version: found.version });
  const failed = found.examples.filter(({ fault }) => fault !== '').length;
  const lines: [string, string][] = [
    [fields.state, stateOf(session, found)],
    [fields.stops, found.stops.join(', ')],
    [fields.contents, found.contents.slice(0, 10).join(', ')],
    [fields.asks, wants.join(', ')],
    [fields.signature, found.signature?.message ?? ''],
    [fields.examples, found.examples.length === 0 ? '' : `${found.examples.length - failed}/${found.examples.length}`],
    [fields.uploaded, `${formatMoment(found.createTime)} ${found.uploadedBy}`.trim()],
    [fields.archive, `${found.fileName}, ${formatBytes(found.sizeBytes)}, sha256 ${found.digest}`],
    [fields.usedBy, uses.map((use) => `${use.kind} ${use.name} (${use.id})`).join(', ')],
  ];
  session.out(session.style.bold(printable(`${found.name}@${found.version}`)));
  for (const [name, value] of lines) if (value !== '') session.out(`  ${name}: ${printable(value)}`);
}

/** Shows which node has which generation. */
export async function pluginStatus(session: Session): Promise<void> {
  const response = await (await session.connect()).get(PluginServiceService).getPluginStatus({});
  if (session.json) return session.outJson(GetPluginStatusResponse.toJSON(response));
  const { texts } = session;
  session.out(texts.plugin.generation(String(response.generation)));
  const { columns } = texts.plugin;
  const titles = [
    { title: columns.node },
    { title: columns.generation, align: 'right' as const },
    { title: columns.seen },
    { title: columns.fault },
  ];
  const rows = response.nodes.map((node) => [
    node.name,
    String(node.generation),
    formatMoment(node.seenTime),
    printable(node.fault),
  ]);
  if (rows.length > 0) session.out(...table(titles, rows, session.width, session.style.dim));
}

/** Lists what was done to packages and by whom, the newest first. */
export async function pluginChanges(session: Session, options: { readonly limit?: string }, name = ''): Promise<void> {
  const pageSize = options.limit === undefined ? 20 : readCount('--limit', options.limit);
  const request = { plugin: name, pageSize, pageToken: '' };
  const response = await (await session.connect()).get(PluginServiceService).listPluginChanges(request);
  if (session.json) return session.outJson(ListPluginChangesResponse.toJSON(response));
  const { columns } = session.texts.plugin;
  const titles = [
    { title: columns.time, whole: true },
    { title: columns.who },
    { title: columns.action },
    { title: columns.name },
    { title: columns.generation, align: 'right' as const },
    { title: columns.detail },
  ];
  const rows = response.changes.map((change) => [
    formatMoment(change.time),
    printable(change.actor),
    change.action,
    printable(change.plugin === '' ? '' : `${change.plugin}@${change.version}`),
    String(change.generation),
    printable(change.detail),
  ]);
  session.out(...table(titles, rows, session.width, session.style.dim));
}

function stateOf({ texts }: Session, plugin: Plugin): string {
  const { states } = texts.plugin;
  if (plugin.quarantineReason !== '') return states.quarantined;
  if (plugin.removing) return states.removing;
  if (!plugin.mounted) return states.kept;
  return plugin.isDefault ? states.default : states.mounted;
}
