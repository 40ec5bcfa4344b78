import type { RpcServer } from '@sluice/chassis';
import type { Datasource } from '@sluice/proto/datasource/v1/datasource';
import { DatasourceServiceService } from '@sluice/proto/datasource/v1/datasource_service';
import type { Prober } from '../prober/prober.js';
import { toSealedWire } from '../sealed-row.js';
import type { Rotation } from '../rotation.js';
import type { Datasources } from './datasources.service.js';
import type { DatasourceRecord } from './datasources.store.js';
import type { DatasourceUsage } from './usage.js';

/** What answers DatasourceService. */
export interface DatasourceParts {
  readonly datasources: Datasources;
  readonly usage: DatasourceUsage;
  readonly prober: Prober;
  readonly rotation: Rotation;
}

/** Mounts DatasourceService. */
export function mountDatasources(server: RpcServer, { datasources, usage, prober, rotation }: DatasourceParts): void {
  server.add(DatasourceServiceService, {
    listDatasourceTypes: async () => ({ types: await datasources.types() }),
    createDatasource: async (request) => ({ datasource: toWire(await datasources.create(request)) }),
    updateDatasource: async (request) => ({ datasource: toWire(await datasources.update(request)) }),
    getDatasource: async ({ name }) => ({ datasource: toWire(await datasources.get(name)) }),
    listDatasources: async (request) => {
      const { items, nextPageToken } = await datasources.list(request);
      return { datasources: items.map(toWire), nextPageToken };
    },
    deleteDatasource: async (request) => {
      await datasources.delete(request);
      return {};
    },
    testDatasource: async ({ name, timeoutMs }) => prober.test(await datasources.unsealed(name), timeoutMs),
    browseDatasource: async ({ name, path, limit }) => ({
      entries: await prober.browse(await datasources.unsealed(name), path, limit),
    }),
    sampleRows: async ({ name, table, limit }) => ({
      rows: await prober.rows(await datasources.unsealed(name), table, limit),
    }),
    getDatasourceUsage: async ({ name }) => {
      await datasources.get(name);
      return { uses: await usage.of(name) };
    },
    rotateKeys: () => rotation.rotate(),
    resolveDatasources: async ({ names }) => ({
      datasources: (await datasources.resolve(names)).map((record) => ({
        datasource: toWire(record),
        sealed: toSealedWire(record.sealed),
      })),
    }),
  });
}

function toWire(record: DatasourceRecord): Datasource {
  const { name, type, description, properties, secretNames, version, createTime, updateTime } = record;
  return {
    name,
    type,
    description,
    properties: { ...properties },
    secrets: [...secretNames],
    version,
    createTime,
    updateTime,
  };
}
