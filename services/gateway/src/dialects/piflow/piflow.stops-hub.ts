import { SluiceError } from '@sluice/chassis';
import { PluginKind, type Plugin } from '@sluice/proto/catalog/v1/plugin';
import {
  MountPluginRequest,
  PluginServiceService,
  UnmountPluginRequest,
} from '@sluice/proto/catalog/v1/plugin_service';
import type { DialectHandler, DialectRequest, DialectTools } from '../../dialect.js';
import { ACTOR, allPackages, needPackage, WAIT } from './piflow.packages.js';
import { compact } from './piflow.replies.js';
import type { StopsHubRow } from './piflow.wire.js';

const SUCCEEDED = { code: 200, errorMsg: 'Succeeded' };
const PAGE_SIZE = 10;

/** What answers StopsHub, the page of packages in PiFlow's web server, and its calls of the market: here, the hub. */
export function stopsHubHandlers({ clients }: Pick<DialectTools, 'clients'>) {
  const plugins = clients.get(PluginServiceService);

  const named = (request: DialectRequest): Promise<Plugin> => {
    const id = (new URLSearchParams(request.body).get('id') ?? request.query.get('id') ?? '').trim();
    if (id !== '') return needPackage(plugins, id);
    throw new SluiceError('REQUEST_INVALID', "the form has no 'id'; GET /stops/stopsHubListPage gives those there are");
  };

  return {
    list: async ({ query }) => {
      const wanted = (query.get('param') ?? '').toLowerCase();
      const rows = (await allPackages(plugins))
        .filter(({ kind }) => kind === PluginKind.PLUGIN_KIND_STOPS)
        .filter(({ name, fileName }) => `${name} ${fileName}`.toLowerCase().includes(wanted));
      const size = countOf(query.get('limit'), PAGE_SIZE);
      const from = (countOf(query.get('page'), 1) - 1) * size;
      return compact({ ...SUCCEEDED, count: rows.length, data: rows.slice(from, from + size).map(toRow) });
    },
    mount: async (request) => {
      const { name, version } = await named(request);
      await plugins.mountPlugin(MountPluginRequest.fromPartial({ name, version, wait: WAIT, actor: ACTOR }));
      return compact(SUCCEEDED);
    },
    unmount: async (request) => {
      const { name, version } = await named(request);
      await plugins.unmountPlugin(UnmountPluginRequest.fromPartial({ name, version, wait: WAIT, actor: ACTOR }));
      return compact(SUCCEEDED);
    },
    remove: async (request) => {
      const { name, version } = await named(request);
      await plugins.removePlugin({ name, version, actor: ACTOR });
      return compact(SUCCEEDED);
    },
    publish: async (request) => {
      const { name, version } = await named(request);
      await plugins.publishPlugin({ name, version, actor: ACTOR });
      return compact(SUCCEEDED);
    },
  } satisfies Record<string, DialectHandler>;
}

function toRow({ digest, name, version, fileName, mounted, createTime }: Plugin): StopsHubRow {
  return {
    id: digest,
    jarName: fileName,
    mountId: digest,
    status: { text: mounted ? 'MOUNT' : 'UNMOUNT' },
    description: `${name} ${version}`,
    crtDttm: createTime?.toISOString() ?? '',
  };
}

function countOf(text: string | null, usual: number): number {
  const count = Number(text ?? usual);
  return Number.isInteger(count) && count > 0 ? count : usual;
}
