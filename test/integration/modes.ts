import { freshDatabase, hasDatabase, natsUrl, type FreshDatabase } from '@sluice/chassis/testing';
import { join } from 'node:path';
import { ROOT } from '../support/root.js';
import { startPlatform, type PlatformOptions, type TestPlatform } from '../support/platform.js';

/** Plugins that only tests use. */
export const TEST_PLUGINS = join(ROOT, 'test/support/plugins');

/** A way to deploy the platform; the same tests run on each. */
export interface Mode {
  readonly name: string;
  readonly available: boolean;
  /** The place of the first process that executes runs. */
  readonly execution: number;
  start(options?: PlatformOptions): Promise<TestPlatform>;
}

/** Everything in one process on SQLite and the in-process bus; and separate processes on MariaDB and NATS. */
export const MODES: readonly Mode[] = [
  {
    name: 'one process, SQLite',
    available: true,
    execution: 0,
    start: (options = {}) => startPlatform(withPlugins(options, {})),
  },
  {
    name: 'separate processes, MariaDB and NATS',
    available: hasDatabase('mariadb') && natsUrl() !== undefined,
    execution: 1,
    async start(options = {}) {
      const database: FreshDatabase = await freshDatabase('mariadb');
      const shared = { SLUICE_DATABASE_URL: database.url, SLUICE_NATS_URL: natsUrl() ?? '' };
      const processes = [
        ['catalog', 'datasource'],
        ['execution'],
        ['execution'],
        ['scheduling'],
        ['scheduling'],
        ['gateway'],
      ];
      const platform = await startPlatform(withPlugins({ processes, ...options }, shared));
      return {
        ...platform,
        database: database.url,
        async close() {
          await platform.close();
          await database.drop();
        },
      };
    },
  },
];

function withPlugins(options: PlatformOptions, env: Readonly<Record<string, string>>): PlatformOptions {
  return { ...options, env: { SLUICE_PLUGINS_FOLDERS: TEST_PLUGINS, ...env, ...options.env } };
}
