import type { Generation } from '@sluice/kernel';
import { ifServed } from '@sluice/chassis';
import { schedulesOfFlow } from '@sluice/flow';
import type { DatasourceUse } from '@sluice/proto/datasource/v1/datasource';
import { inject, injectable } from 'tsyringe';
import { DatasourceTypes } from './datasource-types.js';
import { FLOWS, SCHEDULES, type Flows, type Schedules } from '../tokens.js';

const PAGE = 500;
const AT_ONCE = 16;

/**
 * Which flows of the catalog use a datasource, at their newest version, and which schedules run those. Every flow is
 * looked at.
 */
@injectable()
export class DatasourceUsage {
  constructor(
    @inject(FLOWS) private readonly flows: Flows,
    @inject(DatasourceTypes) private readonly types: DatasourceTypes,
    @inject(SCHEDULES) private readonly schedules: Schedules,
  ) {}

  async of(name: string): Promise<DatasourceUse[]> {
    const uses: DatasourceUse[] = [];
    const generation = await this.types.present();
    for (let pageToken = ''; ;) {
      const page = await this.flows.listFlows({ query: '', labels: {}, pageSize: PAGE, pageToken });
      for (let at = 0; at < page.flows.length; at += AT_ONCE) {
        const found = page.flows.slice(at, at + AT_ONCE).map(({ id }) => this.useOf(id, name, generation));
        uses.push(...(await Promise.all(found)).filter((use) => use !== undefined));
      }
      pageToken = page.nextPageToken;
      if (pageToken === '') return uses;
    }
  }

  private async useOf(id: string, name: string, generation: Generation): Promise<DatasourceUse | undefined> {
    const { flow } = await this.flows.getFlow({ id, version: 0 });
    const wanted = name.toLowerCase();
    const stops = (flow?.flow?.stops ?? []).filter((stop) => {
      const specs = generation.stop(stop.bundle)?.manifest.properties ?? {};
      const named = Object.entries(specs)
        .filter(([, { kind }]) => kind === 'datasource')
        .flatMap(([property, { aliases = [] }]) => [property, ...aliases].map((each) => stop.properties[each]));
      return [stop.datasource, ...named].some(
        (each) => typeof each === 'string' && each.trim().toLowerCase() === wanted,
      );
    });
    if (stops.length === 0) return undefined;
    return {
      flowId: id,
      flowName: flow?.flow?.name ?? '',
      stops: stops.map((stop) => stop.name),
      schedules: await this.schedulesOf(id),
    };
  }

  private async schedulesOf(flow: string): Promise<string[]> {
    const schedules = await schedulesOfFlow(flow, (request) =>
      ifServed(this.schedules.listSchedules(request), { schedules: [], nextPageToken: '' }),
    );
    return schedules.map(({ id, spec }) => spec?.name ?? id);
  }
}
