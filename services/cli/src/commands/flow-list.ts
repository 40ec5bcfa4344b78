import { FlowSummary } from '@sluice/proto/catalog/v1/flow';
import {
  FlowServiceService,
  ListFlowVersionsResponse,
  ListFlowsRequest,
  ListFlowsResponse,
} from '@sluice/proto/catalog/v1/flow_service';
import type { Session } from '../session.js';
import { formatMoment, momentIn, printable } from '../terminal/format.js';
import { table } from '../terminal/table.js';
import { readCount, readPairs } from '../values.js';

/** The options of `sluice flow list`. */
export interface FlowListOptions {
  readonly search?: string;
  readonly label?: readonly string[];
  readonly limit?: string;
  readonly page?: string;
  readonly all?: boolean;
}

const USUAL = 20;
const LARGEST_PAGE = 500;

/** Lists the flows of the catalog, the last saved first. */
export async function listFlows(session: Session, options: FlowListOptions): Promise<void> {
  const { limit, all = false } = options;
  const request = ListFlowsRequest.fromPartial({
    query: options.search ?? '',
    labels: readPairs('--label', options.label ?? []),
    pageSize: all ? LARGEST_PAGE : limit === undefined ? USUAL : readCount('--limit', limit),
    pageToken: options.page ?? '',
  });
  const client = (await session.connect()).get(FlowServiceService);
  let found = await client.listFlows(request);
  if (session.json && !all) return session.outJson(ListFlowsResponse.toJSON(found));
  const flows = [...found.flows];
  while (all && found.nextPageToken !== '') {
    found = await client.listFlows({ ...request, pageToken: found.nextPageToken });
    flows.push(...found.flows);
  }
  if (session.json) return flows.forEach((flow) => session.outJson(FlowSummary.toJSON(flow)));
  if (session.quiet) return session.out(...flows.map(({ id }) => id));
  if (flows.length === 0) return session.err(session.texts.flow.none);
  const { columns, nextPage } = session.texts.words;
  const titles = [
    { title: columns.id, whole: true },
    { title: columns.name },
    { title: columns.version, align: 'right' as const },
    { title: columns.stops, align: 'right' as const },
    { title: columns.updated, whole: true },
  ];
  const rows = flows.map(({ id, name, version, stopCount, updateTime }) => {
    return [id, printable(name), String(version), String(stopCount), momentIn(session.width, updateTime)];
  });
  session.out(...table(titles, rows, session.width, session.style.dim));
  if (found.nextPageToken !== '') session.err(nextPage(found.nextPageToken));
}

/** Lists the versions of a flow, the newest first. */
export async function listFlowVersions(session: Session, _options: object, id: string): Promise<void> {
  const client = (await session.connect()).get(FlowServiceService);
  const found = await client.listFlowVersions({ id, pageSize: LARGEST_PAGE, pageToken: '' });
  if (session.json) return session.outJson(ListFlowVersionsResponse.toJSON(found));
  const { columns } = session.texts.words;
  const titles = [
    { title: columns.version, align: 'right' as const },
    { title: columns.updated, whole: true },
    { title: columns.comment },
  ];
  const rows = found.versions.map(({ version, createTime, comment }) => {
    return [String(version), formatMoment(createTime), printable(comment)];
  });
  session.out(...table(titles, rows, session.width, session.style.dim));
}
