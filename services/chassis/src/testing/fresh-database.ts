import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { pino } from 'pino';
import { loadConfig } from '../config/load.js';
import type { Config, SettingKey } from '../config/settings.js';
import { openDatabase, type OpenDatabase } from '../database/database.js';

/** The databases that Sluice runs on. */
export const DATABASE_KINDS = ['sqlite', 'mariadb', 'mysql'] as const;
export type DatabaseKind = (typeof DATABASE_KINDS)[number];

/** An empty database of its own. */
export interface FreshDatabase {
  readonly kind: DatabaseKind;
  /** The value for `database.url`. */
  readonly url: string;
  /** Opens it once more, as another process would; it is closed with the first. */
  open(): Promise<OpenDatabase>;
  /** Closes every connection and removes it. */
  drop(): Promise<void>;
}

const VARIABLES = { mariadb: 'SLUICE_TEST_MARIADB_URL', mysql: 'SLUICE_TEST_MYSQL_URL' } as const;

/** Whether tests may use this kind: SQLite always, the others when `deploy/dev/services.sh env` has named them. */
export function hasDatabase(kind: DatabaseKind): boolean {
  return kind === 'sqlite' || (process.env[VARIABLES[kind]] ?? '') !== '';
}

/** The URL of the NATS server for tests, or undefined when there is none. */
export function natsUrl(): string | undefined {
  return process.env['SLUICE_TEST_NATS_URL'] || undefined;
}

/** Settings as a process with these values would have them, whatever the environment says. */
export function testConfig(overrides: Readonly<Partial<Record<SettingKey, unknown>>>): Config {
  return loadConfig({ environment: {}, overrides }).config;
}

/** Makes an empty database. */
export async function freshDatabase(kind: DatabaseKind): Promise<FreshDatabase> {
  const opened: OpenDatabase[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'sluice-database-'));
  const name = `t_${randomBytes(6).toString('hex')}`;
  const url = kind === 'sqlite' ? `sqlite:${join(folder, 'test.db')}` : serverUrl(kind, name);
  if (kind !== 'sqlite') await administer(kind, `CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  return {
    kind,
    url,
    open: async () => {
      const config = testConfig({ home: folder, 'database.url': url });
      const database = await openDatabase(config, pino({ level: 'silent' }));
      opened.push(database);
      return database;
    },
    drop: async () => {
      await Promise.all(opened.map((database) => database.close()));
      if (kind !== 'sqlite') await administer(kind, `DROP DATABASE IF EXISTS ${name}`);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function serverUrl(kind: 'mariadb' | 'mysql', database: string): string {
  const variable = VARIABLES[kind];
  const server = process.env[variable] ?? '';
  if (server === '') throw new Error(`${variable} is not set; run eval "$(deploy/dev/services.sh env)"`);
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

async function administer(kind: 'mariadb' | 'mysql', sql: string): Promise<void> {
  const url = new URL(serverUrl(kind, ''));
  const connection = await createConnection({
    host: url.hostname,
    port: Number(url.port || 3306),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  });
  try {
    await connection.query(sql);
  } finally {
    await connection.end();
  }
}
