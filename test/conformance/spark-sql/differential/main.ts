import { appendFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { Calls } from './calls.js';
import { claimedFunctions } from './claimed.js';
import type { Findings } from './findings.js';
import { OwnEngine } from './own-engine.js';
import { RealSpark, sparkAddress } from './real-spark.js';
import { compareExpressions, compareQueries } from './run.js';
import { shrink, withUsedColumns } from './shrink.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    expressions: { type: 'string', default: '20000' },
    queries: { type: 'string', default: '2000' },
    zone: { type: 'string', default: 'UTC' },
    ansi: { type: 'boolean', default: false },
    interpreted: { type: 'boolean', default: false },
    shrink: { type: 'string', default: '60' },
    out: { type: 'string' },
  },
});

const address = sparkAddress();
if (!address) throw new Error('there is no Spark: run `deploy/dev/services.sh start spark` and eval its env');
const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
const setting = { zone: values.zone, ansi: values.ansi, interpreted: values.interpreted };
console.log(
  `seed ${seed}, ${values.expressions} expressions, ${values.queries} queries, zone ${values.zone}, ANSI ${values.ansi ? 'on' : 'off'}`,
);

const GRAVITY = ['silent', 'fault', 'lenient'];
const engines = { own: await OwnEngine.open(), spark: await RealSpark.connect(address) };
const claimed = await claimedFunctions();
const calls = new Calls(claimed);
const answered = new Set<string>();
if (values.out !== undefined) writeFileSync(values.out, '');
for (const [what, count, compare] of [
  [
    'expressions',
    Number(values.expressions),
    () => compareExpressions(engines, calls, seed, Number(values.expressions), setting),
  ],
  ['queries', Number(values.queries), () => compareQueries(engines, seed, Number(values.queries), setting)],
] as const) {
  if (count === 0) continue;
  const started = Date.now();
  await report(what, await compare());
  console.log(`${what}: ${((Date.now() - started) / 1000).toFixed(1)} s`);
}
// A function that never gave a value on which both agree was not tried, whatever the counts say.
const silent = claimed.filter((row) => !row.names.some((name) => answered.has(name.toLowerCase())));
console.log(`functions without an answer to compare: ${silent.map((row) => row.names[0]).join(', ') || 'none'}`);

/** Prints the counts and each difference, shrunk. */
async function report(what: string, findings: Findings): Promise<void> {
  console.log(what, JSON.stringify(findings.counts));
  for (const name of findings.answered.keys()) answered.add(name);
  for (const [reason, times] of [...findings.refusals].sort((a, b) => b[1] - a[1]).slice(0, 15)) {
    console.log(`  refused ${times} times: ${reason}`);
  }
  const gravest = [...findings.found].sort((a, b) => GRAVITY.indexOf(a.verdict) - GRAVITY.indexOf(b.verdict));
  for (const [n, finding] of gravest.entries()) {
    const { verdict, sql, own, spark } =
      n < Number(values.shrink) ? await shrink(engines, finding, setting) : withUsedColumns(finding);
    const line = JSON.stringify({ verdict, sql, zone: values.zone, ansi: values.ansi, spark, own });
    if (values.out === undefined) console.log(line);
    else appendFileSync(values.out, `${line}\n`);
  }
}

engines.spark.stop();
engines.own.close();
