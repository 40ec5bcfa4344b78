import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '@sluice/chassis';
import { PluginServiceService } from '@sluice/proto/catalog/v1/plugin_service';
import { CreateDatasourceRequest, DatasourceServiceService } from '@sluice/proto/datasource/v1/datasource_service';
import { GetRowsRequest, RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { RunMode, RunOptions, RunState } from '@sluice/proto/execution/v1/run';
import { rowOfStops, startRequest, waitForEnd, type RunClient } from '../bench/flows.js';
import { mount, packPlugin, unmount, upload, type PluginClient } from '../support/plugin-archives.js';
import type { TestPlatform } from '../support/platform.js';
import { MODES } from './modes.js';

const PASSWORD = 'right-9f3c';
const SEPARATE = 'it cannot be read';

/**
 * A package with a type of datasource: it logs in to a server of lines, and gives the lines that this answers. It also tries
 * what no uploaded package may, and says in its rows what came of it.
 */
const entry = (own: number): string => `
  import { connect as dial } from 'node:net';
  import { readFileSync } from 'node:fs';
  import { defineDatasource, definePlugin, property, SluiceError } from '@sluice/plugin-sdk';
  const attempt = (work) => { try { work(); return 'done'; } catch { return '${SEPARATE}'; } };
  const ask = (port, text) => new Promise((resolve, reject) => {
    const socket = dial(port, '127.0.0.1', () => socket.write(text + '\\n'));
    let answer = '';
    socket.on('data', (data) => (answer += data)).on('error', reject).on('close', () => resolve(answer.trim()));
  });
  export default definePlugin({ datasources: [defineDatasource({
    name: 'acme-lines', title: { en: 'Lines' }, description: { en: 'For tests.' }, family: 'sql',
    properties: { port: property.integer({ default: ${own} }), password: property.secret({}) },
    async connect({ port, password }) {
      const answer = await ask(port, 'login ' + password);
      if (answer === 'no') throw new SluiceError('ACCESS_REFUSED', 'the server said no', { details: { step: 'authentication' } });
      const lines = [...answer.split('\\n'), attempt(() => readFileSync('/etc/passwd')),
        await ask(port + 1, 'x').then(() => 'done', () => '${SEPARATE}')];
      return {
        about: async () => ({ product: 'Lines', version: lines.at(-2) }),
        browse: async () => [{ name: 'lines', kind: 'table', type: '', hasChildren: false }],
        read: async () => ({ columns: [{ name: 'line', type: 'string' }], async *rows() { for (const each of lines) yield [each]; } }),
        close: async () => undefined,
      };
    },
  })] });`;

describe.each(MODES)('types of datasources in uploaded packages: $name', (mode) => {
  describe.skipIf(!mode.available)('a package with one', () => {
    let platform: TestPlatform;
    let plugins: PluginClient;
    let runs: RunClient;
    let datasources: Client<typeof DatasourceServiceService>;
    let server: Server;
    let port = 0;

    beforeAll(async () => {
      server = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', (data) => socket.end(String(data).trim() === `login ${PASSWORD}` ? 'one\ntwo\n' : 'no\n'));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      ({ port } = server.address() as AddressInfo);
      platform = await mode.start();
      plugins = platform.clients.get(PluginServiceService);
      runs = platform.clients.get(RunServiceService);
      datasources = platform.clients.get(DatasourceServiceService);
    }, 120_000);
    afterAll(async () => {
      await platform?.close();
      server?.close();
    });

    const typeNames = async () => (await datasources.listDatasourceTypes({})).types.map(({ name }) => name);
    const sluice = () => ({ capabilities: { network: [`127.0.0.1:${port}`] } });

    test('is listed, tested, browsed, sampled and read by runs, and may do no more than it was granted', async () => {
      expect(await typeNames()).not.toContain('acme-lines');
      await upload(plugins, await packPlugin('@acme/lines', '1.0.0', entry(port), { sluice: sluice() }));
      await mount(plugins, '@acme/lines', '1.0.0', { grant: true });
      expect(await typeNames()).toContain('acme-lines');
      const request = { name: 'lines', type: 'acme-lines', properties: { password: PASSWORD } };
      const { datasource } = await datasources.createDatasource(CreateDatasourceRequest.fromPartial(request));
      expect(datasource).toMatchObject({ type: 'acme-lines', secrets: ['password'] });
      expect(await datasources.testDatasource({ name: 'lines', timeoutMs: 0 })).toMatchObject({
        passed: true,
        product: 'Lines',
        version: SEPARATE,
      });
      const { entries } = await datasources.browseDatasource({ name: 'lines', path: [], limit: 0 });
      expect(entries.map(({ name }) => name)).toEqual(['lines']);
      const { rows } = await datasources.sampleRows({ name: 'lines', table: 'lines', limit: 9 });
      const expected = [['one'], ['two'], [SEPARATE], [SEPARATE]];
      expect(rows?.rows).toEqual(expected);

      const flow = rowOfStops('lines', [
        { name: 'read', bundle: 'sluice.query', properties: { datasource: 'lines', query: 'all' } },
        { name: 'show', bundle: 'cn.piflow.bundle.external.ShowData', properties: { showNumber: '5' } },
      ]);
      const options = RunOptions.fromPartial({ mode: RunMode.RUN_MODE_DEBUG });
      const { run } = await runs.startRun(startRequest(flow, { options }));
      const ended = await waitForEnd(runs, run?.id ?? '');
      expect(ended.error).toBeUndefined();
      expect(ended.state).toBe(RunState.RUN_STATE_SUCCEEDED);
      const kept = await runs.getRows(GetRowsRequest.fromPartial({ runId: run?.id ?? '', stop: 'read' }));
      // The network of a run is that of all its plugins: the platform's own stop may reach any host.
      expect(kept.rows?.rows.slice(0, 3)).toEqual(expected.slice(0, 3));
    }, 60_000);

    test('is told at the step where it fails, and is gone when its package is', async () => {
      const request = { name: 'wrong', type: 'acme-lines', properties: { password: 'hunter2-planted' } };
      await datasources.createDatasource(CreateDatasourceRequest.fromPartial(request));
      const tested = await datasources.testDatasource({ name: 'wrong', timeoutMs: 0 });
      expect(tested).toMatchObject({ passed: false, reason: 'ACCESS_REFUSED' });
      expect(JSON.stringify(tested)).not.toContain('hunter2');
      await unmount(plugins, '@acme/lines', '1.0.0');
      expect(await typeNames()).not.toContain('acme-lines');
      await expect(datasources.testDatasource({ name: 'lines', timeoutMs: 0 })).rejects.toMatchObject({
        reason: 'DATASOURCE_TYPE_UNKNOWN',
      });
      const flow = rowOfStops('gone', [
        { name: 'read', bundle: 'sluice.table.read', properties: { datasource: 'lines', table: 'lines' } },
      ]);
      await expect(runs.startRun(startRequest(flow))).rejects.toMatchObject({
        message: expect.stringContaining("no mounted plugin has the type 'acme-lines'") as string,
      });
    }, 60_000);
  });
});
