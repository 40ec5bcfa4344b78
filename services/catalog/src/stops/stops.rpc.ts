import type { RpcServer } from '@sluice/chassis';
import { StopServiceService } from '@sluice/proto/catalog/v1/stop_service';
import type { Stops } from './stops.service.js';

/** Mounts StopService. */
export function mountStops(server: RpcServer, stops: Stops): void {
  server.add(StopServiceService, {
    listStops: async (request) => {
      const { items, nextPageToken } = stops.list(request);
      return { stops: [...items], nextPageToken };
    },
    getStop: async ({ name }) => ({ stop: stops.get(name) }),
    listStopGroups: async () => ({ groups: stops.groups() }),
  });
}
