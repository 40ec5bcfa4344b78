import { pino } from 'pino';
import { Registry } from 'prom-client';
import { container, type InjectionToken } from 'tsyringe';
import { SluiceError, Vault, type Config, type Database, type Knex } from '@sluice/chassis';
import { Engine } from '../engine/engine.js';
import { RunWatch } from '../engine/run-watch.js';
import { Starter } from '../engine/starter.js';
import type { Runs } from '../jobs/flow-job.js';
import { JobTypes, type JobType } from '../jobs/job-type.js';
import { registerParts } from '../parts.js';
import { Definitions } from '../schedules/definitions.js';
import { Schedules } from '../schedules/schedule.service.js';
import { ScheduleStore } from '../schedules/schedule.store.js';
import * as token from '../tokens.js';
import { WorldClock, type World } from './world.js';

/** One scheduler of a world, over the real store: it may die at any commit, and lose its database for a while. */
export class SimNode {
  readonly clock: WorldClock;
  private readonly registry = new Registry();
  readonly engine: Engine;
  readonly starter: Starter;
  readonly schedules: Schedules;
  readonly store: ScheduleStore;
  /** Gives any other part of it. */
  readonly resolve: <T>(part: InjectionToken<T>) => T;
  /** Whether the database is away for it. */
  isCutOff = false;
  /** Whether it dies right after its next commit, before it hears of it. */
  diesAfterCommit = false;

  constructor(
    readonly name: string,
    world: World,
    database: Database,
    job: JobType,
    config: Config,
  ) {
    this.clock = new WorldClock(world);
    const scope = container.createChildContainer();
    const log = pino({ level: process.env['SIMULATION_LOG'] ?? 'silent' }).child({ node: name });
    scope.register(token.CONFIG, { useValue: config }).register(token.LOG, { useValue: log });
    scope.register(token.DATABASE, { useValue: this.through(database) });
    scope.register(token.OUTBOX, { useValue: { add: () => Promise.resolve(), wake: () => undefined } });
    scope.register(token.METRICS, { useValue: this.registry }).register(token.CLOCK, { useValue: this.clock });
    scope.register(token.NODE, { useValue: name }).register(token.JOBS, { useValue: new JobTypes().add(job) });
    scope.register(token.VAULT, { useValue: new Vault([]) });
    scope.registerInstance(Definitions, new Definitions('UTC'));
    registerParts(scope);
    this.engine = scope.resolve(Engine);
    this.starter = scope.resolve(Starter);
    this.schedules = scope.resolve(Schedules);
    this.store = scope.resolve(ScheduleStore);
    this.resolve = (part) => scope.resolve(part);
    // The chores that ask execution have nobody to ask here, but the one that looks runs up by their job.
    const [ends] = scope.resolve(RunWatch).chores({} as Runs);
    if (ends !== undefined) this.engine.add({ ...ends, everyMs: config.scheduling.sweepMs });
  }

  /** The sum of what it has counted under a name. */
  async metric(name: string): Promise<number> {
    const { values = [] } = (await this.registry.getSingleMetric(name)?.get()) ?? {};
    return values.reduce((sum, { value }) => sum + value, 0);
  }

  get isDead(): boolean {
    return this.clock.isDead;
  }

  /** Dies as by `kill -9`: nothing that it began goes on. */
  die(): void {
    this.clock.isDead = true;
  }

  /** The database as this scheduler sees it. */
  private through(database: Database): Database {
    const never = new Promise<never>(() => undefined);
    const isAway = (): boolean => this.isCutOff;
    const away = (): SluiceError => new SluiceError('DATABASE_UNAVAILABLE', 'the database is away');
    const isDead = (): boolean => this.isDead;
    const commit = (): boolean => {
      if (this.diesAfterCommit) this.die();
      return this.isDead;
    };
    return {
      dialect: database.dialect,
      get knex(): Knex {
        if (isAway() || isDead()) throw away();
        return database.knex;
      },
      async transaction(work) {
        if (isDead()) return never;
        if (isAway()) throw away();
        const result = await database.transaction(work);
        return commit() ? never : result;
      },
    };
  }
}
