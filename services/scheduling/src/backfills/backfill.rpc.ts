import { pageOf, pageSize, readPageToken, type Handlers, type RpcServer } from '@sluice/chassis';
import {
  BackfillItemState,
  BackfillServiceService,
  BackfillState,
  CreateBackfillRequest,
  type Backfill,
  type BackfillItem,
} from '@sluice/proto/scheduling/v1/backfill_service';
import type { BackfillRecord, ItemRecord } from './backfill.store.js';
import { EXISTS } from './backfill.store.js';
import type { Backfills } from './backfill.service.js';

/** Mounts BackfillService. */
export function mountBackfills(server: RpcServer, backfills: Backfills): void {
  const { store } = backfills;
  const summary = async (record: BackfillRecord): Promise<Backfill> => {
    const counts = await store.counts(record.id);
    return {
      id: record.id,
      spec: record.spec,
      state: BackfillState[`BACKFILL_STATE_${record.state}`],
      createTime: new Date(record.createdMs),
      endTime: record.endedMs === undefined ? undefined : new Date(record.endedMs),
      items: [],
      total: Object.values(counts).reduce((sum, count) => sum + count, 0),
      succeeded: counts.SUCCEEDED ?? 0,
      failed: (counts.FAILED ?? 0) + (counts.CANCELLED ?? 0),
    };
  };
  const full = async (record: BackfillRecord): Promise<Backfill> => {
    return { ...(await summary(record)), items: (await store.items(record.id)).map(toItem) };
  };
  const handlers: Handlers<typeof BackfillServiceService> = {
    async planBackfill({ spec }) {
      const { items, dependents } = await backfills.plan(spec);
      const planned = items.map((item): BackfillItem => {
        const isRun = item.existingRun === undefined;
        return toItem({
          ...item,
          sequence: 0,
          state: isRun ? 'PENDING' : 'SKIPPED',
          reason: isRun ? '' : EXISTS,
          runId: item.existingRun ?? '',
        });
      });
      const runs = items.filter((item) => item.existingRun === undefined).length;
      return { items: planned, runs, dependents: [...dependents] };
    },
    async createBackfill(request) {
      const fingerprint = CreateBackfillRequest.encode(request).finish();
      return { backfill: await full(await backfills.create(request.spec, request.idempotencyKey, fingerprint)) };
    },
    async getBackfill({ id }) {
      return { backfill: await full(await store.get(id)) };
    },
    async listBackfills(request) {
      const limit = pageSize(request.pageSize, 50, 500);
      const { scheduleId } = request;
      const scope = ['backfills', scheduleId];
      const place = readPageToken(request.pageToken, scope, ['number', 'string']);
      const after = place === undefined ? undefined : { createdMs: place[0], id: place[1] };
      const found = await store.list(scheduleId, after, limit + 1);
      const { items, nextPageToken } = pageOf(found, limit, scope, (each) => [each.createdMs, each.id]);
      return { backfills: await Promise.all(items.map(summary)), nextPageToken };
    },
    async pauseBackfill({ id }) {
      return { backfill: await full(await backfills.pause(id)) };
    },
    async resumeBackfill({ id }) {
      return { backfill: await full(await backfills.resume(id)) };
    },
    async cancelBackfill({ id }) {
      return { backfill: await full(await backfills.cancel(id)) };
    },
  };
  server.add(BackfillServiceService, handlers);
}

function toItem(item: ItemRecord): BackfillItem {
  return {
    scheduleId: item.scheduleId,
    scheduleName: item.scheduleName,
    logicalTime: new Date(item.logicalMs),
    state: BackfillItemState[`BACKFILL_ITEM_STATE_${item.state}`],
    reason: item.reason,
    runId: item.runId,
    depth: item.depth,
  };
}
