import type { Problem, RpcServer } from '@sluice/chassis';
import { FlowServiceService } from '@sluice/proto/catalog/v1/flow_service';
import type { Problem as WireProblem } from '@sluice/proto/common/v1/problem';
import type { Flows } from './flows.service.js';

/** Mounts FlowService. */
export function mountFlows(server: RpcServer, flows: Flows): void {
  server.add(FlowServiceService, {
    createFlow: async (request) => ({ flow: await flows.create(request) }),
    updateFlow: async (request) => ({ flow: await flows.update(request) }),
    getFlow: async ({ id, version }) => ({ flow: await flows.get(id, version) }),
    resolveFlow: async ({ id, version }) => ({ flow: await flows.resolve(id, version) }),
    listFlows: async (request) => {
      const { items, nextPageToken } = await flows.list(request);
      return { flows: [...items], nextPageToken };
    },
    listFlowVersions: async (request) => {
      const { items, nextPageToken } = await flows.versions(request);
      return { versions: [...items], nextPageToken };
    },
    deleteFlow: async (request) => {
      await flows.delete(request);
      return {};
    },
    validateFlow: async ({ source }) => {
      const { flow, problems } = await flows.validate(source);
      return { flow, problems: toWire(problems) };
    },
    importFlow: async (request) => {
      const { flow, problems } = await flows.import(request);
      return { flow, problems: toWire(problems) };
    },
    exportFlow: async ({ id, version, format }) => ({ document: await flows.export(id, version, format) }),
  });
}

function toWire(problems: readonly Problem[]): WireProblem[] {
  return problems.map(({ reason, message, stop = '', property = '', port = '', line = 0, column = 0 }) => ({
    reason,
    message,
    stop,
    property,
    port,
    line,
    column,
  }));
}
