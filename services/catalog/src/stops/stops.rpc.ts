import type { RpcServer } from '@sluice/chassis';
import { StopServiceService } from '@sluice/proto/catalog/v1/stop_service';
import type { Stops } from './stops.service.js';

/** Mounts StopService. */
export function mountStops(server: RpcServer, stops: Stops): void {
  server.add(StopServiceService, {
    listStops: async (request) => {
      const { items, nextPageToken } = await stops.list(request);
      return { stops: [...items], nextPageToken };
    },
    getStop: async ({ name }) => ({ stop: await stops.get(name) }),
    listStopUses: async ({ name }) => ({ uses: await stops.uses(name) }),
    setStopVisibility: async (request, { peer }) => {
      await stops.setVisibility(request, peer);
      return {};
    },
    listStopGroups: async ({ includeHidden }) => ({ groups: await stops.groups(includeHidden) }),
  });
}
