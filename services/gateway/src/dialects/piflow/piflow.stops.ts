import { ListStopsRequest, StopServiceService } from '@sluice/proto/catalog/v1/stop_service';
import type { StopType } from '@sluice/proto/catalog/v1/stop';
import type { DialectHandler, DialectTools } from '../../dialect.js';
import { nothingNamed } from './piflow.errors.js';
import { readShown, toComponentGroups } from './piflow.components.js';
import { toGroups, toStopInfo, toStops, toStopsWithGroup } from './piflow.mapping.js';
import { compact } from './piflow.replies.js';
import type { StopInfoReply } from './piflow.wire.js';

const PAGE_SIZE = 1000;

/** What answers the routes under `/stop`. */
export function stopHandlers({ clients }: Pick<DialectTools, 'clients'>) {
  const catalog = clients.get(StopServiceService);

  async function allStops(signal: AbortSignal, includeHidden = false): Promise<StopType[]> {
    const stops: StopType[] = [];
    let pageToken = '';
    do {
      const request = ListStopsRequest.fromPartial({ pageSize: PAGE_SIZE, pageToken, includeHidden });
      const page = await catalog.listStops(request, { signal });
      stops.push(...page.stops);
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    return stops;
  }

  return {
    groups: async ({ signal }) => {
      const { groups } = await catalog.listStopGroups({ includeHidden: false }, { signal });
      return compact({ groups: toGroups(groups) });
    },
    list: async ({ signal }) => compact({ stops: toStops(await allStops(signal)) }),
    listWithGroup: async ({ signal }) => compact({ stopWithGroup: toStopsWithGroup(await allStops(signal)) }),
    info: async ({ query, signal }) => {
      const bundle = query.get('bundle')?.trim() ?? '';
      if (bundle === '') throw nothingNamed('bundle', '/stop/info?bundle=cn.piflow.bundle.csv.CsvParser');
      const { stop } = await catalog.getStop({ name: bundle }, { signal });
      if (stop === undefined) throw nothingNamed('bundle that is known', '/stop/list to see them');
      const reply: StopInfoReply = { StopInfo: toStopInfo(stop) };
      return compact(reply);
    },
    // These two are of PiFlow's web server; its page shows and hides components with them.
    components: async ({ signal }) =>
      compact({ code: 200, stopGroupList: toComponentGroups(await allStops(signal, true)) }),
    showComponents: async ({ body, signal }) => {
      const { bundles, isShow } = readShown(body);
      const request = { stops: bundles, groups: [], hidden: !isShow, actor: 'piflow' };
      await catalog.setStopVisibility(request, { signal });
      return compact({ code: 200, errorMsg: 'Succeeded' });
    },
  } satisfies Record<string, DialectHandler>;
}
