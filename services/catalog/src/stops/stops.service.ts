import { SluiceError, pageOf, pageSize, readPageToken, type Page } from '@sluice/chassis';
import type { Kernel, MountedStop } from '@sluice/kernel';
import type { ListStopsRequest, SetStopVisibilityRequest, StopUse } from '@sluice/proto/catalog/v1/stop_service';
import type { StopGroup, StopType } from '@sluice/proto/catalog/v1/stop';
import { inject, injectable, type InjectionToken } from 'tsyringe';
import { STOP_SETTINGS, type HiddenNames, type StopSettings } from './stop-settings.store.js';
import { describeStopType } from './stop-type.js';

/** The kernel of this process. */
export const KERNEL: InjectionToken<Kernel> = Symbol('Kernel');
export const STOPS: InjectionToken<Stops> = Symbol('Stops');

const MOST_USES = 1000;
const MOST_NAMES = 10_000;

/** Which stop types a flow can use now: those of the kernel's present generation; and which of them users are shown. */
@injectable()
export class Stops {
  readonly #kernel: Kernel;
  readonly #settings: StopSettings;

  constructor(@inject(KERNEL) kernel: Kernel, @inject(STOP_SETTINGS) settings: StopSettings) {
    this.#kernel = kernel;
    this.#settings = settings;
  }

  async list(request: ListStopsRequest): Promise<Page<StopType>> {
    const { group, query, includeHidden, countUses, pageToken } = request;
    const size = pageSize(request.pageSize, 100, 1000);
    const scope = ['stops', group, query, includeHidden];
    const [after = ''] = readPageToken(pageToken, scope, ['string']) ?? [];
    const wanted = query.trim().toLowerCase();
    const hidden = await this.#settings.hidden();
    const found = this.#kernel.generation.stops.filter(
      (stop) =>
        stop.manifest.name > after &&
        (group === '' || stop.manifest.groups.includes(group)) &&
        (includeHidden || !isHidden(stop, hidden)) &&
        (wanted === '' || textsOf(stop).some((text) => text.toLowerCase().includes(wanted))),
    );
    const counts = countUses ? await this.#countUses() : undefined;
    const told = found.slice(0, size + 1).map((stop) => ({
      ...describeStopType(stop, isHidden(stop, hidden)),
      usedBy: counts && (counts.get(stop.manifest.name) ?? 0),
    }));
    return pageOf(told, size, scope, ({ name }) => [name]);
  }

  async get(name: string): Promise<StopType> {
    const stop = this.#find(name);
    return describeStopType(stop, isHidden(stop, await this.#settings.hidden()));
  }

  /** The flows that use a stop type, by name. */
  async uses(name: string): Promise<StopUse[]> {
    const { generation } = this.#kernel;
    const wanted = this.#find(name).manifest.name;
    const found: StopUse[] = [];
    for await (const { id, name: flowName, bundles } of this.#settings.graphs()) {
      const stops = bundles.filter((bundle) => generation.stop(bundle)?.manifest.name === wanted).length;
      if (stops > 0) found.push({ flowId: id, flowName, stops });
    }
    return found.sort((a, b) => a.flowName.localeCompare(b.flowName, 'en')).slice(0, MOST_USES);
  }

  /** Hides stop types and groups, or shows them; a name that is not known changes nothing at all. */
  async setVisibility(request: SetStopVisibilityRequest, peer: string): Promise<void> {
    if (request.stops.length + request.groups.length > MOST_NAMES)
      throw new SluiceError('REQUEST_INVALID', `at most ${MOST_NAMES} stop types and groups are set at once`);
    const stops = [...new Set(request.stops.map((name) => this.#find(name).manifest.name))];
    const { generation } = this.#kernel;
    const known = new Set(generation.stops.flatMap(({ manifest }) => manifest.groups));
    const groups = [...new Set(request.groups)];
    const strange = groups.find((group) => !known.has(group));
    if (strange !== undefined)
      throw new SluiceError('REQUEST_INVALID', `there is no group '${strange}'; ListStopGroups gives those there are`);
    if (stops.length + groups.length === 0) return;
    const actor = request.actor.slice(0, 200);
    await this.#settings.set({ stops, groups }, request.hidden, { actor, peer, generation: generation.number });
  }

  async groups(includeHidden: boolean): Promise<StopGroup[]> {
    const hidden = await this.#settings.hidden();
    const counts = new Map<string, number>();
    for (const stop of this.#kernel.generation.stops) {
      if (!includeHidden && isHidden(stop, hidden)) continue;
      for (const group of new Set(stop.manifest.groups)) counts.set(group, (counts.get(group) ?? 0) + 1);
    }
    const groups = [...counts].map(([name, stopCount]) => ({ name, stopCount, hidden: hidden.groups.has(name) }));
    return groups.filter((group) => includeHidden || !group.hidden).sort((a, b) => a.name.localeCompare(b.name, 'en'));
  }

  #find(name: string): MountedStop {
    const { generation } = this.#kernel;
    const stop = generation.stop(name);
    if (stop) return stop;
    const near = generation.nearest(name).map((each) => `'${each}'`);
    const remedy = near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'ListStops gives those there are';
    throw new SluiceError('STOP_NOT_FOUND', `no mounted plugin has the stop type '${name}'; ${remedy}`, {
      details: { name, nearest: generation.nearest(name).join(',') },
    });
  }

  /** How many flows use each stop type. */
  async #countUses(): Promise<ReadonlyMap<string, number>> {
    const { generation } = this.#kernel;
    const counts = new Map<string, number>();
    for await (const { bundles } of this.#settings.graphs()) {
      const names = new Set(bundles.map((bundle) => generation.stop(bundle)?.manifest.name));
      for (const name of names) if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return counts;
  }
}

/** A stop type is hidden by itself, or when none of its groups is shown. */
function isHidden({ manifest: { name, groups } }: MountedStop, hidden: HiddenNames): boolean {
  return hidden.stops.has(name) || (groups.length > 0 && groups.every((group) => hidden.groups.has(group)));
}

function textsOf({ manifest }: MountedStop): string[] {
  return [manifest.name, ...manifest.aliases, manifest.title.en, manifest.title.zh ?? ''];
}
