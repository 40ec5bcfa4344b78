import type { Schedule } from '@sluice/proto/scheduling/v1/schedule';
import { ListSchedulesRequest, type ListSchedulesResponse } from '@sluice/proto/scheduling/v1/schedule_service';

const PAGE_SIZE = 500;

/** All schedules that run a flow, asked for page by page. */
export async function schedulesOfFlow(
  flowId: string,
  list: (request: ListSchedulesRequest) => Promise<ListSchedulesResponse>,
): Promise<Schedule[]> {
  const found: Schedule[] = [];
  for (let pageToken = ''; ;) {
    const request = { targetReference: flowId, pageSize: PAGE_SIZE, pageToken };
    const page = await list(ListSchedulesRequest.fromPartial(request));
    found.push(...page.schedules);
    pageToken = page.nextPageToken;
    if (pageToken === '') return found;
  }
}
