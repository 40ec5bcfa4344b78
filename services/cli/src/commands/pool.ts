import type { Client } from '@sluice/chassis';
import { PoolServiceService, ListPoolsResponse, Pool } from '@sluice/proto/scheduling/v1/pool_service';
import type { Session } from '../session.js';
import { printable } from '../terminal/format.js';
import { table } from '../terminal/table.js';
import { readCount } from '../values.js';

const ALL = 500;

async function poolsOf(session: Session): Promise<Client<typeof PoolServiceService>> {
  return (await session.connect()).get(PoolServiceService);
}

/** Stores a pool, in place of an earlier one. */
export async function setPool(
  session: Session,
  options: { readonly description?: string },
  name: string,
  slots: string,
): Promise<void> {
  const pool = Pool.fromPartial({ name, slots: readCount('SLOTS', slots, 0), description: options.description ?? '' });
  const put = await (await poolsOf(session)).putPool({ name, pool }, { idempotent: true });
  const stored = put.pool ?? Pool.create();
  if (session.json) return session.outJson(Pool.toJSON(stored));
  if (!session.quiet) session.out(`${session.style.good('✓')} ${session.texts.pool.saved(name, stored.slots)}`);
}

/** Lists pools with what is taken of them. */
export async function listPools(session: Session): Promise<void> {
  const found = await (await poolsOf(session)).listPools({ pageSize: ALL, pageToken: '' });
  if (session.json) return session.outJson(ListPoolsResponse.toJSON(found));
  if (session.quiet) return session.out(...found.pools.map(({ name }) => name));
  if (found.pools.length === 0) return session.err(session.texts.pool.none);
  const { columns } = session.texts.pool;
  const titles = [
    { title: columns.name, whole: true },
    { title: columns.slots, align: 'right' as const },
    { title: columns.taken, align: 'right' as const },
    { title: columns.waiting, align: 'right' as const },
    { title: columns.meaning },
  ];
  const rows = found.pools.map(({ name, slots, taken, waiting, description }) => [
    name,
    String(slots),
    String(taken),
    String(waiting),
    printable(description),
  ]);
  session.out(...table(titles, rows, session.width, session.style.dim));
}

/** Deletes a pool that no schedule names. */
export async function removePool(session: Session, _options: object, name: string): Promise<void> {
  await (await poolsOf(session)).deletePool({ name });
  if (session.json) session.outJson({});
  else if (!session.quiet) session.out(session.texts.pool.removed(name));
}
