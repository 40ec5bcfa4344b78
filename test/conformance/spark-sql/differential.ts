import { answerLine, prepareInstance } from '@sluice/engine-duckdb/sql';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

import { compareAnswers, type OwnAnswer, type Verdict } from './compare.js';
import { randomExpression } from './expressions.js';
import { randomQuery } from './queries.js';
import { Random } from './random.js';
import type { Spark, SparkAnswer } from './spark.js';
import { randomTable } from './tables.js';

/** One query on which the two engines do not say the same. */
export interface Finding {
  readonly verdict: Verdict;
  readonly sql: string;
  readonly own: OwnAnswer;
  readonly spark: SparkAnswer;
}
export interface Report {
  readonly counts: Readonly<Record<Verdict | 'names', number>>;
  readonly findings: readonly Finding[];
}
export interface Setting {
  readonly zone: string;
  readonly ansi: boolean;
}

/** Our own engine, without a platform. */
export async function ownEngine(): Promise<DuckDBConnection> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await prepareInstance(connection);
  return connection;
}

export async function askOwn(connection: DuckDBConnection, sql: string, setting: Setting): Promise<OwnAnswer> {
  return JSON.parse(await answerLine(connection, JSON.stringify({ sql, ...setting }), [])) as OwnAnswer;
}

const BATCH = 12;

/** Compares random expressions, several to a table; a batch that Spark refuses is asked again one by one. */
export async function compareExpressions(spark: Spark, seed: number, count: number, setting: Setting): Promise<Report> {
  const connection = await ownEngine();
  const random = new Random(seed);
  const report = new Recorder();
  const pending: Promise<void>[] = [];
  for (let done = 0; done < count; done += BATCH) {
    const from = randomTable(random, 1 + random.below(5));
    const expressions = Array.from({ length: Math.min(BATCH, count - done) }, () => randomExpression(random));
    pending.push(compareBatch(spark, connection, from, expressions, setting, report));
    if (pending.length >= 8) await pending.shift();
  }
  await Promise.all(pending);
  connection.closeSync();
  return report.report();
}

async function compareBatch(
  spark: Spark,
  connection: DuckDBConnection,
  from: string,
  expressions: readonly string[],
  setting: Setting,
  report: Recorder,
): Promise<void> {
  const whole = await spark.ask(`SELECT ${expressions.join(', ')} FROM ${from}`, setting.zone, setting.ansi);
  for (const [i, text] of expressions.entries()) {
    const sql = `SELECT ${text} FROM ${from}`;
    const theirs =
      whole.error === undefined
        ? { schema: whole.schema?.slice(i, i + 1) ?? [], rows: (whole.rows ?? []).map((row) => [row[i]]) }
        : await spark.ask(sql, setting.zone, setting.ansi);
    report.add(sql, await askOwn(connection, sql, setting), theirs, true);
  }
}

/** Compares random queries over random tables. */
export async function compareQueries(spark: Spark, seed: number, count: number, setting: Setting): Promise<Report> {
  const connection = await ownEngine();
  const random = new Random(seed);
  const report = new Recorder();
  for (let done = 0; done < count; done++) {
    const { sql, ordered } = randomQuery(random);
    const [own, theirs] = await Promise.all([
      askOwn(connection, sql, setting),
      spark.ask(sql, setting.zone, setting.ansi),
    ]);
    report.add(sql, own, theirs, ordered);
  }
  connection.closeSync();
  return report.report();
}

class Recorder {
  readonly #counts = { agree: 0, refused: 0, 'both refuse': 0, lenient: 0, silent: 0, names: 0 };
  readonly #findings: Finding[] = [];

  add(sql: string, own: OwnAnswer, spark: SparkAnswer, ordered: boolean): void {
    const { verdict, names } = compareAnswers(own, spark, ordered);
    this.#counts[verdict] += 1;
    if (!names) this.#counts.names += 1;
    if ((verdict !== 'agree' && verdict !== 'both refuse') || !names) this.#findings.push({ verdict, sql, own, spark });
  }

  report(): Report {
    return { counts: this.#counts, findings: this.#findings };
  }
}
