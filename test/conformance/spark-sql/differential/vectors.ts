import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from '../../../support/root.js';
import { judge } from './judge.js';
import type { OwnEngine } from './own-engine.js';
import type { RealSpark, SparkAnswer } from './real-spark.js';

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
  /** Why it stays open. */
  readonly why?: string;
}

const FILE = join(ROOT, 'test/conformance/spark-sql/vectors.json');

export function readVectors(): Vector[] {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Vector[];
}

/** Adds queries to the vectors, with the answers of the Spark at hand (none is needed without new queries), and marks which of all are open. */
export async function keepVectors(
  own: OwnEngine,
  spark: RealSpark | undefined,
  found: readonly Pick<Vector, 'sql' | 'zone' | 'ansi'>[],
): Promise<Vector[]> {
  const known = readVectors();
  const queries: Vector[] = [...known, ...found.filter(({ sql }) => !known.some((vector) => vector.sql === sql))];
  const vectors: Vector[] = [];
  for (const query of queries) {
    const setting = { zone: query.zone ?? 'UTC', ansi: query.ansi ?? false };
    const answered = query.schema !== undefined || query.error !== undefined;
    const answer: SparkAnswer | undefined = answered ? query : await spark?.ask(query.sql, setting);
    if (!answer) throw new Error(`there is no Spark to ask: ${query.sql}`);
    const verdict = judge(query.sql, await own.ask(query.sql, setting), answer);
    if (verdict === 'unshown') continue;
    const { sql, zone, ansi, why } = query;
    vectors.push({
      sql,
      ...(zone === undefined || zone === 'UTC' ? {} : { zone }),
      ...(ansi === true ? { ansi } : {}),
      ...(answer.schema ? { schema: answer.schema, rows: answer.rows ?? [] } : { error: answer.error ?? '' }),
      ...(verdict === 'agree' || verdict === 'both refuse' || verdict === 'refused'
        ? {}
        : { open: true as const, ...(why === undefined ? {} : { why }) }),
    });
  }
  writeFileSync(FILE, `[\n${vectors.map((vector) => `  ${JSON.stringify(vector)}`).join(',\n')}\n]\n`);
  return vectors;
}
