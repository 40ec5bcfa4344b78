import { SluiceError, pageOf, pageSize, readPageToken, type Page } from '@sluice/chassis';
import type { Kernel, MountedStop } from '@sluice/kernel';
import type { ListStopsRequest } from '@sluice/proto/catalog/v1/stop_service';
import type { StopGroup, StopType } from '@sluice/proto/catalog/v1/stop';
import { inject, injectable, type InjectionToken } from 'tsyringe';
import { describeStopType } from './stop-type.js';

/** The kernel of this process. */
export const KERNEL: InjectionToken<Kernel> = Symbol('Kernel');
export const STOPS: InjectionToken<Stops> = Symbol('Stops');

/** Which stop types a flow can use now: those of the kernel's present generation. */
@injectable()
export class Stops {
  readonly #kernel: Kernel;

  constructor(@inject(KERNEL) kernel: Kernel) {
    this.#kernel = kernel;
  }

  list({ group, query, pageSize: asked, pageToken }: ListStopsRequest): Page<StopType> {
    const size = pageSize(asked, 100, 1000);
    const scope = ['stops', group, query];
    const [after = ''] = readPageToken(pageToken, scope, ['string']) ?? [];
    const wanted = query.trim().toLowerCase();
    const found = this.#kernel.generation.stops.filter(
      (stop) =>
        stop.manifest.name > after &&
        (group === '' || stop.manifest.groups.includes(group)) &&
        (wanted === '' || textsOf(stop).some((text) => text.toLowerCase().includes(wanted))),
    );
    return pageOf(found.slice(0, size + 1).map(describeStopType), size, scope, ({ name }) => [name]);
  }

  get(name: string): StopType {
    const { generation } = this.#kernel;
    const stop = generation.stop(name);
    if (stop) return describeStopType(stop);
    const near = generation.nearest(name).map((each) => `'${each}'`);
    const remedy = near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'ListStops gives those there are';
    throw new SluiceError('STOP_NOT_FOUND', `no mounted plugin has the stop type '${name}'; ${remedy}`, {
      details: { name, nearest: generation.nearest(name).join(',') },
    });
  }

  groups(): StopGroup[] {
    const counts = new Map<string, number>();
    for (const { manifest } of this.#kernel.generation.stops) {
      for (const group of new Set(manifest.groups)) counts.set(group, (counts.get(group) ?? 0) + 1);
    }
    const groups = [...counts].map(([name, stopCount]) => ({ name, stopCount }));
    return groups.sort((a, b) => a.name.localeCompare(b.name, 'en'));
  }
}

function textsOf({ manifest }: MountedStop): string[] {
  return [manifest.name, ...manifest.aliases, manifest.title.en, manifest.title.zh ?? ''];
}
