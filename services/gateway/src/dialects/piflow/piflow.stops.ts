import { StopServiceService } from '@sluice/proto/catalog/v1/stop_service';
import type { StopType } from '@sluice/proto/catalog/v1/stop';
import type { DialectHandler, DialectTools } from '../../dialect.js';
import { nothingNamed } from './piflow.errors.js';
import { toGroups, toStopInfo, toStops, toStopsWithGroup } from './piflow.mapping.js';
import { compact } from './piflow.replies.js';
import type { StopInfoReply } from './piflow.wire.js';

const PAGE_SIZE = 1000;

/** What answers the routes under `/stop`. */
export function stopHandlers({ clients }: Pick<DialectTools, 'clients'>) {
  const catalog = clients.get(StopServiceService);

  async function allStops(signal: AbortSignal): Promise<StopType[]> {
    const stops: StopType[] = [];
    let pageToken = '';
    do {
      const page = await catalog.listStops({ group: '', query: '', pageSize: PAGE_SIZE, pageToken }, { signal });
      stops.push(...page.stops);
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    return stops;
  }

  return {
    groups: async ({ signal }) => {
      const { groups } = await catalog.listStopGroups({}, { signal });
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
  } satisfies Record<string, DialectHandler>;
}
