import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { launch, readPayload, type Client, type Launched, type ReceivedEvent } from '@sluice/chassis';
import { FlowServiceService } from '@sluice/proto/catalog/v1/flow_service';
import { StopServiceService } from '@sluice/proto/catalog/v1/stop_service';
import { FlowDeleted, FlowSaved } from '@sluice/proto/events/v1/catalog';
import { PluginChanged, StopVisibilityChanged } from '@sluice/proto/events/v1/plugins';
import knex from 'knex';
import { onTestFinished } from 'vitest';
import { keepManifests, lendManifests } from '../../../../test/support/manifests.js';
import catalog from '../index.js';

/** The databases of this machine that tests can use; SQLite is always there. */
export const DATABASES = [
  { kind: 'SQLite', server: '' },
  { kind: 'MariaDB', server: process.env.SLUICE_TEST_MARIADB_URL },
  { kind: 'MySQL', server: process.env.SLUICE_TEST_MYSQL_URL },
] as const;

/** A running catalog with clients and what it published. */
export interface TestCatalog {
  readonly flows: Client<typeof FlowServiceService>;
  readonly stops: Client<typeof StopServiceService>;
  readonly launched: Launched;
  /** The events so far: the last word of the subject, and the message. */
  readonly events: readonly (readonly [string, unknown])[];
}

const PLUGIN = `
import { definePlugin, defineStop, property, none, single } from '@sluice/plugin-sdk';
const stop = (name, groups, ports, properties, more) => defineStop({
  name, title: { en: name.split('.').at(-1), zh: '组件' }, description: { en: 'For tests.' }, groups, ports, properties,
  engines: ['duckdb'], run() {}, ...more });
export default definePlugin({ stops: [
  stop('test.Read', ['Files', 'Test'], { in: none, out: single }, {
    path: property.path({ required: true, aliases: ['csvPath'] }), columns: property.columns({ default: [] }),
    key: property.secret({ aliases: ['password'] }) }, { aliases: ['cn.piflow.bundle.test.Reader'] }),
  stop('test.Save', ['Test'], { in: single, out: none }, { path: property.path({ required: true }) }),
] });`;
const ENGINE = `
import { defineEngine, definePlugin } from '@sluice/plugin-sdk';
export default definePlugin({ engines: [defineEngine({ name: 'duckdb', title: { en: 'DuckDB' }, open() {} })] });`;

async function writePlugin(folder: string, kind: string, entry: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const sluice = { kind, sdk: '^1', entry: './index.js' };
  const manifest = { name: `test-${kind}`, version: '1.2.3', type: 'module', sluice };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(folder, 'index.js'), entry);
}

async function freshDatabase(server: string): Promise<string> {
  if (server === '') return '';
  const name = `sluice_test_${randomUUID().replaceAll('-', '')}`;
  const admin = knex({ client: 'mysql2', connection: server });
  await admin.raw('create database ??', [name]);
  onTestFinished(async () => {
    await admin.raw('drop database ??', [name]);
    await admin.destroy();
  });
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

/** Starts a catalog on a database of its own, with two stops and an engine mounted; it ends with the test. */
export async function startCatalog(server: string): Promise<TestCatalog> {
  const home = await mkdtemp(join(tmpdir(), 'sluice-catalog-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  await symlink(resolve(import.meta.dirname, '../../../../node_modules'), join(home, 'node_modules'));
  await writePlugin(join(home, 'plugins/stops'), 'stops', PLUGIN);
  await writePlugin(join(home, 'plugins/engine'), 'engines', ENGINE);
  const environment = {
    SLUICE_HOME: home,
    SLUICE_GRPC_PORT: '0',
    SLUICE_LOG_LEVEL: 'silent',
    SLUICE_DATABASE_URL: await freshDatabase(server),
  };
  await lendManifests(home);
  const launched = await launch([catalog], { environment });
  await keepManifests(home);
  onTestFinished(() => launched.close());
  const events: (readonly [string, unknown])[] = [];
  await launched.platform.bus.subscribe({
    subject: 'sluice.v1.catalog.>',
    durable: 'test',
    handle: async (event) => void events.push([event.subject.split('.').at(-1) ?? '', messageOf(event)]),
  });
  const { clients } = launched.platform;
  return { flows: clients.get(FlowServiceService), stops: clients.get(StopServiceService), launched, events };
}

function messageOf(event: ReceivedEvent): unknown {
  return (
    readPayload(event, 'sluice.events.v1.FlowSaved', FlowSaved) ??
    readPayload(event, 'sluice.events.v1.FlowDeleted', FlowDeleted) ??
    readPayload(event, 'sluice.events.v1.PluginChanged', PluginChanged) ??
    readPayload(event, 'sluice.events.v1.StopVisibilityChanged', StopVisibilityChanged)
  );
}
