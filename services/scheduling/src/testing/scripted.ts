import {
  freshDatabase,
  migrate,
  testConfig,
  type DATABASE_KINDS,
  type FreshDatabase,
  type OpenDatabase,
} from '@sluice/chassis/testing';
import { ScheduleSpec } from '@sluice/proto/scheduling/v1/schedule';
import { CalendarStore } from '../calendars/calendar.store.js';
import { migrations } from '../migrations/index.js';
import { PoolStore } from '../pools/pool.store.js';
import { Decider } from '../ticks/decider.js';
import { RunEnds } from '../ticks/run-ends.js';
import type { TickRecord } from '../ticks/tick-record.js';
import { TickStore } from '../ticks/tick.store.js';
import { SimJobs } from './sim-jobs.js';
import { SimNode } from './sim-node.js';
import { Chance, World } from './world.js';

const EVERY_TEN = { $case: 'cron', value: { expression: '0 0/10 * * * ?', zone: 'UTC' } };

/** A database on which scripts are played one after another: making one takes longer than most scripts. */
export class Stage {
  private constructor(
    private readonly fresh: FreshDatabase,
    readonly database: OpenDatabase,
    private readonly tables: readonly string[],
  ) {}

  static async open(kind: (typeof DATABASE_KINDS)[number]): Promise<Stage> {
    const fresh = await freshDatabase(kind);
    const database = await fresh.open();
    await migrate(database, [{ name: 'scheduling', migrations }]);
    const sqlite = "select name from sqlite_master where type = 'table'";
    const found: unknown = await database.knex.raw(kind === 'sqlite' ? sqlite : 'show tables');
    const rows = (kind === 'sqlite' ? found : (found as unknown[])[0]) as Record<string, string>[];
    const names = rows.map((row) => Object.values(row)[0] as string).filter((name) => name.startsWith('scheduling_'));
    return new Stage(
      fresh,
      database,
      names.filter((name) => name !== 'scheduling_listener_changes'),
    );
  }

  /** Leaves nothing of the last script. */
  async clear(): Promise<void> {
    for (const table of this.tables) await this.database.knex(table).delete();
  }

  /** The database as another process has it. */
  another(): Promise<OpenDatabase> {
    return this.fresh.open();
  }

  close(): Promise<void> {
    return this.fresh.drop();
  }
}

/** One scheduler in a world whose time a script sets, and in which nothing happens but what the script does. */
export class Scripted {
  private constructor(
    private readonly stage: Stage,
    readonly world: World,
    readonly node: SimNode,
  ) {}

  /** Begins one with no schedules, a calendar `work` that has weekends off, and a pool `small` with one slot. */
  static async open(stage: Stage, nowMs: number): Promise<Scripted> {
    await stage.clear();
    const world = new World(nowMs);
    const jobs = new SimJobs(world, new Chance(1), { lostReplies: 0, refusals: 0 }, () => undefined);
    const node = new SimNode('n1', world, stage.database, jobs, testConfig({}));
    const calendar = { name: 'work', description: '', zone: 'UTC', weekdaysOff: [6, 7], daysOff: [], daysOn: [] };
    await node.resolve(CalendarStore).put(calendar);
    await node.resolve(PoolStore).put({ name: 'small', description: '', slots: 1, taken: 0, waiting: 0 });
    return new Scripted(stage, world, node);
  }

  /** Another scheduler of the same world. */
  async another(name: string): Promise<SimNode> {
    const jobs = new SimJobs(this.world, new Chance(2), { lostReplies: 0, refusals: 0 }, () => undefined);
    return new SimNode(name, this.world, await this.stage.another(), jobs, testConfig({}));
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
