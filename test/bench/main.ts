import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { meets, type Bench, type Figure } from './figure.js';

/** Benches by name; a bench's module is loaded when it runs. */
const BENCHES: Readonly<Record<string, () => Promise<{ readonly bench: Bench }>>> = {
  fused: () => import('./fused.js'),
  'first-stop': () => import('./first-stop.js'),
  throughput: () => import('./throughput.js'),
  chain: () => import('./chain.js'),
  'js-rows': () => import('./js-rows.js'),
  list: () => import('./list.js'),
  idle: () => import('./idle.js'),
  ticks: () => import('./ticks.js'),
  simulation: () => import('./simulation.js'),
  'sql-translate': () => import('./sql-translate.js'),
  'sql-cost': () => import('./sql-cost.js'),
  next: () => import('./next.js'),
  'plugin-mount': () => import('./plugin-mount.js'),
  'plugin-dev': () => import('./plugin-dev.js'),
  'hot-plug': () => import('./hot-plug.js'),
  'generation-switch': () => import('./generation-switch.js'),
  'sql-read': () => import('./sql-read.js'),
  'sql-write': () => import('./sql-write.js'),
};
/** How this file tells itself that it is the process of one bench. */
const ALONE = '--alone';

const options = process.argv.slice(2);
const json = options.includes('--json');
const wanted = options.filter((each) => !each.startsWith('--'));
const unknown = wanted.filter((each) => !(each in BENCHES));
if (unknown.length > 0) {
  console.error(`there is no bench ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`);
  process.exit(2);
}
if (options.includes(ALONE)) await measure(wanted[0] ?? '');
else {
  // Each in a process of its own: none measures the memory of another, and one that is killed is told of.
  for (const name of wanted.length > 0 ? wanted : Object.keys(BENCHES)) {
    const failure = await inProcess(name);
    if (failure === '') continue;
    console.error(`the bench ${name} ended without its figures: ${failure}`);
    process.exitCode = 1;
  }
}

/** Runs a bench in this process and prints its figures. */
async function measure(name: string): Promise<void> {
  const { bench } = (await BENCHES[name]?.()) ?? {};
  if (bench === undefined) return;
  if (!json) console.log(`\n${name}: ${bench.about}`);
  for (const figure of await bench.run()) print({ bench: name, ...figure });
}

/** Runs a bench in a process of its own; gives what went wrong, empty when nothing did. */
function inProcess(name: string): Promise<string> {
  const child = spawn(
    process.execPath,
    [...process.execArgv, fileURLToPath(import.meta.url), name, ALONE, ...(json ? ['--json'] : [])],
    { stdio: 'inherit' },
  );
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void child.kill(signal));
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => {
      if (signal === 'SIGKILL') resolve('its process was killed; see whether the machine ran out of memory');
      else if (signal !== null) resolve(`its process was ended by ${signal}`);
      else if (code === 13) resolve('it waited for something that never came');
      else resolve(code === 0 ? '' : `its process ended with code ${code}`);
    });
  });
}

function print(figure: Figure): void {
  if (json) return console.log(JSON.stringify({ ...figure, met: meets(figure) }));
  const value = `${Number(figure.value.toPrecision(4))} ${figure.unit}`;
  const target = figure.target === '' ? '' : `target ${figure.target}${meets(figure) ? '' : '  NOT MET'}`;
  console.log(`  ${figure.figure.padEnd(44)} ${value.padStart(16)}  ${target}`);
}
