import { SluiceError, pageOf, pageSize, readPageToken, type Handlers, type RpcServer } from '@sluice/chassis';
import {
  PoolServiceService,
  type Pool,
  type PutPoolRequest,
  type SlotWish as WireWish,
} from '@sluice/proto/scheduling/v1/pool_service';
import { checkName } from '../calendars/calendar.rpc.js';
import type { SlotWish } from './pool-book.js';
import type { PoolRuns } from './pool-runs.js';
import type { PoolStore } from './pool.store.js';

const MOST_WISHES = 500;

/** Mounts PoolService. */
export function mountPools(server: RpcServer, store: PoolStore, runs: PoolRuns, now: () => number): void {
  const handlers: Handlers<typeof PoolServiceService> = {
    async putPool(request) {
      await store.put(checkPool(request));
      return { pool: await store.get(request.name) };
    },
    async getPool({ name }) {
      return { pool: await store.get(name) };
    },
    async listPools(request) {
      const limit = pageSize(request.pageSize, 50, 500);
      const [after] = readPageToken(request.pageToken, ['pools'], ['string']) ?? [''];
      const found = await store.list(after, limit + 1);
      const { items, nextPageToken } = pageOf(found, limit, ['pools'], ({ name }) => [name]);
      return { pools: [...items], nextPageToken };
    },
    async deletePool({ name }) {
      await store.remove(name);
      return {};
    },
    async takeSlots({ wishes }) {
      if (wishes.length > MOST_WISHES)
        throw new SluiceError('REQUEST_INVALID', `at most ${MOST_WISHES} wishes are taken`);
      const answers = await runs.take(wishes.map(toWish), now());
      return {
        answers: wishes.map(({ runId }) => {
          const reason = answers.get(runId) ?? '';
          return { runId, granted: reason === '', reason };
        }),
      };
    },
  };
  server.add(PoolServiceService, handlers);
}

function checkPool({ name, pool }: PutPoolRequest): Pool {
  checkName(name, pool?.name);
  if (pool === undefined) throw new SluiceError('REQUEST_INVALID', 'the request has no pool');
  if (pool.slots < 0) throw new SluiceError('REQUEST_INVALID', `a pool cannot have ${pool.slots} slots`);
  if (pool.description.length > 500)
    throw new SluiceError('REQUEST_INVALID', 'a description has at most 500 characters');
  return { ...pool, name };
}

function toWish({ runId, pool, slots, priority, createTime }: WireWish): SlotWish {
  if (runId === '' || pool === '' || slots < 1) {
    throw new SluiceError('REQUEST_INVALID', `'${runId}' asks for ${slots} slots of the pool '${pool}'`);
  }
  return { id: runId, pool, slots, priority, sinceMs: createTime?.getTime() ?? 0 };
}
