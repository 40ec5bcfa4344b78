import { randomExpression } from '../expressions.js';
import { randomQuery } from '../queries.js';
import { Random } from '../random.js';
import type { Calls } from './calls.js';
import { Findings } from './findings.js';
import { NestedQueries } from './nested-queries.js';
import type { OwnEngine } from './own-engine.js';
import type { RealSpark, Setting } from './real-spark.js';
import { fromClause, NAMES, randomRows, TABLE } from './table.js';

export interface Engines {
  readonly own: OwnEngine;
  readonly spark: RealSpark;
}

const BATCH = 40;

/** Compares random expressions: scalars, aggregates of all rows and of groups, and windows, each over random tables. */
export async function compareExpressions(
  engines: Engines,
  calls: Calls,
  seed: number,
  count: number,
  setting: Setting,
): Promise<Findings> {
  const r = new Random(seed);
  const findings = new Findings();
  for (let done = 0; done < count; done += BATCH) {
    const rows = randomRows(r, 1 + r.below(6));
    const kind = r.pick([
      'calls',
      'calls',
      'calls',
      'mixed',
      'mixed',
      'aggregates',
      'aggregates',
      'groups',
      'windows',
      'windows',
    ] as const);
    const overs = Array.from({ length: 3 }, () => calls.over(r));
    const make = {
      calls: () => calls.scalar(r),
      mixed: () => randomExpression(r),
      aggregates: () => calls.aggregate(r),
      groups: () => calls.aggregate(r),
      windows: () => calls.window(r, overs),
    }[kind];
    const items = Array.from({ length: Math.min(BATCH, count - done) }, make);
    const tail = kind === 'groups' ? `GROUP BY ${r.pick(['b', 'ti', 'k % 2', 's'])}` : '';
    await compareItems(engines, { items, rows, empty: r.chance(0.06), tail }, setting, findings);
  }
  return findings;
}

export interface Batch {
  readonly items: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly empty: boolean;
  readonly tail: string;
}

export async function compareItems(
  { own, spark }: Engines,
  batch: Batch,
  setting: Setting,
  findings: Findings,
): Promise<void> {
  const { items, rows, tail } = batch;
  const from = fromClause(rows, NAMES, batch.empty);
  const refused = own.refusals({ items, from, tail, ...setting }, TABLE);
  // What is refused by name is not asked of Spark.
  const asked = items.filter((_, i) => refused.get(i)?.error?.reason !== 'SQL_UNSUPPORTED');
  const run = items.filter((_, i) => !refused.has(i));
  const [theirs, ours] = await Promise.all([
    spark.askItems({ items: asked, from, tail, ...setting }),
    own.askItems({ items: run, from, tail, ...setting }),
  ]);
  let nextSpark = 0;
  let nextOwn = 0;
  for (const [i, text] of items.entries()) {
    const refusal = refused.get(i);
    const answer = refusal?.error?.reason === 'SQL_UNSUPPORTED' ? {} : (theirs[nextSpark++] ?? {});
    findings.add({
      sql: `SELECT ${text} FROM ${from} ${tail}`.trim(),
      own: refusal ?? ours[nextOwn++] ?? {},
      spark: answer,
      ...(batch.empty ? {} : { item: { text, rows, tail } }),
    });
  }
}

/** Compares random queries over random tables. */
export async function compareQueries(
  { own, spark }: Engines,
  seed: number,
  count: number,
  setting: Setting,
): Promise<Findings> {
  const r = new Random(seed);
  const findings = new Findings();
  for (let done = 0; done < count; done++) {
    const { sql, ordered } = r.chance(0.25) ? randomQuery(r) : new NestedQueries(r).query();
    const [ours, theirs] = await Promise.all([own.ask(sql, setting), spark.ask(sql, setting)]);
    findings.add({ sql, own: ours, spark: theirs, ordered: ordered === true });
  }
  return findings;
}
