import { expect, test } from 'vitest';
import { readFlow } from './index.js';

const reasons = (document: unknown) => readFlow(document).problems.map(({ reason, message }) => [reason, message]);

test('a flow is read with and without its wrapper, as text and as value', () => {
  const value = {
    name: 'f',
    stops: [{ name: 'a', bundle: 'x.Y', properties: { n: 1, list: ['a', 'b'], deep: { k: [true, null] } } }],
    paths: [{ from: 'a', outport: '', inport: '', to: 'b' }],
  };
  const { flow, problems } = readFlow(JSON.stringify({ flow: value }));
  expect(problems).toEqual([]);
  expect(flow).toMatchObject({ name: 'f', runMode: '', environmentVariable: {}, paths: value.paths });
  expect(flow.stops).toEqual([{ ...value.stops[0], uuid: '', customizedProperties: {}, datasource: '' }]);
  for (const document of [value, { flow: value }, `\uFEFF${JSON.stringify(value)}`]) {
    expect(readFlow(document)).toEqual({ flow, problems: [] });
  }
});

test('parts that are missing or of another simple type are forgiven', () => {
  const document = {
    flow: {
      name: 7,
      uuid: null,
      executorNumber: 2,
      checkpoint: ['Merge', 'Fork'],
      environmentVariable: { '${N}': 5, '${B}': true, '${S}': 's', '${NULL}': null },
      stops: [
        { name: 'a', bundle: 'b', customizedProperties: [] },
        { name: 'c', bundle: 'd', properties: null },
      ],
    },
  };
  const { flow, problems } = readFlow(document);
  expect(problems).toEqual([]);
  expect(flow).toMatchObject({ name: '7', uuid: '', executorNumber: '2', checkpoint: 'Merge,Fork', paths: [] });
  expect(flow.environmentVariable).toEqual({ '${N}': '5', '${B}': 'true', '${S}': 's' });
  expect(flow.stops.map((stop) => stop.properties)).toEqual([{}, {}]);
});

test('what cannot be read is told with its place, all at once', () => {
  const document = { stops: [{ name: 'a', bundle: {}, properties: 'x' }, 5], paths: {}, labels: 'x' };
  expect(reasons(document)).toEqual([
    ['FLOW_INVALID', "stop 'a': properties must be an object"],
    ['FLOW_INVALID', "stop 'a': bundle must be a text"],
    ['FLOW_INVALID', 'stops[1] must be an object'],
    ['FLOW_INVALID', "the flow's paths must be a list"],
    ['FLOW_INVALID', "the flow's labels must be an object"],
  ]);
  expect(reasons('[]')).toEqual([['FLOW_INVALID', 'the document must be an object with a flow']]);
  expect(reasons(undefined)).toEqual([['FLOW_INVALID', 'the document must be an object with a flow']]);
});

test('a text that is not JSON is told with line and column', () => {
  const [problem] = readFlow('{\n  "flow": {\n    "name": "x"\n    "stops": []\n  }\n}').problems;
  expect(problem).toEqual({
    reason: 'FLOW_UNREADABLE',
    message: 'the flow is not JSON: comma expected at line 4, column 5',
    line: 4,
    column: 5,
  });
  expect(readFlow('hello').problems[0]).toMatchObject({ reason: 'FLOW_UNREADABLE', line: 1, column: 1 });
  expect(readFlow('').problems[0]).toMatchObject({ reason: 'FLOW_UNREADABLE', line: 1, column: 1 });
  expect(readFlow('{"a": 1} // comment').problems[0]).toMatchObject({ reason: 'FLOW_UNREADABLE', line: 1, column: 10 });
});

test('a group says that it cannot be run yet', () => {
  expect(reasons({ group: { name: 'g', flows: [] } })).toEqual([
    ['NOT_IMPLEMENTED', expect.stringContaining('groups cannot be run yet')],
  ]);
});

test('size and depth have limits, and no depth breaks the reader', () => {
  expect(reasons(`{"name":"${'x'.repeat(2 ** 24)}"}`)).toMatchObject([['REQUEST_TOO_LARGE', expect.anything()]]);
  expect(reasons('['.repeat(1e6))).toEqual([['FLOW_UNREADABLE', 'the flow is nested deeper than 64 levels']]);
  expect(reasons(`{"name":"${'[\\"{'.repeat(100)}"}`)).toEqual([]);
  const long = `${'\\\\'.repeat(5e6)}"`;
  expect(reasons(`{"name":"${long}}`)).toEqual([]);
  expect(reasons(`{"name":"${'x'.repeat(1e7)}`)).toMatchObject([['FLOW_UNREADABLE', expect.anything()]]);
  const stops = Array.from({ length: 10_001 }, (_, index) => ({ name: `s${index}`, bundle: 'b' }));
  expect(reasons({ name: 'f', stops })).toEqual([
    ['REQUEST_TOO_LARGE', 'the flow has 10001 stops; at most 10000 are read'],
  ]);
});

test('a key that JavaScript treats in its own way stays a key', () => {
  const { flow } = readFlow(
    '{"name":"f","labels":{"__proto__":"x"},"stops":[{"name":"a","properties":{"__proto__":1}}]}',
  );
  expect(Object.keys(flow.labels)).toEqual(['__proto__']);
  expect(Object.keys(flow.stops[0]?.properties ?? {})).toEqual(['__proto__']);
  expect(Object.getPrototypeOf(flow.labels)).toBe(Object.prototype);
});
