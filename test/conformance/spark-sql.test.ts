import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DuckDBConnection } from '@duckdb/node-api';

import { describeFunctions } from '@sluice/engine-duckdb/sql';

import { compareAnswers } from './spark-sql/compare.js';
import { askOwn, compareExpressions, compareQueries, ownEngine } from './spark-sql/differential.js';
import type { SparkAnswer } from './spark-sql/spark.js';
import { Spark, sparkPython } from './spark-sql/spark.js';

interface Example {
  readonly function: string;
  readonly sql: string;
  readonly off: SparkAnswer;
  readonly on?: SparkAnswer;
  readonly core: boolean;
}

const vectors = fileURLToPath(new URL('../../../shared/spark/functions.json', import.meta.url));
const OFF = { zone: 'UTC', ansi: false };

describe.skipIf(!existsSync(vectors))("Spark's documented examples", () => {
  let connection: DuckDBConnection;
  const examples = existsSync(vectors)
    ? (JSON.parse(readFileSync(vectors, 'utf8')) as { examples: Example[] }).examples
    : [];
  beforeAll(async () => {
    connection = await ownEngine();
  });
  afterAll(() => connection.closeSync());

  test('give the value, type and name of Spark, or are refused by name', async () => {
    const core = examples.filter((example) => example.core);
    const silent: string[] = [];
    const refused: string[] = [];
    for (const example of core) {
      const own = await askOwn(connection, example.sql, OFF);
      const { verdict, names } = compareAnswers(own, example.off, false);
      if (verdict === 'silent' || verdict === 'lenient' || !names)
        silent.push(`${example.sql}: ${JSON.stringify(own)}`);
      if (verdict === 'refused') refused.push(`${example.sql}: ${own.error?.message}`);
    }
    expect(silent).toEqual([]);
    // Seven are refused: see docs/spark-sql.md.
    expect(refused.length / core.length, refused.join('\n')).toBeLessThanOrEqual(0.02);
  });

  test('outside what Sluice claims are refused', async () => {
    const answered: string[] = [];
    for (const example of examples.filter((candidate) => !candidate.core)) {
      const own = await askOwn(connection, example.sql, OFF);
      if (!own.error || !['SQL_UNSUPPORTED', 'SQL_ANALYSIS', 'SQL_SYNTAX'].includes(own.error.reason))
        answered.push(`${example.sql}: ${JSON.stringify(own)}`);
    }
    expect(answered).toEqual([]);
  });

  test('in ANSI mode give what Spark gives there', async () => {
    for (const example of examples) {
      if (!example.on || !example.core) continue;
      const own = await askOwn(connection, example.sql, { zone: 'UTC', ansi: true });
      expect(compareAnswers(own, example.on, false).verdict, example.sql).toMatch(/agree|refuse/);
    }
  });
});

const findings = fileURLToPath(new URL('./spark-sql/findings.json', import.meta.url));

/** Queries on which Sluice once differed from Spark, with Spark's answers. */
describe('queries on which Sluice once differed', () => {
  const examples = JSON.parse(readFileSync(findings, 'utf8')) as {
    sql: string;
    zone: string;
    ansi: boolean;
    answer: SparkAnswer;
  }[];

  test('give what Spark gives', async () => {
    const connection = await ownEngine();
    const wrong: string[] = [];
    for (const { sql, zone, ansi, answer } of examples) {
      const own = await askOwn(connection, sql, { zone, ansi });
      const { verdict } = compareAnswers(own, answer, false);
      if (verdict !== 'agree' && verdict !== 'both refuse')
        wrong.push(`${verdict}: ${sql}\n  own ${JSON.stringify(own)}\n  Spark ${JSON.stringify(answer)}`);
    }
    connection.closeSync();
    expect(wrong).toEqual([]);
  });
});

test('docs/spark-sql.md lists the table of functions as it is', () => {
  const page = readFileSync(fileURLToPath(new URL('../../docs/spark-sql.md', import.meta.url)), 'utf8');
  expect(page.slice(page.indexOf('<!-- prettier-ignore-start -->'))).toBe(describeFunctions());
});

const python = sparkPython();

describe.skipIf(python === undefined)('random SQL beside a real Spark', () => {
  const seed = Number(process.env['SLUICE_SPARK_SEED'] ?? Date.now() % 1_000_000);
  const expressions = Number(process.env['SLUICE_SPARK_EXPRESSIONS'] ?? 1000);
  const queries = Number(process.env['SLUICE_SPARK_QUERIES'] ?? 100);
  let spark: Spark;
  beforeAll(async () => {
    spark = new Spark(python ?? '');
    await spark.ready;
  }, 120_000);
  afterAll(() => spark.stop());

  test(`means the same in expressions (seed ${seed})`, { timeout: 3_600_000 }, async () => {
    const report = await compareExpressions(spark, seed, expressions, OFF);
    expect(report.findings.filter((finding) => finding.verdict === 'silent')).toEqual([]);
    expect(report.counts.agree).toBeGreaterThan(expressions * 0.9);
  });

  test(`means the same in queries (seed ${seed})`, { timeout: 3_600_000 }, async () => {
    const report = await compareQueries(spark, seed, queries, OFF);
    expect(report.findings.filter((finding) => finding.verdict === 'silent')).toEqual([]);
    expect(report.counts.agree).toBeGreaterThan(queries * 0.9);
  });
});
