import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Findings } from '../differential/findings.js';
import { RealSpark, sparkAddress } from '../differential/real-spark.js';
import { Random } from '../random.js';
import { nastyJson } from './nasty-files.js';
import { Readers } from './read-both.js';

const address = sparkAddress();
const seed = Number(process.env['SLUICE_TEST_SEED'] ?? 6202);
const required = process.env['SLUICE_TEST_REQUIRE_SPARK'] !== undefined;

describe.skipIf(!address && !required)(`random files, seed ${seed} (needs deploy/dev/services.sh spark)`, () => {
  let folder: string;
  let spark: RealSpark;
  let readers: Readers;
  beforeAll(async () => {
    if (!address) throw new Error('there is no Spark: run `deploy/dev/services.sh start spark` and eval its env');
    folder = await mkdtemp(join(tmpdir(), 'sluice-files-'));
    spark = await RealSpark.connect(address);
    readers = await Readers.open(folder, spark);
  }, 60_000);
  afterAll(async () => {
    await readers.close();
    spark.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('gives 40 files of JSON the columns and values that Spark gives them', { timeout: 120_000 }, async () => {
    const findings = new Findings();
    const r = new Random(seed);
    for (let i = 0; i < 40; i++) {
      const file = nastyJson(r);
      const answers = await readers.read(file);
      findings.add({ sql: JSON.stringify(file), ...answers, ordered: true });
    }
    expect(findings.found.filter(({ verdict }) => verdict === 'silent')).toEqual([]);
    expect(findings.counts.agree).toBeGreaterThan(20);
  });
});
