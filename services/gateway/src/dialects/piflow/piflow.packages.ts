import { SluiceError, type Client } from '@sluice/chassis';
import type { Plugin } from '@sluice/proto/catalog/v1/plugin';
import { ListPluginsRequest, type PluginServiceService } from '@sluice/proto/catalog/v1/plugin_service';

const PAGE_SIZE = 1000;

/** Who the record of changes names for calls of PiFlow's clients. */
export const ACTOR = 'piflow';

/** How long a call waits until every node has a change. */
export const WAIT = { seconds: 10n, nanos: 0 };

/** All packages that are kept. */
export async function allPackages(plugins: Client<typeof PluginServiceService>): Promise<Plugin[]> {
  const found: Plugin[] = [];
  let pageToken = '';
  do {
    const page = await plugins.listPlugins(ListPluginsRequest.fromPartial({ pageSize: PAGE_SIZE, pageToken }));
    found.push(...page.plugins);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return found;
}

/** The package of an identifier, which is the digest of its archive; PLUGIN_NOT_FOUND. */
export async function needPackage(plugins: Client<typeof PluginServiceService>, id: string): Promise<Plugin> {
  const found = (await allPackages(plugins)).find(({ digest }) => digest === id);
  if (found !== undefined) return found;
  throw new SluiceError('PLUGIN_NOT_FOUND', `no package has the id '${id}'`, { details: { id } });
}
