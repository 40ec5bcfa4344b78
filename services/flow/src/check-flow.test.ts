import {
  any,
  defineStop,
  describeStop,
  named,
  none,
  property,
  routed,
  single,
  type PortShape,
  type Properties,
  type StopManifest,
} from '@sluice/plugin-sdk';
import { describe, expect, test } from 'vitest';
import { createGeneration, NO_CAPABILITIES } from '@sluice/kernel';
import { checkFlow, flowError, readFlow, type CheckedFlow } from './index.js';

const manifest = (
  name: string,
  ports: { readonly in: PortShape; readonly out: PortShape },
  properties: Properties = {},
  more: Partial<StopManifest> = {},
): StopManifest => ({
  ...describeStop(
    defineStop({
      name,
      title: { en: name },
      description: { en: name },
      groups: ['Test'],
      ports,
      properties,
      engines: ['duckdb'],
      run: () => undefined,
    }),
  ),
  ...more,
});

const optional = Object.freeze({ kind: 'single', optional: true } as const);

const stops = [
  manifest(
    't.Read',
    { in: none, out: single },
    {
      path: property.path({ required: true, aliases: ['csvPath'] }),
      header: property.boolean({ default: false }),
      options: property.json({}),
      columns: property.columns({ default: [] }),
    },
  ),
  manifest('t.Join', { in: named('Left', 'Right'), out: single }),
  manifest('t.Merge', { in: any, out: single }),
  manifest('t.Fork', { in: single, out: any }, {}, { extraProperties: 'ignore' }),
  manifest('t.Route', { in: single, out: routed }, {}, { customized: { en: 'Conditions by port' } }),
  manifest('t.Save', { in: single, out: none }, { path: property.path({ required: true }) }),
  manifest('t.Parse', { in: optional, out: single }),
  manifest('t.Script', { in: none, out: single }, {}, { aliases: ['numbers/double.py'] }),
  manifest('t.Spark', { in: none, out: single }, {}, { engines: ['spark'] }),
];
const engines = [{ name: 'duckdb', title: { en: 'DuckDB' } }];
const plugin = {
  name: 'p',
  version: '1.0.0',
  digest: 'd',
  folder: '/p',
  entry: '/p/i.js',
  kind: 'stops',
  sdk: '^1',
  uploaded: false,
  capabilities: NO_CAPABILITIES,
  bundles: {},
} as const;
const { generation } = createGeneration([{ plugin, manifest: { stops, engines } }]);

type Wire = readonly [from: string, to: string, outport?: string, inport?: string];

function flowOf(given: Record<string, object>, wires: readonly Wire[], more: object = {}) {
  const { flow, problems } = readFlow({
    name: 'f',
    stops: Object.entries(given).map(([name, stop]) => ({ name, ...stop })),
    paths: wires.map(([from, to, outport = '', inport = '']) => ({ from, to, outport, inport })),
    ...more,
  });
  expect(problems).toEqual([]);
  return flow;
}

const check = (...given: Parameters<typeof flowOf>) => checkFlow(flowOf(...given), generation, {});

function sound(...given: Parameters<typeof flowOf>): CheckedFlow {
  const { checked, problems } = check(...given);
  expect(problems).toEqual([]);
  return checked as CheckedFlow;
}

function faults(...given: Parameters<typeof flowOf>) {
  const { checked, problems } = check(...given);
  expect(checked).toBeUndefined();
  return problems.map(({ reason, stop, message }) => [reason, stop, message]);
}

const read = { bundle: 't.Read', properties: { path: '/a' } };
const save = { bundle: 't.Save', properties: { path: '/b' } };

test('a sound flow gives typed values, defaults, connections and an order', () => {
  const checked = sound(
    { save, merge: { bundle: 'T. merge' }, read: { bundle: 't.Read', properties: { csvPath: '/a', header: 'TRUE' } } },
    [
      ['merge', 'save', 'default'],
      ['read', 'merge', '', 'x'],
      ['read', 'merge', '', 'y'],
    ],
    { runMode: 'debug', checkpoint: 'merge, gone' },
  );
  expect(checked).toMatchObject({
    engine: 'duckdb',
    order: ['read', 'merge', 'save'],
    debug: true,
    checkpoints: ['merge'],
  });
  const byName = Object.fromEntries(checked.stops.map((stop) => [stop.name, stop]));
  expect(byName.read?.properties).toEqual({ path: '/a', header: true, columns: [] });
  expect(byName.read?.outports).toEqual([{ port: '', consumers: 2 }]);
  expect(byName.merge?.inputs).toEqual([
    { port: 'x', from: { stop: 'read', port: '' } },
    { port: 'y', from: { stop: 'read', port: '' } },
  ]);
  expect(byName.save?.inputs).toEqual([{ port: '', from: { stop: 'merge', port: '' } }]);
});

