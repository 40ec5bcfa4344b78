import { describe, expect, test } from 'vitest';
import { checkFlow, flowError, readFlow } from './index.js';
import { check, faults, flowOf, generation, read, save, sound, type Wire } from './testing/check-flows.js';

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
