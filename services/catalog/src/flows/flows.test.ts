import { isSluiceError, type SluiceError } from '@sluice/chassis';
import { FlowFormat } from '@sluice/proto/catalog/v1/flow';
import type { CreateFlowRequest } from '@sluice/proto/catalog/v1/flow_service';
import { ImportFlowRequest, ListFlowsRequest, UpdateFlowRequest } from '@sluice/proto/catalog/v1/flow_service';
import { Flow } from '@sluice/proto/common/v1/flow';
import { describe, expect, test } from 'vitest';
import { DATABASES, startCatalog, type TestCatalog } from '../testing/start-catalog.js';

const READ = { name: 'read', bundle: 'test.Read', properties: { path: '/a.csv', columns: ['a', 1, { b: null }] } };
const flowOf = (name: string, more: Parameters<typeof Flow.fromPartial>[0] = {}): Flow =>
  Flow.fromPartial({ name, stops: [READ], ...more });

const createRequest = (name: string, more: Partial<CreateFlowRequest> = {}): CreateFlowRequest =>
  ({ flow: flowOf(name), comment: '', idempotencyKey: '', ...more }) satisfies CreateFlowRequest;

async function create({ flows }: TestCatalog, name: string, more: Partial<CreateFlowRequest> = {}) {
  const { flow } = await flows.createFlow(createRequest(name, more));
  if (!flow) throw new Error('no flow');
  return flow;
}

const update = ({ flows }: TestCatalog, request: Parameters<typeof UpdateFlowRequest.fromPartial>[0]) =>
  flows.updateFlow(UpdateFlowRequest.fromPartial(request));

async function failure(promise: Promise<unknown>): Promise<SluiceError> {
  const error: unknown = await promise.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
  if (isSluiceError(error)) return error;
  throw error;
}

