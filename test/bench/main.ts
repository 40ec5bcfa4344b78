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
  'hot-plug': () => import('./hot-plug.js'),
  'generation-switch': () => import('./generation-switch.js'),
  'sql-read': () => import('./sql-read.js'),
  'sql-write': () => import('./sql-write.js'),
};

const options = process.argv.slice(2);
const json = options.includes('--json');
const wanted = options.filter((each) => !each.startsWith('--'));
const unknown = wanted.filter((each) => !(each in BENCHES));
if (unknown.length > 0) {
  console.error(`there is no bench ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`);
  process.exit(2);
}
for (const name of wanted.length > 0 ? wanted : Object.keys(BENCHES)) {
  const { bench } = (await BENCHES[name]?.()) ?? {};
  if (bench === undefined) continue;
  if (!json) console.log(`\n${name}: ${bench.about}`);
  for (const figure of await bench.run()) print({ bench: name, ...figure });
}

function print(figure: Figure): void {
  if (json) return console.log(JSON.stringify({ ...figure, met: meets(figure) }));
  const value = `${Number(figure.value.toPrecision(4))} ${figure.unit}`;
  const target = figure.target === '' ? '' : `target ${figure.target}${meets(figure) ? '' : '  NOT MET'}`;
  console.log(`  ${figure.figure.padEnd(44)} ${value.padStart(16)}  ${target}`);
}
