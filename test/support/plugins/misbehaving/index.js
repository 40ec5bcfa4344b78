// Stops that wait, fail, hang and die, for tests of what contains them.
import { writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { definePlugin, defineStop, named, none, property, single } from '@sluice/plugin-sdk';

const text = (en) => ({ en });
const common = { groups: ['Test'], engines: ['duckdb'], description: text('For tests.') };
const source = { ...common, ports: { in: none, out: single } };
const rows = async function* (count) {
  for (let i = 0; i < count; i++) yield [i];
};
const columns = [{ name: 'n', type: 'int' }];

const wait = defineStop({
  ...source,
  name: 'test.wait',
  title: text('Waits, then gives rows'),
  properties: { ms: property.integer({ default: 1000 }), rows: property.integer({ default: 3 }) },
  async run({ properties, engine, signal, log }) {
    log.info(`waiting ${properties.ms} ms`);
    await delay(properties.ms, undefined, { signal });
    return engine.fromRows(columns, rows(properties.rows));
  },
});

const slow = defineStop({
  ...source,
  name: 'test.slow',
  title: text('Gives rows slowly'),
  properties: { rows: property.integer({ default: 100 }), ms: property.integer({ default: 10 }) },
  run: ({ properties, engine, signal }) =>
    engine.fromRows(
      columns,
      (async function* () {
        for (let i = 0; i < properties.rows; i++) {
          await delay(properties.ms, undefined, { signal });
          yield [i];
        }
      })(),
    ),
});

const die = defineStop({
  ...source,
  name: 'test.die',
  title: text('Ends its process in one of many ways'),
  properties: {
    how: property.enum({ values: ['throw', 'late', 'reject', 'exit', 'kill', 'hang', 'heap'], required: true }),
    once: property.string({}),
  },
  async run({ properties, engine }) {
    if (properties.once !== undefined) {
      // Only the first attempt dies: the file tells later ones.
      const first = await writeFile(properties.once, 'x', { flag: 'wx' }).then(
        () => true,
        () => false,
      );
      if (!first) return engine.fromRows(columns, rows(3));
    }
    if (properties.how === 'throw') throw new Error('this stop always fails');
    if (properties.how === 'late')
      setTimeout(() => {
        throw new Error('thrown where nobody waits');
      }, 1);
    if (properties.how === 'reject') void Promise.reject(new Error('rejected where nobody waits'));
    if (properties.how === 'exit') process.exit(7);
    if (properties.how === 'kill') process.kill(process.pid, 'SIGKILL');
    if (properties.how === 'hang') for (;;);
    if (properties.how === 'heap') {
      const kept = [];
      for (;;) kept.push(new Array(1e6).fill(Math.random()));
    }
    await delay(60_000);
  },
});

const leave = defineStop({
  ...source,
  name: 'test.leave',
  title: text('Leaves traces in its process and tells those that it finds'),
  properties: {},
  run({ engine }) {
    const found = [globalThis.trace ?? 'none', process.env.TRACE ?? 'none', String(process.pid)];
    globalThis.trace = 'global';
    process.env.TRACE = 'environment';
    setInterval(() => undefined, 1000);
    const texts = ['trace', 'env', 'pid'].map((name) => ({ name, type: 'string' }));
    return engine.fromRows(
      texts,
      (async function* () {
        yield found;
      })(),
    );
  },
});

const two = defineStop({
  ...common,
  ports: { in: named('left', 'right'), out: named('a', 'b') },
  name: 'test.two',
  title: text('Passes two inputs to two outputs'),
  properties: {},
  run: ({ inputs }) => ({ a: inputs.get('left'), b: inputs.get('right') }),
});

export default definePlugin({ stops: [wait, slow, die, leave, two] });
