import { inject, injectable } from 'tsyringe';
import type { Database } from '@sluice/chassis';
import { SHARDS } from '../schedules/schedule-record.js';
import { DATABASE, NODE } from '../tokens.js';

/**
 * Which shards are this scheduler's. Leases in the database deal the shards out evenly; one that is not renewed goes to
 * another scheduler. They only spare work: that no due time is decided twice is the cursor's business.
 */
@injectable()
export class ShardLeases {
  constructor(
    @inject(DATABASE) private readonly database: Database,
    @inject(NODE) private readonly node: string,
  ) {}

  /** Renews, takes and gives back; gives the shards that are this scheduler's now. */
  renew(nowMs: number, leaseMs: number): Promise<readonly number[]> {
    return this.database.transaction(async (trx) => {
      const until = nowMs + leaseMs;
      await trx('scheduling_nodes').insert({ node: this.node, seen_ms: nowMs }).onConflict('node').merge(['seen_ms']);
      // A clock that ran ahead must not keep a dead node alive for long, so it is the absence of news that counts.
      const nodes = (await trx('scheduling_nodes').select('node', 'seen_ms')) as { node: string; seen_ms: number }[];
      const alive = nodes.filter((each) => Math.abs(nowMs - Number(each.seen_ms)) <= leaseMs);
      const gone = nodes.filter((each) => Math.abs(nowMs - Number(each.seen_ms)) > leaseMs * 10);
      if (gone.length > 0) {
        await trx('scheduling_nodes')
          .whereIn(
            'node',
            gone.map((each) => each.node),
          )
          .delete();
      }
      const query = trx('scheduling_shards').orderBy('shard');
      if (this.database.dialect === 'mysql') void query.forUpdate();
      const rows = (await query) as { shard: number; node: string; lease_until_ms: number }[];
      if (rows.length < SHARDS) {
        const known = new Set(rows.map(({ shard }) => Number(shard)));
        const missing = Array.from({ length: SHARDS }, (_, shard) => shard).filter((shard) => !known.has(shard));
        const fresh = missing.map((shard) => ({ shard, node: '', lease_until_ms: 0 }));
        await trx('scheduling_shards').insert(fresh).onConflict('shard').ignore();
        rows.push(...fresh);
      }
      const fair = Math.ceil(SHARDS / Math.max(1, alive.length));
      const mine = rows.filter((row) => row.node === this.node).map(({ shard }) => Number(shard));
      const living = new Set(alive.map((each) => each.node));
      // A lease far in the future is that of a clock which was set back since.
      const isFree = ({ node, lease_until_ms: end }: (typeof rows)[number]): boolean =>
        node !== this.node && (!living.has(node) || Number(end) < nowMs || Number(end) > nowMs + leaseMs * 10);
      const free = rows.filter(isFree).map(({ shard }) => Number(shard));
      const kept = [...mine, ...free].slice(0, fair);
      const left = mine.filter((shard) => !kept.includes(shard));
      if (left.length > 0) {
        await trx('scheduling_shards').whereIn('shard', left).update({ node: '', lease_until_ms: 0 });
      }
      if (kept.length > 0) {
        await trx('scheduling_shards').whereIn('shard', kept).update({ node: this.node, lease_until_ms: until });
      }
      return kept.sort((a, b) => a - b);
    });
  }

  /** Gives everything back: this scheduler ends. */
  async release(): Promise<void> {
    await this.database.transaction(async (trx) => {
      await trx('scheduling_shards').where({ node: this.node }).update({ node: '', lease_until_ms: 0 });
      await trx('scheduling_nodes').where({ node: this.node }).delete();
    });
  }
}
