import type { RpcServer } from '@sluice/chassis';
import type { Variable } from '@sluice/proto/datasource/v1/variable';
import { VariableServiceService } from '@sluice/proto/datasource/v1/variable_service';
import { toSealedWire } from '../sealed-row.js';
import type { Variables } from './variables.service.js';
import type { VariableRecord } from './variables.store.js';

/** Mounts VariableService. */
export function mountVariables(server: RpcServer, variables: Variables): void {
  server.add(VariableServiceService, {
    setVariable: async (request) => ({ variable: toWire(await variables.set(request)) }),
    listVariables: async ({ project }) => ({ variables: (await variables.list(project)).map(toWire) }),
    deleteVariable: async ({ name, project }) => {
      await variables.delete(name, project);
      return {};
    },
    resolveVariables: async ({ project }) => ({
      variables: (await variables.resolve(project)).map((record) => ({
        variable: toWire(record),
        sealed: toSealedWire(record.sealed),
      })),
    }),
  });
}

function toWire({ name, project, type, value, secret, description, version, updateTime }: VariableRecord): Variable {
  return { name, project, type, value, secret, description, version, updateTime };
}
