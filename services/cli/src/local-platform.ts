import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, launch, loadConfig, type Connection, type SettingKey } from '@sluice/chassis';

/** Settings that say how a platform is deployed; a platform of one command has its own. */
const OWN =
  /^(home$|database\.|nats\.|grpc\.|http\.|log\.|catalog\.|datasource\.|scheduling\.|execution\.(address|maxRuns|warmRunners|retentionDays)$)/;

/**
 * Starts a platform in this process for one command: a private folder for what it remembers, free ports, no log but
 * errors. Files, plugins, the time zone and limits are those of the settings, so that a flow reads and writes the same
 * files as on the platform; runs, the catalog and the warehouse are not shared with it.
 */
export async function startLocalPlatform(): Promise<Connection> {
  const { values } = loadConfig();
  const shared = [...values].filter(([key]) => !OWN.test(key)).map(([key, { value }]) => [key, value] as const);
  const home = await mkdtemp(join(tmpdir(), 'sluice-local-'));
  const removeHome = (): Promise<void> => rm(home, { recursive: true, force: true });
  try {
    const overrides: Partial<Record<SettingKey, unknown>> = {
      ...Object.fromEntries(shared),
      home,
      'grpc.port': 0,
      'log.level': 'error',
      'execution.warmRunners': 1,
    };
    // The environment has been read; what it says of databases and other processes must not count here.
    const launched = await launch(['catalog', 'datasource', 'execution'], {
      environment: {},
      overrides,
      destination: process.stderr,
    });
    const connection = await connect(launched.address);
    return {
      get: (definition) => connection.get(definition),
      async close() {
        await connection.close();
        await launched.close();
        await removeHome();
      },
    };
  } catch (error) {
    await removeHome();
    throw error;
  }
}
