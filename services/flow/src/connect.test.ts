import { describe, expect, test } from 'vitest';
import { check, faults, read, save, sound, type Wire } from './testing/check-flows.js';

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
