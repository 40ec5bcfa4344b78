import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { Findings } from '../differential/findings.js';
import { RealSpark, sparkAddress } from '../differential/real-spark.js';
import { Random } from '../random.js';
import { nastyCsv, nastyJson } from './nasty-files.js';
import { Readers } from './read-both.js';

/** `main.js --seed N --files 500 [--format csv]`: random files read by both; prints the counts and each difference. */
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    files: { type: 'string', default: '500' },
    format: { type: 'string', default: '' },
  },
});
const address = sparkAddress();
if (!address) throw new Error('there is no Spark: run `deploy/dev/services.sh start spark` and eval its env');
const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
console.log(`seed ${seed}, ${values.files} files`);

const folder = await mkdtemp(join(tmpdir(), 'sluice-files-'));
const spark = await RealSpark.connect(address);
const readers = await Readers.open(folder, spark);
const r = new Random(seed);
for (const [format, make] of [
  ['csv', nastyCsv],
  ['json', nastyJson],
] as const) {
  if (!format.startsWith(values.format)) continue;
  const findings = new Findings();
  for (let i = 0; i < Number(values.files); i++) {
    const file = make(r);
    const { own, spark: theirs } = await readers.read(file);
    findings.add({ sql: JSON.stringify(file), own, spark: theirs, ordered: true });
  }
  console.log(format, JSON.stringify(findings.counts));
  for (const { verdict, sql, own, spark: theirs } of findings.found)
    console.log(`${verdict} ${sql}\n   Spark ${JSON.stringify(theirs)}\n   ours  ${JSON.stringify(own)}`);
}
await readers.close();
spark.stop();
await rm(folder, { recursive: true, force: true });
