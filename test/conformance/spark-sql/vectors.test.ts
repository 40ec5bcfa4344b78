import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { judge } from './differential/judge.js';
import { OwnEngine } from './differential/own-engine.js';
import { readVectors } from './differential/vectors.js';

/** Queries on which the engines once differed, with the answers of Spark 4.1.4; made by differential/keep.ts. */
describe('our own vectors of Spark SQL', () => {
  let own: OwnEngine;
  beforeAll(async () => {
    own = await OwnEngine.open();
  });
  afterAll(() => own.close());

  for (const vector of readVectors()) {
    const run = vector.open ? it.skip : it;
    run(`answers as Spark: ${vector.sql.slice(0, 160)}`, async () => {
      const answer = await own.ask(vector.sql, { zone: vector.zone ?? 'UTC', ansi: vector.ansi ?? false });
      expect({ verdict: judge(vector.sql, answer, vector), answer }).toMatchObject({
        verdict: expect.stringMatching(/^(agree|refused|both refuse)$/) as string,
      });
    });
  }
});
