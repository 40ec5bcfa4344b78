import { freshDatabase, migrate, testConfig, type DATABASE_KINDS, type FreshDatabase } from '@sluice/chassis/testing';
import { ScheduleSpec } from '@sluice/proto/scheduling/v1/schedule';
import { migrations } from '../migrations/index.js';
import { Decider } from '../ticks/decider.js';
import { RunEnds } from '../ticks/run-ends.js';
import type { TickRecord } from '../ticks/tick-record.js';
import { TickStore } from '../ticks/tick.store.js';
import { SimJobs } from './sim-jobs.js';
import { SimNode } from './sim-node.js';
import { Chance, World } from './world.js';

const EVERY_TEN = { $case: 'cron', value: { expression: '0 0/10 * * * ?', zone: 'UTC' } };

/** One scheduler in a world whose time a script sets, and in which nothing happens but what the script does. */
export class Scripted {
  private constructor(
    private readonly fresh: FreshDatabase,
    readonly world: World,
    readonly node: SimNode,
  ) {}

  /** Opens one on a database of its own. */
  static async open(kind: (typeof DATABASE_KINDS)[number], nowMs: number): Promise<Scripted> {
    const fresh = await freshDatabase(kind);
    const database = await fresh.open();
    await migrate(database, [{ name: 'scheduling', migrations }]);
    const world = new World(nowMs);
    const jobs = new SimJobs(world, new Chance(1), { lostReplies: 0, refusals: 0 }, () => undefined);
    return new Scripted(fresh, world, new SimNode('n1', world, database, jobs, testConfig({})));
  }

  /** Another scheduler of the same world. */
  async another(name: string): Promise<SimNode> {
    const jobs = new SimJobs(this.world, new Chance(2), { lostReplies: 0, refusals: 0 }, () => undefined);
    return new SimNode(name, this.world, await this.fresh.open(), jobs, testConfig({}));
  }

  close(): Promise<void> {
    return this.fresh.drop();
  }

  /** Creates a schedule, due every ten minutes where nothing else is said. */
  async create(policies: object = {}, trigger: object = EVERY_TEN): Promise<string> {
    const spec = ScheduleSpec.fromPartial({ name: 's', target: { reference: 'f' }, trigger, policies } as object);
    return (await this.node.schedules.create(spec, false, '', Buffer.from(Math.random().toString()))).id;
  }

  /** Decides what of a schedule is due at a time. */
  async decide(id: string, nowMs: number): Promise<readonly TickRecord[]> {
    this.world.now = nowMs;
    return (await this.node.resolve(Decider).decideDue([id], nowMs)).ticks;
  }

  /** Notes that a tick's run was started. */
  async fire(tick: TickRecord | undefined): Promise<void> {
    if (tick === undefined) throw new Error('there is no tick to fire');
    const run = { runId: `run-${tick.key}`, state: 'ACTIVE' as const, endedMs: undefined };
    await this.node.resolve(TickStore).fired([{ tick, run }], 'n1', this.world.now);
  }

  /** Notes how a tick's run ended. */
  async finish(tick: TickRecord | undefined, state: 'SUCCEEDED' | 'FAILED'): Promise<void> {
    const end = { kind: 'run', state, endedMs: this.world.now } as const;
    await this.node.resolve(RunEnds).end(tick?.id ?? '', end, this.world.now);
  }
}
