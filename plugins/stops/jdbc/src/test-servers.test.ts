import { randomBytes } from 'node:crypto';
import { test } from 'vitest';
import type { Connection } from '@sluice/plugin-sdk';
import { connectTarget } from './connect.js';
import { parseJdbcUrl } from './jdbc-url.js';
import type { ServerTarget } from './target.js';

/** A real server, in a database or schema of the test's own. */
export interface TestServer {
  readonly name: string;
  readonly driver: ServerTarget['driver'];
  readonly target: ServerTarget;
  connect(): Promise<Connection>;
  drop(): Promise<void>;
}

const VARIABLES = {
  mariadb: 'SLUICE_TEST_MARIADB_URL',
  mysql: 'SLUICE_TEST_MYSQL_URL',
  postgresql: 'SLUICE_TEST_POSTGRESQL_URL',
} as const;
export type ServerName = keyof typeof VARIABLES;

/** The servers that `deploy/dev/services.sh env` has named. */
export const SERVERS = (Object.keys(VARIABLES) as ServerName[]).filter(
  (name) => (process.env[VARIABLES[name]] ?? '') !== '',
);

/** How a test connects. */
export const OPTIONS = { timeoutMs: 5000, signal: new AbortController().signal };

/** Makes a database of the test's own on a server. */
export async function freshServer(name: ServerName): Promise<TestServer> {
  const root = parseJdbcUrl(`jdbc:${process.env[VARIABLES[name]] ?? ''}`) as ServerTarget;
  const database = `t_${randomBytes(6).toString('hex')}`;
  const admin = await connectTarget(root, OPTIONS);
  await admin.execute?.(`CREATE DATABASE ${database}${root.driver === 'mysql' ? ' CHARACTER SET utf8mb4' : ''}`);
  await admin.close();
  const target = { ...root, database };
  return {
    name,
    driver: target.driver,
    target,
    connect: () => connectTarget(target, OPTIONS),
    async drop() {
      const again = await connectTarget(root, OPTIONS);
      await again.execute?.(`DROP DATABASE ${database}${root.driver === 'mysql' ? '' : ' WITH (FORCE)'}`);
      await again.close();
    },
  };
}

/** The JDBC URL of a server's database, without user and password. */
export function urlOf({ driver, host, port, database }: ServerTarget): string {
  return `jdbc:${driver}://${host}:${port}/${database}`;
}

test('a test needs at least one server, or says that it had none', ({ skip }) => {
  if (SERVERS.length === 0) skip('no server is named; see deploy/dev/services.sh env');
});
