import 'reflect-metadata';
import type { Config, Database } from '@sluice/chassis';
import { ScheduleSpec } from '@sluice/proto/scheduling/v1/schedule';
import type { JobRun } from '../jobs/job-type.js';
import { toTickRecord, type TickRow } from '../ticks/tick-record.js';
import { check, type SimReport } from './sim-check.js';
import { SimJobs } from './sim-jobs.js';
import { SimNode } from './sim-node.js';
import { randomSpec } from './sim-specs.js';
import { Chance, World } from './world.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What is simulated. */
export interface SimOptions {
  readonly seed: number;
  readonly schedules: number;
  readonly days: number;
  readonly schedulers: number;
  /** An empty database with the scheduling service's tables. */
  readonly database: Database;
  readonly config: Config;
  /** Where time begins; default 2026-03-01, so that clocks change in America and Europe within 30 days. */
  readonly startMs?: number;
}

/**
 * Runs schedulers over the real store in a world whose time is its own, with deaths, lost databases, jumps of clocks and
 * lost or late news, all from one seed. Then it lets them come to rest and compares what is stored with what had to be.
 */
export async function simulate(options: SimOptions): Promise<SimReport> {
  const { database, config, seed } = options;
  const startMs = options.startMs ?? Date.UTC(2026, 2, 1);
  const endMs = startMs + options.days * DAY;
  // One for each of what happens by chance, so that a change of one leaves the others as they were.
  const [specChance, faultChance, runChance, newsChance] = [1, 2, 3, 4].map((part) => new Chance(seed * 8 + part)) as [
    Chance,
    Chance,
    Chance,
    Chance,
  ];
  const world = new World(startMs, database.knex);
  const nodes: SimNode[] = [];
  const alive = (): SimNode[] => nodes.filter((node) => !node.isDead);
  const tell = (run: JobRun): void => {
    // An end may be told late, or never: then a sweep has to find it.
    if (newsChance.next() < 0.1) return;
    const late = newsChance.next() < 0.2 ? newsChance.between(1, 10) * MINUTE : newsChance.between(5, 500);
    world.at(world.now + late, () => {
      const [node] = alive();
      node?.starter.runEnded(run.runId, run).then(
        () => node.engine.wakeWaiting(),
        () => undefined, // the database is away for it: the sweep is left
      );
    });
  };
  const jobs = new SimJobs(world, runChance, { lostReplies: 0.01, refusals: 0.02 }, tell);
  let born = 0;
  const add = (): SimNode => {
    const node = new SimNode(`n${(born += 1)}`, world, database, jobs, config);
    nodes.push(node);
    node.engine.start();
    return node;
  };
  for (let i = 0; i < options.schedulers; i++) add();
  await world.rest();

  const specs = new Map<string, ScheduleSpec>();
  const maker = nodes[0] as SimNode;
  for (let i = 0; i < options.schedules; i++) {
    const spec = randomSpec(specChance, i, startMs);
    const fingerprint = ScheduleSpec.encode(spec).finish();
    const record = await maker.schedules.create(spec, false, '', fingerprint, `schedule_${i}`);
    specs.set(record.id, spec);
  }

  const faults = { deaths: 0, pauses: 0, jumps: 0 };
  const trouble = (): void => {
    if (world.now > endMs - DAY) return;
    const [first] = alive();
    if (first === undefined) {
      world.at(world.now + HOUR, trouble);
      return;
    }
    const node = faultChance.pick(alive());
    const what = faultChance.next();
    if (what < 0.35) {
      faults.deaths += 1;
      // At once, or after a commit that it will never hear of.
      if (faultChance.next() < 0.5) node.die();
      else node.diesAfterCommit = true;
      world.at(world.now + faultChance.between(1, 30) * MINUTE, () => void add());
    } else if (what < 0.65) {
      faults.pauses += 1;
      // For one scheduler, or for all.
      const cut = faultChance.next() < 0.5 ? alive() : [node];
      for (const each of cut) each.isCutOff = true;
      world.at(world.now + faultChance.between(10, 20 * 60) * 1000, () =>
        cut.forEach((each) => (each.isCutOff = false)),
      );
    } else {
      faults.jumps += 1;
      node.clock.offsetMs += faultChance.pick([-2 * HOUR, -10 * MINUTE, 5 * MINUTE, 3 * HOUR]);
      world.at(world.now + faultChance.between(5, 90) * MINUTE, () => (node.clock.offsetMs = 0));
    }
    world.at(world.now + faultChance.between(2, 12) * HOUR, trouble);
  };
  world.at(startMs + HOUR, trouble);
  // In the last day nothing more goes wrong, so that everything can come to rest.
  await world.run(endMs - DAY);
  for (const node of nodes) {
    node.isCutOff = false;
    node.diesAfterCommit = false;
    node.clock.offsetMs = 0;
  }
  const troubled = world.now;
  if (alive().length === 0) add();
  await world.run(endMs);
  const rows = (await database.knex<TickRow>('scheduling_ticks')) as TickRow[];
  const report = check({ ticks: rows.map(toTickRecord), specs, jobs, fromMs: startMs, untilMs: endMs - HOUR });
  for (const node of alive()) node.die();
  return { ...report, seed, faults, troubled };
}
