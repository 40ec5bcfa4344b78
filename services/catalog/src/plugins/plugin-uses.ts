import { SluiceError, toSluiceError, type Client, type Logger } from '@sluice/chassis';
import { schedulesOfFlow } from '@sluice/flow';
import { chooseBundles } from '@sluice/packages';
import type { PluginUse } from '@sluice/proto/catalog/v1/plugin';
import type { ScheduleServiceService } from '@sluice/proto/scheduling/v1/schedule_service';
import { inject, injectable, type InjectionToken } from 'tsyringe';
import { NODES, type Nodes } from './nodes.service.js';
import { findPlugin, presentGeneration } from './plugin-lookup.js';
import { makeSet, PLUGIN_SET, type PluginSet } from './plugin-set.js';
import { PLUGIN_STORE, type FlowGraph, type PluginStore } from './plugins.store.js';
import { LOG, SCHEDULES } from './tokens.js';

export const PLUGIN_USES: InjectionToken<PluginUses> = Symbol('PluginUses');

const MOST = 1000;
/** How long a page of the schedules of one flow is waited for. */
const SCHEDULES_MS = 3_000;

/** Who uses a package: packages that need a bundle, flows, the schedules that run them, and live runs. */
@injectable()
export class PluginUses {
  constructor(
    @inject(PLUGIN_STORE) private readonly store: PluginStore,
    @inject(PLUGIN_SET) private readonly set: PluginSet,
    @inject(NODES) private readonly nodes: Nodes,
    @inject(SCHEDULES) private readonly schedules: Client<typeof ScheduleServiceService>,
    @inject(LOG) private readonly log: Logger,
  ) {}

  /**
   * The uses of a package now, at most 1000.
   *
   * @param sure whether it is an error when schedules may use it and cannot be asked for: SERVICE_UNAVAILABLE
   */
  async of(name: string, version: string, sure = false): Promise<PluginUse[]> {
    const { reader } = this.store;
    const present = await presentGeneration(reader);
    const { digest, manifest } = await findPlugin(reader, name, version, present);
    const set = makeSet(present.number, present.members, await reader.plugins());
    const { generation } = this.set.compose(set);
    const plugins = set.plugins
      .filter(({ plugin }) => chooseBundles(plugin.bundles, set.bundles).chosen.some((each) => each.digest === digest))
      .map(({ plugin }) => ({ kind: 'plugin', id: plugin.digest, name: plugin.name }));
    const names = manifest.stops.flatMap((stop) => [stop.name, ...stop.aliases]);
    const graphs = (await reader.graphsWith(names)).filter(({ graph }) => {
      const { stops = [] } = JSON.parse(graph) as { stops?: { bundle: string }[] };
      return stops.some(({ bundle }) => generation.stop(bundle)?.plugin.digest === digest);
    });
    const flows = graphs
      .filter(({ isNewest }) => isNewest)
      .map(({ id, name: flow }) => ({ kind: 'flow', id, name: flow }));
    const scheduled = await this.#schedulesOf(graphs, sure && flows.length === 0);
    scheduled.sort((a, b) => a.name.localeCompare(b.name, 'en'));
    const runs = (await this.nodes.runsOf(digest)).map(({ runId, flowName }) => ({
      kind: 'run',
      id: runId,
      name: flowName,
    }));
    return [...plugins, ...flows, ...scheduled, ...runs].slice(0, MOST);
  }

  /** The schedules that run one of some versions of flows. */
  async #schedulesOf(graphs: readonly FlowGraph[], sure: boolean): Promise<PluginUse[]> {
    const found: PluginUse[] = [];
    for (const id of new Set(graphs.map((graph) => graph.id))) {
      const versions = graphs.filter((graph) => graph.id === id);
      try {
        const kept = await schedulesOfFlow(id, (request) =>
          this.schedules.listSchedules(request, { deadlineMs: SCHEDULES_MS }),
        );
        for (const { id: schedule, spec } of kept) {
          const pinned = spec?.target?.version ?? 0;
          if (versions.some(({ version, isNewest }) => (pinned === 0 ? isNewest : version === pinned)))
            found.push({ kind: 'schedule', id: schedule, name: spec?.name ?? '' });
        }
      } catch (error) {
        const { message } = toSluiceError(error);
        if (!sure) this.log.warn({ err: error, flow: id }, 'the schedules of a flow are not known');
        else {
          const what = `whether schedules run the flow '${versions[0]?.name}' with it is not known: ${message}`;
          const remedy = "start scheduling and set scheduling.address, or unmount without 'safe'";
          throw new SluiceError('SERVICE_UNAVAILABLE', `${what}; ${remedy}`, { cause: error });
        }
        return found; // the others would not be told of either
      }
    }
    return found;
  }
}
