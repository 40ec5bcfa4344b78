import type { Call, RpcServer } from '@sluice/chassis';
import { PluginNodeServiceService } from '@sluice/proto/catalog/v1/plugin_node_service';
import { PluginServiceService } from '@sluice/proto/catalog/v1/plugin_service';
import type { Nodes } from './nodes.service.js';
import { PLATFORM, type Doer } from './plugin-record.js';
import { toChange, toGeneration, toPlugin } from './plugin.wire.js';
import type { PluginSet } from './plugin-set.js';
import type { PluginUses } from './plugin-uses.js';
import type { Plugins } from './plugins.service.js';
import type { Publisher } from './publisher.js';
import type { Uploads } from './uploads.service.js';

/** The longest that a call waits for nodes. */
const LONGEST_WAIT_MS = 60_000;

/** What answers PluginService. */
export interface PluginParts {
  readonly uploads: Uploads;
  readonly plugins: Plugins;
  readonly nodes: Nodes;
  readonly set: PluginSet;
  readonly uses: PluginUses;
  readonly publisher: Publisher;
}

/** Mounts PluginService. */
export function mountPlugins(server: RpcServer, parts: PluginParts): void {
  const { uploads, plugins, nodes, set, uses, publisher } = parts;
  server.add(PluginServiceService, {
    uploadPlugin: async (parts, { peer }) => {
      const { record, known } = await uploads.upload(parts, peer);
      await set.refresh(true);
      return { plugin: toPlugin(await plugins.get(record.name, record.version)), known };
    },
    getPluginUpload: async ({ digest }) => {
      const { bytes, complete } = await uploads.received(digest);
      return { receivedBytes: BigInt(bytes), complete };
    },
    listPlugins: async (request) => {
      const { items, nextPageToken } = await plugins.list(request);
      return { plugins: items.map(toPlugin), nextPageToken };
    },
    getPlugin: async ({ name, version }) => ({ plugin: toPlugin(await plugins.get(name, version)) }),
    mountPlugin: async (request, call) => {
      const { plugin, generation } = await plugins.mount(request, doerOf(request, call));
      const waitingFor = await plugins.waitFor(generation, msOf(request.wait));
      return { plugin: toPlugin(plugin), generation: BigInt(generation), waitingFor };
    },
    unmountPlugin: async (request, call) => {
      const unmounted = await plugins.unmount(request, doerOf(request, call));
      await plugins.waitFor(unmounted.generation, msOf(request.wait));
      return { generation: BigInt(unmounted.generation), uses: [...unmounted.uses] };
    },
    rollbackPlugins: async (request, call) => {
      const to = request.generation === undefined ? undefined : Number(request.generation);
      const made = await plugins.rollback(to, doerOf(request, call));
      await plugins.waitFor(made.number, msOf(request.wait));
      return { generation: toGeneration(made) };
    },
    removePlugin: async (request, call) => ({
      waiting: await plugins.remove(request.name, request.version, doerOf(request, call)),
    }),
    setPluginQuarantine: async (request, call) => ({
      plugin: toPlugin(await plugins.setQuarantine(request, doerOf(request, call))),
    }),
    publishPlugin: async (request, call) => ({
      hub: await publisher.publish(request.name, request.version, doerOf(request, call)),
    }),
    listPluginUses: async ({ name, version }) => ({ uses: await uses.of(name, version) }),
    getPluginStatus: async () => {
      await set.refresh();
      const generation = set.number;
      const known = await nodes.known();
      return {
        generation: BigInt(generation),
        nodes: known.map((node) => ({
          name: node.name,
          generation: BigInt(node.generation),
          current: node.generation === generation,
          seenTime: new Date(node.seenMs),
          fault: node.fault,
        })),
      };
    },
    listGenerations: async (request) => {
      const { items, nextPageToken } = await plugins.generations(request);
      return { generations: items.map(toGeneration), nextPageToken };
    },
    listPluginChanges: async (request) => {
      const { items, nextPageToken } = await plugins.changes(request);
      return { changes: items.map(toChange), nextPageToken };
    },
    addTrustedKey: async (request, call) => ({ key: await plugins.addKey(request, doerOf(request, call)) }),
    listTrustedKeys: async () => ({ keys: await plugins.keys() }),
    removeTrustedKey: async (request, call) => {
      await plugins.removeKey(request.name, doerOf(request, call));
      return {};
    },
  });
}

/** Mounts PluginNodeService. */
export function mountNodes(server: RpcServer, nodes: Nodes, plugins: Plugins): void {
  server.add(PluginNodeServiceService, {
    watchGeneration: (_, { signal }) => nodes.watch(signal),
    getNodeGeneration: (request) => nodes.generation(request),
    fetchPackage: ({ digest }) => nodes.fetch(digest),
    reportNode: async (request) => ({ generation: BigInt(await nodes.report(request)) }),
    reportPluginCrash: async (request) => {
      const found = await nodes.crashed(request);
      if (found === undefined) return { quarantined: false };
      const { name, version } = found.record;
      await plugins.setQuarantine({ name, version, quarantined: true, reason: found.why }, PLATFORM);
      return { quarantined: true };
    },
  });
}

function doerOf({ actor }: { readonly actor: string }, { peer }: Call): Doer {
  return { actor: actor.slice(0, 200), peer };
}

function msOf(wait: { readonly seconds: bigint; readonly nanos: number } | undefined): number {
  if (wait === undefined) return 0;
  return Math.max(0, Math.min(Number(wait.seconds) * 1000 + wait.nanos / 1e6, LONGEST_WAIT_MS));
}
