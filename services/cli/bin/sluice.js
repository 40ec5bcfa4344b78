#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) {
  const { run } = await import(main.href);
  await run(process.argv);
} else {
  console.error('sluice is not built yet: run `npm ci` (or `npm run build`) in the folder of Sluice first');
  process.exitCode = 70;
}
