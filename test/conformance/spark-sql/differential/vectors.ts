import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from '../../../support/root.js';
import { judge } from './judge.js';
import type { SparkAnswer } from './real-spark.js';
import type { Engines } from './run.js';

/** A query with Spark's answer, kept because the engines once differed on it. */
export interface Vector {
  readonly sql: string;
  readonly zone?: string;
  readonly ansi?: boolean;
  readonly schema?: readonly (readonly [string, string])[];
  readonly rows?: readonly (readonly unknown[])[];
  /** Spark's error class, where it answers with an error. */
  readonly error?: string;
  /** The engines still differ: the vector waits and is not asserted. */
  readonly open?: true;
}

const FILE = join(ROOT, 'test/conformance/spark-sql/vectors.json');

export function readVectors(): Vector[] {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Vector[];
}

/** Adds queries to the vectors, with the answers of the Spark at hand, and marks which of all are open. */
export async function keepVectors(
  engines: Engines,
  found: readonly Pick<Vector, 'sql' | 'zone' | 'ansi'>[],
): Promise<Vector[]> {
  const known = readVectors();
  const queries: Vector[] = [...known, ...found.filter(({ sql }) => !known.some((vector) => vector.sql === sql))];
  const vectors: Vector[] = [];
  for (const query of queries) {
    const setting = { zone: query.zone ?? 'UTC', ansi: query.ansi ?? false };
    const answered = query.schema !== undefined || query.error !== undefined;
    const spark: SparkAnswer = answered ? query : await engines.spark.ask(query.sql, setting);
    const verdict = judge(query.sql, await engines.own.ask(query.sql, setting), spark);
    if (verdict === 'unshown') continue;
    const { sql, zone, ansi } = query;
    vectors.push({
      sql,
      ...(zone === undefined || zone === 'UTC' ? {} : { zone }),
      ...(ansi === true ? { ansi } : {}),
      ...(spark.schema ? { schema: spark.schema, rows: spark.rows ?? [] } : { error: spark.error ?? '' }),
      ...(verdict === 'agree' || verdict === 'both refuse' || verdict === 'refused' ? {} : { open: true as const }),
    });
  }
  writeFileSync(FILE, `[\n${vectors.map((vector) => `  ${JSON.stringify(vector)}`).join(',\n')}\n]\n`);
  return vectors;
}