for (const { kind, server } of DATABASES) {
  describe.skipIf(server === undefined)(`flows on ${kind}`, () => {
    const start = (): Promise<TestCatalog> => startCatalog(server ?? '');

    test('every save is a version, and each stays readable', async () => {
      const catalog = await start();
      const first = await create(catalog, 'sales 销售', { comment: 'first' });
      expect(first).toMatchObject({ version: 1, comment: 'first', flow: flowOf('sales 销售') });
      const flow = flowOf('renamed', { stops: [], labels: { team: 'a' } });
      const { flow: second } = await update(catalog, { id: first.id, flow, expectedVersion: 1, comment: 'second' });
      expect(second).toMatchObject({ id: first.id, version: 2, flow, createTime: first.createTime });

      const get = async (version: number) => (await catalog.flows.getFlow({ id: first.id, version })).flow;
      expect(await get(0)).toEqual(second);
      expect(await get(1)).toEqual(first);
      const { versions } = await catalog.flows.listFlowVersions({ id: first.id, pageSize: 0, pageToken: '' });
      expect(versions.map(({ version, comment }) => [version, comment])).toEqual([
        [2, 'second'],
        [1, 'first'],
      ]);
      await expect
        .poll(() => catalog.events)
        .toEqual([
          ['saved', { flowId: first.id, version: 1, name: 'sales 销售' }],
          ['saved', { flowId: first.id, version: 2, name: 'renamed' }],
        ]);
    });

    test('a save from an old version is refused with the newer one, and changes nothing', async () => {
      const catalog = await start();
      const { id } = await create(catalog, 'a');
      await update(catalog, { id, flow: flowOf('b'), expectedVersion: 1 });
      const error = await failure(update(catalog, { id, flow: flowOf('c'), expectedVersion: 1 }));
      expect(error).toMatchObject({ code: 'ABORTED', reason: 'VERSION_CONFLICT', details: { id, version: '2' } });
      expect(error.message).toContain('is at version 2');
      expect((await catalog.flows.getFlow({ id, version: 0 })).flow?.flow?.name).toBe('b');
      await update(catalog, { id, flow: flowOf('d') });
      const wrong = { id, expectedVersion: 2, idempotencyKey: '' };
      expect((await failure(catalog.flows.deleteFlow(wrong))).reason).toBe('VERSION_CONFLICT');
      expect((await catalog.flows.getFlow({ id, version: 0 })).flow?.version).toBe(3);
    });

    test('of many saves from one version at once, one wins', async () => {
      const catalog = await start();
      const { id } = await create(catalog, 'a');
      const saves = await Promise.allSettled(
        Array.from({ length: 8 }, (_, index) =>
          update(catalog, { id, flow: flowOf(`save ${index}`), expectedVersion: 1 }),
        ),
      );
      expect(saves.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const { versions } = await catalog.flows.listFlowVersions({ id, pageSize: 0, pageToken: '' });
      expect(versions.map(({ version }) => version)).toEqual([2, 1]);
    });

    test('a deleted flow is gone with its versions', async () => {
      const catalog = await start();
      const { id } = await create(catalog, 'a', { flow: flowOf('a', { labels: { x: 'y' } }) });
      await catalog.flows.deleteFlow({ id, expectedVersion: 1, idempotencyKey: '' });
      const calls = [
        () => catalog.flows.getFlow({ id, version: 0 }),
        () => catalog.flows.getFlow({ id, version: 1 }),
        () => catalog.flows.listFlowVersions({ id, pageSize: 0, pageToken: '' }),
        () => update(catalog, { id, flow: flowOf('a') }),
        () => catalog.flows.deleteFlow({ id, expectedVersion: 0, idempotencyKey: '' }),
        () => catalog.flows.exportFlow({ id, version: 0, format: FlowFormat.FLOW_FORMAT_SLUICE }),
      ];
      for (const call of calls) expect((await failure(call())).reason).toBe('FLOW_NOT_FOUND');
      await expect.poll(() => catalog.events.at(-1)).toEqual(['deleted', { flowId: id }]);
      const knex = catalog.launched.platform.database.knex;
      for (const table of ['catalog_flows', 'catalog_flow_versions', 'catalog_flow_labels']) {
        expect(await knex(table)).toEqual([]);
      }
    });

    test('the same key with the same request gives the first reply, also at once; with another it is refused', async () => {
      const catalog = await start();
      const all = await Promise.all(
        Array.from({ length: 6 }, () => create(catalog, 'a', { idempotencyKey: 'key-1', comment: 'once' })),
      );
      for (const each of all) expect(each).toEqual(all[0]);
      const { flows } = await catalog.flows.listFlows(ListFlowsRequest.fromPartial({}));
      expect(flows).toHaveLength(1);
      expect(await failure(create(catalog, 'b', { idempotencyKey: 'key-1' }))).toMatchObject({
        code: 'ALREADY_EXISTS',
        reason: 'IDEMPOTENCY_KEY_REUSED',
      });

      const id = all[0]?.id ?? '';
      const save = { id, flow: flowOf('b'), expectedVersion: 1, idempotencyKey: 'key-2' };
      const saved = await update(catalog, save);
      expect(await update(catalog, save)).toEqual(saved);
      const removal = { id, expectedVersion: 2, idempotencyKey: 'key-3' };
      await catalog.flows.deleteFlow(removal);
      await catalog.flows.deleteFlow(removal);
      expect(await create(catalog, 'a', { idempotencyKey: 'key-1', comment: 'once' })).toEqual(all[0]);
      await expect.poll(() => catalog.events.map(([verb]) => verb)).toEqual(['saved', 'saved', 'deleted']);

      const { knex } = catalog.launched.platform.database;
      await knex('catalog_requests').update({ create_time: Date.now() - 25 * 3_600_000 });
      expect((await create(catalog, 'c', { idempotencyKey: 'key-1' })).flow?.name).toBe('c');
    });

    test('a request that fails leaves its key free', async () => {
      const catalog = await start();
      const nameless = { flow: flowOf(' '), idempotencyKey: 'key' };
      expect((await failure(create(catalog, '', nameless))).reason).toBe('FLOW_INVALID');
      expect((await failure(update(catalog, { id: 'x', flow: flowOf('a'), idempotencyKey: 'key' }))).reason).toBe(
        'FLOW_NOT_FOUND',
      );
      expect((await create(catalog, 'a', { idempotencyKey: 'key' })).version).toBe(1);
    });

    test('lists go page by page, the last saved first, while flows come and go', async () => {
      const catalog = await start();
      const ids: string[] = [];
      for (let index = 0; index < 7; index++) ids.unshift((await create(catalog, `flow ${index}`)).id);
      const page = (pageToken: string, more = {}) =>
        catalog.flows.listFlows(ListFlowsRequest.fromPartial({ pageSize: 3, pageToken, ...more }));
      const first = await page('');
      await create(catalog, 'newer');
      const second = await page(first.nextPageToken);
      const third = await page(second.nextPageToken);
      expect([first, second, third].flatMap(({ flows }) => flows.map(({ id }) => id)).sort()).toEqual([...ids].sort());
      expect(first.flows[0]).toMatchObject({ version: 1, stopCount: 1, labels: {} });
      expect(third.nextPageToken).toBe('');
      for (const bad of ['x', `${first.nextPageToken}x`, Buffer.from('[1]').toString('base64url')]) {
        expect((await failure(page(bad))).reason).toBe('PAGE_TOKEN_INVALID');
      }
      expect((await failure(page(first.nextPageToken, { query: 'other' }))).reason).toBe('PAGE_TOKEN_INVALID');
      expect((await failure(page('', { pageSize: -1 }))).reason).toBe('REQUEST_INVALID');
    });

    test('flows are found by a part of their name in any case, and by labels', async () => {
      const catalog = await start();
      const labels = (team: string, tier: string) => ({ labels: { team, tier } });
      await create(catalog, '', { flow: flowOf('Umsätze 100%', labels('a', '1')) });
      await create(catalog, '', { flow: flowOf('umsatz_1000', labels('a', '2')) });
      await create(catalog, '', { flow: flowOf('销售', labels('b', '2')) });
      const found = async (request: Parameters<typeof ListFlowsRequest.fromPartial>[0]) => {
        const { flows } = await catalog.flows.listFlows(ListFlowsRequest.fromPartial(request));
        return flows.map(({ name }) => name).sort();
      };
      expect(await found({ query: 'UMSÄTZ' })).toEqual(['Umsätze 100%']);
      expect(await found({ query: '0%' })).toEqual(['Umsätze 100%']);
      expect(await found({ query: 'z_1' })).toEqual(['umsatz_1000']);
      expect(await found({ query: '售' })).toEqual(['销售']);
      expect(await found({ query: "'; drop table" })).toEqual([]);
      expect(await found({ labels: { team: 'a' } })).toEqual(['Umsätze 100%', 'umsatz_1000']);
      expect(await found({ labels: { team: 'a', tier: '2' } })).toEqual(['umsatz_1000']);
      expect(await found({ query: '1', labels: { team: 'b' } })).toEqual([]);
    });

    test('what no flow can be is refused with the remedy', async () => {
      const { flows } = await start();
      const reason = async (request: Partial<CreateFlowRequest>) =>
        (await failure(flows.createFlow(createRequest('a', request)))).reason;
      expect(await reason({ flow: undefined })).toBe('REQUEST_INVALID');
      expect(await reason({ flow: flowOf('x'.repeat(201)) })).toBe('FLOW_INVALID');
      expect(await reason({ flow: flowOf('a', { labels: { k: 'x'.repeat(201) } }) })).toBe('FLOW_INVALID');
      expect(await reason({ flow: flowOf('a', { description: 'x'.repeat(9 * 2 ** 20) }) })).toBe('REQUEST_TOO_LARGE');
      expect(await reason({ idempotencyKey: 'k'.repeat(201) })).toBe('REQUEST_INVALID');
      expect((await failure(flows.getFlow({ id: 'x', version: -1 }))).reason).toBe('REQUEST_INVALID');
    });
  });
}

describe('documents', () => {
  const document = JSON.stringify({
    flow: {
      name: 'imported',
      uuid: 'u',
      environmentVariable: { '${DIR}': '/data', '${KEY}': 'hunter2' },
      stops: [
        {
          ...READ,
          uuid: '1',
          bundle: 'cn.PiFlow .bundle.test.Reader',
          properties: { csvPath: '${DIR}', password: 'hunter3' },
        },
        { name: 'again', bundle: 'test.Read', properties: { path: '/b', columns: ['a', 'b'], key: '${KEY}' } },
        { name: 'ghost', bundle: 'gone.Stop', properties: { apiKey: 'hunter4', text: 'kept', number: 5 } },
      ],
      paths: [],
    },
  });
  const importOf = (text: string) => ImportFlowRequest.fromPartial({ document: text, comment: 'from PiFlow' });

  test('an imported flow is saved as it is, and its problems are told', async () => {
    const catalog = await startCatalog('');
    const { flow, problems } = await catalog.flows.importFlow(importOf(document));
    expect(flow).toMatchObject({ version: 1, comment: 'from PiFlow', flow: { name: 'imported', uuid: 'u' } });
    expect(flow?.flow?.stops[0]?.properties).toEqual({ csvPath: '${DIR}', password: '••••••' });
    expect(problems).toEqual([
      {
        reason: 'STOP_TYPE_UNKNOWN',
        message: "stop 'ghost': no mounted plugin has the stop type 'gone.Stop'; mount a plugin that has it",
        stop: 'ghost',
        property: 'bundle',
        port: '',
        line: 0,
        column: 0,
      },
    ]);
  });

  test('a document that cannot be read is refused with line and column, a group as not yet possible', async () => {
    const { flows } = await startCatalog('');
    const broken = await failure(flows.importFlow(importOf('{"flow": {\n "name": }}')));
    expect(broken).toMatchObject({ reason: 'FLOW_UNREADABLE', problems: [{ line: 2, column: 10 }] });
    const group = await failure(flows.importFlow(importOf('{"group": {"name": "g", "flows": []}}')));
    expect(group).toMatchObject({ reason: 'NOT_IMPLEMENTED', code: 'UNIMPLEMENTED' });
    const odd = await failure(flows.importFlow(importOf('{"name": "a", "stops": 5, "paths": [1]}')));
    expect(odd).toMatchObject({ reason: 'FLOW_INVALID' });
    expect(odd.problems).toHaveLength(2);
  });

  test('an export has no secret in it, and imports again', async () => {
    const catalog = await startCatalog('');
    const { flow: saved } = await catalog.flows.importFlow(importOf(document));
    const write = async (format: FlowFormat) =>
      (await catalog.flows.exportFlow({ id: saved?.id ?? '', version: 0, format })).document;
    const piflow = await write(FlowFormat.FLOW_FORMAT_PIFLOW);
    expect(piflow).not.toContain('hunter');
    expect(JSON.parse(piflow)).toEqual({
      flow: {
        name: 'imported',
        uuid: 'u',
        environmentVariable: { '${DIR}': '/data', '${KEY}': '' },
        stops: [
          {
            uuid: '1',
            name: 'read',
            bundle: 'cn.PiFlow .bundle.test.Reader',
            properties: { csvPath: '${DIR}' },
            customizedProperties: {},
          },
          {
            uuid: '',
            name: 'again',
            bundle: 'test.Read',
            properties: { path: '/b', columns: 'a,b', key: '${KEY}' },
            customizedProperties: {},
          },
          {
            uuid: '',
            name: 'ghost',
            bundle: 'gone.Stop',
            properties: { text: 'kept', number: '5' },
            customizedProperties: {},
          },
        ],
        paths: [],
      },
    });
    const own = await write(FlowFormat.FLOW_FORMAT_UNSPECIFIED);
    expect(own).not.toContain('hunter');
    const again = await catalog.flows.importFlow(importOf(own));
    expect(again.flow?.flow).toMatchObject({
      name: 'imported',
      stops: [{}, { properties: { columns: ['a', 'b'] } }, { properties: { text: 'kept', number: 5 } }],
    });
  });

  test('no reply shows a secret, and what is saved as it was shown keeps it', async () => {
    const catalog = await startCatalog('');
    const stop = (key: string, more = {}) => ({
      name: 'again',
      bundle: 'test.Read',
      properties: { path: '/b', key },
      ...more,
    });
    const shown = flowOf('shop', {
      stops: [stop('••••••'), { ...READ, properties: { key: '${KEY}' } }],
      environmentVariable: { KEY: '••••••' },
    });
    const given = flowOf('shop', {
      stops: [stop('hunter2'), { ...READ, properties: { key: '${KEY}' } }],
      environmentVariable: { KEY: 'hunter3' },
    });
    const { id, flow } = await create(catalog, 'shop', { flow: given });
    expect(flow).toEqual(shown);
    const saved = await update(catalog, { id, flow: { ...shown, description: 'x' }, expectedVersion: 1 });
    expect(saved.flow?.flow).toEqual({ ...shown, description: 'x' });
    const { flow: newest } = await catalog.flows.getFlow({ id, version: 0 });
    expect(newest?.flow).toEqual({ ...shown, description: 'x' });
    const { flow: resolved } = await catalog.flows.resolveFlow({ id, version: 0 });
    expect(resolved?.flow).toEqual({ ...given, description: 'x' });

    const renamed = await failure(
      update(catalog, { id, flow: flowOf('shop', { stops: [stop('••••••', { name: 'other' })] }) }),
    );
    expect(renamed.problems).toMatchObject([{ reason: 'PROPERTY_INVALID', stop: 'other', property: 'key' }]);
    const anew = await failure(create(catalog, 'shop', { flow: shown }));
    expect(anew.problems.map(({ message }) => message.split(' is ')[0])).toEqual([
      "stop 'again', property 'key'",
      "the variable 'KEY'",
    ]);
  });

  test('validation tells every problem and how the flow was understood, and saves nothing', async () => {
    const { flows, launched } = await startCatalog('');
    const text = JSON.stringify({
      name: 'v',
      stops: [
        { name: 'read', bundle: 'CN.piflow.bundle.test.reader', properties: { csvPath: '/a', path: '' } },
        { name: 'save', bundle: 'test.Save', properties: { paht: '/x' } },
      ],
      paths: [{ from: 'read', to: 'saev' }],
    });
    const { flow, problems } = await flows.validateFlow({ source: { $case: 'document', value: text } });
    expect(flow?.stops[0]).toMatchObject({ bundle: 'test.Read', properties: { path: '/a' } });
    expect(problems.map(({ reason, stop, property }) => [reason, stop, property])).toEqual([
      ['PROPERTY_MISSING', 'save', 'path'],
      ['PROPERTY_UNKNOWN', 'save', 'paht'],
      ['PATH_STOP_UNKNOWN', 'saev', ''],
      ['PORT_MISSING', 'save', ''],
    ]);
    const sound = await flows.validateFlow({
      source: { $case: 'flow', value: flowOf('a', { stops: [{ ...READ, properties: { path: '/a' } }] }) },
    });
    expect(sound.problems).toEqual([]);
    const unreadable = await flows.validateFlow({ source: { $case: 'document', value: '{' } });
    expect(unreadable.problems.map(({ reason }) => reason)).toEqual(['FLOW_UNREADABLE']);
    expect((await failure(flows.validateFlow({ source: undefined }))).reason).toBe('REQUEST_INVALID');
    expect(await launched.platform.database.knex('catalog_flows')).toEqual([]);
  });
});
