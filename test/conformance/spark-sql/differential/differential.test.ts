import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Calls } from './calls.js';
import { claimedFunctions } from './claimed.js';
import type { Findings } from './findings.js';
import { OwnEngine } from './own-engine.js';
import { RealSpark, sparkAddress } from './real-spark.js';
import { compareExpressions, compareQueries, type Engines } from './run.js';

const address = sparkAddress();
/** A fixed seed keeps a run the same; main.js looks for what is new. */
const seed = Number(process.env['SLUICE_TEST_SEED'] ?? 20_261_121);
// .ci/run asks for a Spark, so that its absence is a failure there.
const required = process.env['SLUICE_TEST_REQUIRE_SPARK'] !== undefined;
const UTC = { zone: 'UTC', ansi: false };
const MINUTES = 60_000;

describe.skipIf(!address && !required)(`random Spark SQL, seed ${seed} (needs deploy/dev/services.sh spark)`, () => {
  let engines: Engines;
  beforeAll(async () => {
    if (!address) throw new Error('there is no Spark: run `deploy/dev/services.sh start spark` and eval its env');
    engines = { own: await OwnEngine.open(), spark: await RealSpark.connect(address) };
  }, MINUTES);
  afterAll(() => {
    engines.spark.stop();
    engines.own.close();
  });

  /** What a reader needs to see of a difference. */
  const differences = (findings: Findings): unknown[] =>
    findings.found
      .filter(({ verdict }) => verdict === 'silent')
      .map(({ sql, own, spark }) => ({ sql, ours: own.rows ?? own.error, spark: spark.rows }));

  it('gives 1,000 expressions the value, type and name that Spark gives them', { timeout: 15 * MINUTES }, async () => {
    const calls = new Calls(await claimedFunctions());
    const findings = await compareExpressions(engines, calls, seed, 1000, UTC);
    expect(differences(findings)).toEqual([]);
    expect(findings.counts.agree).toBeGreaterThan(500);
  });

  it('answers 100 queries as Spark', { timeout: 5 * MINUTES }, async () => {
    const findings = await compareQueries(engines, seed, 100, UTC);
    expect(differences(findings)).toEqual([]);
    expect(findings.counts.agree).toBeGreaterThan(50);
  });
});