test('all problems are found at once, with stop and property', () => {
  const found = check(
    {
      read: { bundle: 't.Raed' },
      other: { bundle: 't.Read', properties: { header: 'maybe', colums: 'a', options: '${NOWHERE} ${NOR}' } },
      spark: { bundle: 't.Spark' },
      '': { bundle: '' },
      'a/b': { bundle: 't.Fork', customizedProperties: {} },
      merge: { bundle: 't.Merge', customizedProperties: { a: 'b' } },
    },
    [['other', 'gone']],
    { name: '', runMode: 'FAST' },
  ).problems;
  expect(found.map(({ reason, stop, property }) => [reason, stop, property])).toEqual([
    ['FLOW_INVALID', undefined, undefined],
    ['FLOW_INVALID', undefined, undefined],
    ['STOP_TYPE_UNKNOWN', 'read', 'bundle'],
    ['VARIABLE_UNKNOWN', 'other', 'options'],
    ['VARIABLE_UNKNOWN', 'other', 'options'],
    ['PROPERTY_MISSING', 'other', 'path'],
    ['PROPERTY_INVALID', 'other', 'header'],
    ['PROPERTY_UNKNOWN', 'other', 'colums'],
    ['ENGINE_UNSUPPORTED', 'spark', undefined],
    ['STOP_NAME_INVALID', '', undefined],
    ['STOP_TYPE_UNKNOWN', '', 'bundle'],
    ['STOP_NAME_INVALID', 'a/b', undefined],
    ['PROPERTY_UNKNOWN', 'merge', 'a'],
    ['PATH_STOP_UNKNOWN', 'gone', undefined],
    ['PORT_MISSING', 'a/b', undefined],
  ]);
  const messages = found.map(({ message }) => message);
  expect(messages[2]).toBe("stop 'read': no mounted plugin has the stop type 't.Raed'; did you mean 't.Read'?");
  expect(messages[7]).toBe("stop 'other': there is no property 'colums'; did you mean 'columns'?");
  expect(flowError('f', found)).toMatchObject({ reason: 'FLOW_INVALID', problems: found });
  expect(flowError('f', found).message).toMatch(/^the flow 'f' has 15 problems: .*; and 10 more$/);
});

test('a stop of PiFlow that runs a container is refused with the script to name', () => {
  const docker = (script: string) => ({
    bundle: 'cn.piflow.bundle.script.DockerExecute',
    properties: {
      inports: '',
      outports: '',
      ymlContent: `services:\n  a:\n    command: python3 /pythonDir/${script} 3`,
    },
  });
  const remedies = check({ known: docker('double.py'), other: docker('half.py') }, []).problems;
  expect(remedies.map(({ message }) => message.split('without Docker: ')[1])).toEqual([
    "name the script as the bundle, 'numbers/double.py'",
    "upload and mount the zip of its scripts as a plugin, and name the script as the bundle, '<zip>/half.py'",
  ]);
});

test('an empty flow, doubled names and an unknown engine are told', () => {
  expect(faults({}, [])).toEqual([['FLOW_EMPTY', undefined, "the flow 'f' has no stops; add at least one"]]);
  const empty = check({}, []).problems;
  expect(flowError('f', empty)).toMatchObject({ reason: 'FLOW_EMPTY', message: empty[0]?.message });
  const twice = readFlow({
    name: 'f',
    stops: [
      { name: 'a', ...read },
      { name: 'a', ...read },
    ],
  }).flow;
  expect(checkFlow(twice, generation, {}).problems).toMatchObject([{ reason: 'STOP_NAME_DUPLICATE', stop: 'a' }]);
  const [engine] = checkFlow(flowOf({ read }, []), generation, {}, 'flink').problems;
  expect(engine).toMatchObject({
    reason: 'ENGINE_UNSUPPORTED',
    message: "there is no engine 'flink'; mounted are: duckdb",
  });
});

