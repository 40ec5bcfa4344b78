import { generateKeyPairSync } from 'node:crypto';
import { PortKind, PropertyKind } from '@sluice/proto/catalog/v1/stop';
import { PluginServiceService } from '@sluice/proto/catalog/v1/plugin_service';
import { ListStopsRequest } from '@sluice/proto/catalog/v1/stop_service';
import { expect, test } from 'vitest';
import { Flow } from '@sluice/proto/common/v1/flow';
import { DATABASES, startCatalog } from '../testing/start-catalog.js';

test('a stop type is told as its plugin declares it, by its name or an alias', async () => {
  const { stops } = await startCatalog('');
  const { stop } = await stops.getStop({ name: 'cn.PiFlow .bundle.test.Reader' });
  expect(stop).toMatchObject({
    name: 'test.Read',
    aliases: ['cn.piflow.bundle.test.Reader'],
    title: { en: 'Read', zh: '组件' },
    groups: ['Files', 'Test'],
    inports: { kind: PortKind.PORT_KIND_NONE, names: [] },
    outports: { kind: PortKind.PORT_KIND_SINGLE, names: [] },
    engines: ['duckdb'],
    plugin: { name: 'test-stops', version: '1.2.3' },
  });
  expect(stop?.properties).toMatchObject([
    { name: 'path', kind: PropertyKind.PROPERTY_KIND_PATH, required: true, aliases: ['csvPath'], secret: false },
    { name: 'columns', kind: PropertyKind.PROPERTY_KIND_COLUMNS, required: false, defaultValue: [] },
    { name: 'key', kind: PropertyKind.PROPERTY_KIND_SECRET, secret: true },
  ]);
});

test('an unknown stop type is told with the nearest names', async () => {
  const { stops } = await startCatalog('');
  await expect(stops.getStop({ name: 'test.Raed' })).rejects.toMatchObject({
    reason: 'STOP_NOT_FOUND',
    code: 'NOT_FOUND',
    message: "no mounted plugin has the stop type 'test.Raed'; did you mean 'test.Read' or 'test.Save'?",
  });
});

test('stop types are listed by group and text, page by page, and their groups counted', async () => {
  const { stops } = await startCatalog('');
  const names = async (request: Parameters<typeof ListStopsRequest.fromPartial>[0]) => {
    const reply = await stops.listStops(ListStopsRequest.fromPartial(request));
    return [
      reply.stops.map(({ name }) => name).filter((name) => name.startsWith('test.')),
      reply.nextPageToken,
    ] as const;
  };
  expect(await names({ group: 'Test' })).toEqual([['test.Read', 'test.Save'], '']);
  expect(await names({ group: 'Files' })).toEqual([['test.Read'], '']);
  expect(await names({ query: 'bundle.TEST.read' })).toEqual([['test.Read'], '']);
  const [first, token] = await names({ group: 'Test', pageSize: 1 });
  expect(first).toEqual(['test.Read']);
  expect(await names({ group: 'Test', pageSize: 1, pageToken: token })).toEqual([['test.Save'], '']);
  await expect(names({ group: 'Files', pageToken: token })).rejects.toMatchObject({ reason: 'PAGE_TOKEN_INVALID' });

  const { groups } = await stops.listStopGroups({ includeHidden: false });
  expect(groups.map(({ name }) => name)).toEqual(
    [...groups.map(({ name }) => name)].sort((a, b) => a.localeCompare(b, 'en', { sensitivity: 'base' })),
  );
  expect(groups).toContainEqual({ name: 'Test', stopCount: 2, hidden: false });
});

