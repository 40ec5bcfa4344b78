import { readFileSync } from 'node:fs';

import { OwnEngine } from './own-engine.js';
import { RealSpark, sparkAddress } from './real-spark.js';
import { keepVectors } from './vectors.js';

/**
 * `keep.js [FILE...]`: the queries of files that main.js --out wrote become vectors; without files, refreshes marks. Run
 * `npx prettier --write` on vectors.json after it.
 */
const address = sparkAddress();
const own = await OwnEngine.open();
const spark = address ? await RealSpark.connect(address) : undefined;
const found = process.argv.slice(2).flatMap((file) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { sql: string; zone?: string; ansi?: boolean }),
);
// A query that no one can read is no vector; the generator finds its cause again in a smaller one.
const vectors = await keepVectors(
  own,
  spark,
  found.filter(({ sql }) => sql.length < 1500),
);
console.log(`${vectors.length} vectors, ${vectors.filter((vector) => vector.open).length} of them open`);
spark?.stop();
own.close();