describe('variables', () => {
  const env = { environmentVariable: { '${DIR}': '/data', NAME: 'x', YES: 'true' } };

  test('are put in every text, several in one, in lists and objects, typed afterwards', () => {
    const properties = {
      path: '${DIR}/${NAME}.csv',
      header: '${YES}',
      columns: ['${NAME}1', 'b'],
      options: { a: ['${NAME}', 1], b: { c: '${DIR}' }, literal: '$${NAME} ${a+b} $1' },
    };
    const [stop] = sound({ read: { bundle: 't.Read', properties } }, [], env).stops;
    expect(stop?.properties).toEqual({
      path: '/data/x.csv',
      header: true,
      columns: ['x1', 'b'],
      options: { a: ['x', 1], b: { c: '/data' }, literal: '${NAME} ${a+b} $1' },
    });
  });

  test('given with the run go before those of the flow, and may refer to others', () => {
    const flow = flowOf({ read: { bundle: 't.Read', properties: { path: '${DIR}' } } }, [], env);
    const { checked } = checkFlow(flow, generation, { '${DIR}': '${NAME}' });
    expect(checked?.stops[0]?.properties.path).toBe('x');
    expect(checked?.variables).toEqual({ DIR: '${NAME}', NAME: 'x', YES: 'true' });
  });

  test('that are unknown are told with the nearest name, and their value is not judged', () => {
    const found = faults({ read: { bundle: 't.Read', properties: { path: '/', header: '${YESS}' } } }, [], env);
    expect(found).toEqual([
      [
        'VARIABLE_UNKNOWN',
        'read',
        "stop 'read', property 'header': there is no variable 'YESS'; did you mean 'YES'? (for the text itself write $${YESS})",
      ],
    ]);
  });

  test('reach customized properties', () => {
    const route = { bundle: 't.Route', customizedProperties: { p: "a = '${NAME}'" } };
    const checked = sound({ read, route }, [['read', 'route']], env);
    expect(checked.stops[1]?.customized).toEqual({ p: "a = 'x'" });
  });
});

describe('ports', () => {
  const joined = (one: string, two: string) =>
    check({ a: read, b: read, join: { bundle: 't.Join' } }, [
      ['a', 'join', '', one],
      ['b', 'join', '', two],
    ]);
  const inputs = (one: string, two: string) =>
    joined(one, two).checked?.stops[2]?.inputs.map(({ port, from }) => [port, from.stop]);

  test('a single in port takes a path with any name', () => {
    const checked = sound({ read, save }, [['read', 'save', '', 'data1']]);
    expect(checked.stops[1]?.inputs).toEqual([{ port: '', from: { stop: 'read', port: '' } }]);
  });

  test('an optional in port may stay without a path', () => {
    const parse = { bundle: 't.Parse' };
    expect(sound({ parse }, []).stops[0]?.inputs).toEqual([]);
    expect(sound({ read, parse }, [['read', 'parse']]).stops[1]?.inputs).toHaveLength(1);
  });

  test('names that a stop does not know take its free ports in order', () => {
    expect(inputs('Left', 'Right')).toEqual([
      ['Left', 'a'],
      ['Right', 'b'],
    ]);
    expect(inputs('right', 'left')).toEqual([
      ['Right', 'a'],
      ['Left', 'b'],
    ]);
    expect(inputs('in1', 'in2')).toEqual([
      ['Left', 'a'],
      ['Right', 'b'],
    ]);
    expect(inputs('in1', 'Left')).toEqual([
      ['Right', 'a'],
      ['Left', 'b'],
    ]);
  });

  test('two paths into one port, a port without a path and an unknown port are told', () => {
    const kinds = (one: string, two: string) => joined(one, two).problems.map(({ reason, port }) => [reason, port]);
    expect(kinds('Left', 'Left')).toEqual([
      ['PORT_TAKEN', 'Left'],
      ['PORT_MISSING', 'Right'],
    ]);
    expect(kinds('in1', 'in1')).toEqual([
      ['PORT_TAKEN', 'Left'],
      ['PORT_MISSING', 'Right'],
    ]);
    expect(kinds('', '')).toEqual([
      ['PORT_UNKNOWN', ''],
      ['PORT_UNKNOWN', ''],
    ]);
    expect(
      faults({ a: read, b: read, save }, [
        ['a', 'save'],
        ['b', 'save', '', 'x'],
      ]),
    ).toEqual([
      [
        'PORT_TAKEN',
        'save',
        "the in port of stop 'save' is fed by 'a' -> 'save' and by 'b' -> 'save' (port 'x'); " +
          'one port takes one path: put a Merge before it',
      ],
    ]);
    expect(
      faults({ a: read, b: read, merge: { bundle: 't.Merge' } }, [
        ['a', 'merge'],
        ['b', 'merge'],
      ]),
    ).toEqual([['PORT_TAKEN', 'merge', expect.stringContaining('give each path a port of its own')]]);
    expect(
      faults({ read, save, end: save }, [
        ['read', 'save'],
        ['save', 'end'],
      ]),
    ).toEqual([['PORT_UNKNOWN', 'save', "stop 'save' has no out ports; remove the path"]]);
    expect(faults({ save }, [])).toEqual([
      ['PORT_MISSING', 'save', "stop 'save' gets no rows at its in port; draw a path to it"],
    ]);
    expect(faults({ a: read, b: read }, [['a', 'b']])).toEqual([
      ['PORT_UNKNOWN', 'b', "stop 'b' has no in ports; remove the path"],
    ]);
    expect(faults({ read, save }, [['read', 'save', 'out1']])).toMatchObject([
      ['PORT_UNKNOWN', 'read', "stop 'read' has no out port 'out1' to connect; it has the default port"],
    ]);
  });

  test('a Route has its customized ports and the default one, a Fork those of the paths', () => {
    const route = { bundle: 't.Route', customizedProperties: { p1: 'a', p2: 'b' } };
    const fork = { bundle: 't.Fork', properties: { outports: ['x', 'y'] } };
    const flow = { read, route, fork, a: save, b: save, c: save };
    const wires: Wire[] = [
      ['read', 'route'],
      ['route', 'a', 'p1'],
      ['route', 'fork'],
      ['fork', 'b', 'x'],
      ['fork', 'c', 'x'],
    ];
    const checked = sound(flow, wires);
    expect(checked.stops[1]?.outports).toEqual([
      { port: 'p1', consumers: 1 },
      { port: '', consumers: 1 },
    ]);
    expect(checked.stops[2]?.outports).toEqual([{ port: 'x', consumers: 2 }]);
    expect(
      faults({ read, route, save }, [
        ['read', 'route'],
        ['route', 'save', 'p3'],
      ]),
    ).toMatchObject([
      ['PORT_UNKNOWN', 'route', "stop 'route' has no out port 'p3' to connect; it has the default port, 'p1', 'p2'"],
    ]);
  });
});