for (const { kind, server } of DATABASES) {
  test.skipIf(server === undefined)(
    `stop types and groups are hidden from users and shown again, on ${kind}`,
    async () => {
      const { stops, flows } = await startCatalog(server ?? '');
      const names = async (more: Partial<ListStopsRequest> = {}): Promise<string[]> =>
        (await stops.listStops(ListStopsRequest.fromPartial({ query: 'test.', ...more }))).stops.map(
          ({ name, hidden }) => `${name}${hidden ? ' hidden' : ''}`,
        );
      const set = (hidden: boolean, more: object): Promise<unknown> =>
        stops.setStopVisibility({ stops: [], groups: [], hidden, actor: 'test', ...more });
      await set(true, { stops: ['cn.piflow.bundle.test.Reader'] });
      expect(await names()).toEqual(['test.Save']);
      expect(await names({ includeHidden: true })).toEqual(['test.Read hidden', 'test.Save']);
      expect((await stops.getStop({ name: 'test.Read' })).stop).toMatchObject({ hidden: true, name: 'test.Read' });
      await set(false, { stops: ['test.Read'] });
      // A stop type is shown as long as one of its groups is.
      await set(true, { groups: ['Test'] });
      expect(await names()).toEqual(['test.Read']);
      expect((await stops.listStopGroups({ includeHidden: true })).groups).toContainEqual({
        name: 'Test',
        stopCount: 2,
        hidden: true,
      });
      await expect(set(true, { stops: ['test.Save', 'test.Nobody'] })).rejects.toMatchObject({
        reason: 'STOP_NOT_FOUND',
      });
      await expect(set(true, { groups: ['Nothing'] })).rejects.toMatchObject({ reason: 'REQUEST_INVALID' });

      const graph = (...bundles: string[]): Flow =>
        Flow.fromPartial({ name: bundles.join(), stops: bundles.map((bundle, i) => ({ name: `s${i}`, bundle })) });
      for (const bundles of [
        ['test.Read', 'cn.piflow.bundle.test.Reader'],
        ['test.Read', 'test.Save'],
      ])
        await flows.createFlow({ flow: graph(...bundles), comment: '', idempotencyKey: '' });
      const counted = await stops.listStops(
        ListStopsRequest.fromPartial({ query: 'test.', includeHidden: true, countUses: true }),
      );
      expect(counted.stops.map(({ usedBy }) => usedBy)).toEqual([2, 1]);
      const { uses } = await stops.listStopUses({ name: 'test.Read' });
      expect(uses.map(({ flowName, stops: count }) => [flowName, count])).toEqual([
        ['test.Read,cn.piflow.bundle.test.Reader', 2],
        ['test.Read,test.Save', 1],
      ]);
    },
  );
}

test('what users are shown is told by an event and a line of the record, and so is what is trusted', async () => {
  const { stops, launched, events } = await startCatalog('');
  const plugins = launched.platform.clients.get(PluginServiceService);
  await stops.setStopVisibility({ stops: ['test.Read'], groups: ['Files'], hidden: true, actor: 'ann' });
  await stops.setStopVisibility({ stops: ['test.Read'], groups: [], hidden: false, actor: 'bob' });
  const { publicKey } = generateKeyPairSync('ed25519');
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  await plugins.addTrustedKey({ name: 'release', publicKey: pem, actor: 'ann' });
  await plugins.removeTrustedKey({ name: 'release', actor: 'bob' });
  const { changes } = await plugins.listPluginChanges({ plugin: '', pageSize: 10, pageToken: '' });
  expect(changes.map(({ action, actor, detail }) => [action, actor, detail]).reverse()).toEqual([
    ['hide', 'ann', 'test.Read, group Files'],
    ['show', 'bob', 'test.Read'],
    ['trust-key', 'ann', 'release'],
    ['distrust-key', 'bob', 'release'],
  ]);
  // The order holds for the events of one key: those of stops, and those of plugins.
  await expect.poll(() => events).toHaveLength(4);
  expect(events.filter(([action]) => ['hidden', 'shown'].includes(action))).toMatchObject([
    ['hidden', { stops: ['test.Read'], groups: ['Files'], hidden: true, actor: 'ann' }],
    ['shown', { stops: ['test.Read'], groups: [], hidden: false, actor: 'bob' }],
  ]);
  expect(events.filter(([action]) => !['hidden', 'shown'].includes(action))).toMatchObject([
    ['trusted', { detail: 'release', actor: 'ann' }],
    ['distrusted', { detail: 'release', actor: 'bob' }],
  ]);
});
