import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { describeFunctions } from '@sluice/engine-duckdb/sql';

import { compareAnswers } from './spark-sql/compare.js';
import { OwnEngine } from './spark-sql/differential/own-engine.js';
import type { SparkAnswer } from './spark-sql/differential/real-spark.js';

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
  let own: OwnEngine;
  const examples = existsSync(vectors)
    ? (JSON.parse(readFileSync(vectors, 'utf8')) as { examples: Example[] }).examples
    : [];
  beforeAll(async () => {
    own = await OwnEngine.open();
  });
  afterAll(() => own.close());

  test('give the value, type and name of Spark, or are refused by name', async () => {
    const core = examples.filter((example) => example.core);
    const silent: string[] = [];
    const refused: string[] = [];
    for (const example of core) {
      const answer = await own.ask(example.sql, OFF);
      const { verdict, names } = compareAnswers(answer, example.off, false);
      if (verdict === 'silent' || verdict === 'lenient' || !names)
        silent.push(`${example.sql}: ${JSON.stringify(answer)}`);
      if (verdict === 'refused') refused.push(`${example.sql}: ${answer.error?.message}`);
    }
    expect(silent).toEqual([]);
    // Seven are refused: see docs/spark-sql.md.
    expect(refused.length / core.length, refused.join('\n')).toBeLessThanOrEqual(0.02);
  });

  test('outside what Sluice claims are refused', async () => {
    const answered: string[] = [];
    for (const example of examples.filter((candidate) => !candidate.core)) {
      const answer = await own.ask(example.sql, OFF);
      if (!answer.error || !['SQL_UNSUPPORTED', 'SQL_ANALYSIS', 'SQL_SYNTAX'].includes(answer.error.reason))
        answered.push(`${example.sql}: ${JSON.stringify(answer)}`);
    }
    expect(answered).toEqual([]);
  });

  test('in ANSI mode give what Spark gives there', async () => {
    for (const example of examples) {
      if (!example.on || !example.core) continue;
      const answer = await own.ask(example.sql, { zone: 'UTC', ansi: true });
      expect(compareAnswers(answer, example.on, false).verdict, example.sql).toMatch(/agree|refuse/);
    }
  });
});

test('docs/spark-sql.md lists the table of functions as it is', () => {
  const page = readFileSync(fileURLToPath(new URL('../../docs/spark-sql.md', import.meta.url)), 'utf8');
  expect(page.slice(page.indexOf('<!-- prettier-ignore-start -->'))).toBe(describeFunctions());
});
