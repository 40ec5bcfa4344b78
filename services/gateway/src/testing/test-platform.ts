import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, type Handlers, type Service } from '@sluice/chassis';
import { unimplemented } from '@sluice/chassis/testing';
import { FlowServiceService } from '@sluice/proto/catalog/v1/flow_service';
import { StopServiceService } from '@sluice/proto/catalog/v1/stop_service';
import { DatasourceServiceService } from '@sluice/proto/datasource/v1/datasource_service';
import { VariableServiceService } from '@sluice/proto/datasource/v1/variable_service';
import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { BackfillServiceService } from '@sluice/proto/scheduling/v1/backfill_service';
import { ScheduleServiceService } from '@sluice/proto/scheduling/v1/schedule_service';
import type { Dialect } from '../dialect.js';
import { wire } from '../main.js';

/** The answers of the services behind the gateway under test; what is left out is refused with NOT_IMPLEMENTED. */
export interface TestServices {
  readonly runs?: Partial<Handlers<typeof RunServiceService>>;
  readonly flows?: Partial<Handlers<typeof FlowServiceService>>;
  readonly stops?: Partial<Handlers<typeof StopServiceService>>;
  readonly schedules?: Partial<Handlers<typeof ScheduleServiceService>>;
  readonly dialects?: readonly Dialect[];
  readonly environment?: Readonly<Record<string, string>>;
}

export interface TestPlatform {
  /** Where HTTP is served, such as `http://127.0.0.1:41234`. */
  readonly url: string;
  /** The lines of the log so far. */
  readonly logLines: readonly Readonly<Record<string, unknown>>[];
  close(): Promise<void>;
}

/** Starts the gateway on a free port in front of real gRPC servers that answer as given. */
export async function startTestPlatform(services: TestServices = {}): Promise<TestPlatform> {
  const home = mkdtempSync(join(tmpdir(), 'sluice-gateway-'));
  const logLines: Record<string, unknown>[] = [];
  const environment = {
    SLUICE_HOME: home,
    SLUICE_GRPC_PORT: '0',
    SLUICE_HTTP_PORT: '0',
    SLUICE_LOG_LEVEL: 'debug',
    ...services.environment,
  };
  const gateway: Service = {
    name: 'gateway',
    migrations: [],
    start: (platform) => wire(platform, services.dialects ?? []),
  };
  const destination = { write: (line: string) => void logLines.push(JSON.parse(line) as Record<string, unknown>) };
  try {
    const launched = await launch([answering(services), gateway], { environment, destination });
    const close = async (): Promise<void> => {
      await launched.close();
      rmSync(home, { recursive: true, force: true });
    };
    return { url: launched.addresses['http'] ?? '', logLines, close };
  } catch (error) {
    rmSync(home, { recursive: true, force: true });
    throw error;
  }
}

function answering({ runs, flows, stops, schedules }: TestServices): Service {
  return {
    name: 'execution',
    migrations: [],
    start: ({ rpc }) => {
      rpc.add(RunServiceService, { ...unimplemented(RunServiceService), ...runs });
      rpc.add(FlowServiceService, { ...unimplemented(FlowServiceService), ...flows });
      rpc.add(DatasourceServiceService, {
        ...unimplemented(DatasourceServiceService),
        listDatasourceTypes: async () => ({ types: [] }),
        listDatasources: async () => ({ datasources: [], nextPageToken: '' }),
      });
      rpc.add(VariableServiceService, { ...unimplemented(VariableServiceService) });
      rpc.add(StopServiceService, { ...unimplemented(StopServiceService), ...stops });
      const listBackfills = () => Promise.resolve({ backfills: [], nextPageToken: '' });
      rpc.add(BackfillServiceService, { ...unimplemented(BackfillServiceService), listBackfills });
      rpc.add(ScheduleServiceService, { ...unimplemented(ScheduleServiceService), ...schedules });
      return Promise.resolve();
    },
  };
}