test('a port name that is no name of a folder is refused', () => {
  const wires: Wire[] = [
    ['read', 'fork'],
    ['fork', 'merge', '../up', 'in'],
  ];
  const found = faults({ read, fork: { bundle: 't.Fork' }, merge: { bundle: 't.Merge' } }, wires);
  expect(found).toEqual([['PORT_UNKNOWN', undefined, expect.stringContaining("must not have '/'")]]);
});

test('each cycle is told with its stops in the direction of the paths', () => {
  const m = { bundle: 't.Merge' };
  const wires: Wire[] = [
    ['a', 'b'],
    ['b', 'c'],
    ['c', 'a'],
    ['c', 'd'],
    ['e', 'e'],
  ];
  const found = check({ a: m, b: m, c: m, d: m, e: m }, wires).problems;
  expect(found).toHaveLength(2);
  expect(found[0]?.message).toMatch(/^stops feed each other in a cycle: .*'a' -> 'b'/);
  expect(found[1]).toEqual({
    reason: 'FLOW_CYCLE',
    message: "stops feed each other in a cycle: 'e' -> 'e'; remove a path",
  });
});

test('a flow that is nothing but faults is told in little time', () => {
  const names = Array.from({ length: 5000 }, (_, index) => `${'long name '.repeat(15)}${index}`);
  const flow = flowOf(
    Object.fromEntries(names.map((name) => [name, { bundle: `no.such.Stop${name}`, properties: { a: '${nothing}' } }])),
    names.map((name): Wire => [`${name}x`, `${name}y`]),
    { environmentVariable: Object.fromEntries(names.map((name) => [name, ''])) },
  );
  const began = process.cpuUsage();
  expect(checkFlow(flow, generation, {}).problems).toHaveLength(15_000);
  expect(process.cpuUsage(began).user).toBeLessThan(1_000_000); // µs of work, whatever else the machine does
});

test('ten thousand stops in a row are checked in little time', () => {
  const names = Array.from({ length: 10_000 }, (_, index) => `s${index}`);
  const flow = flowOf(
    Object.fromEntries(names.map((name, index) => [name, index === 0 ? read : { bundle: 't.Fork' }])),
    names.slice(1).map((name, index): Wire => [names[index] ?? '', name]),
  );
  const began = process.cpuUsage();
  expect(checkFlow(flow, generation, {}).checked?.order).toHaveLength(10_000);
  expect(process.cpuUsage(began).user).toBeLessThan(1_000_000); // µs of work, whatever else the machine does
});
