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
import { expect } from 'vitest';
import { createGeneration, NO_CAPABILITIES } from '@sluice/kernel';
import { checkFlow, readFlow, type CheckedFlow } from '../index.js';

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
export const { generation } = createGeneration([{ plugin, manifest: { stops, engines } }]);

export type Wire = readonly [from: string, to: string, outport?: string, inport?: string];

export function flowOf(given: Record<string, object>, wires: readonly Wire[], more: object = {}) {
  const { flow, problems } = readFlow({
    name: 'f',
    stops: Object.entries(given).map(([name, stop]) => ({ name, ...stop })),
    paths: wires.map(([from, to, outport = '', inport = '']) => ({ from, to, outport, inport })),
    ...more,
  });
  expect(problems).toEqual([]);
  return flow;
}

export const check = (...given: Parameters<typeof flowOf>) => checkFlow(flowOf(...given), generation, {});

export function sound(...given: Parameters<typeof flowOf>): CheckedFlow {
  const { checked, problems } = check(...given);
  expect(problems).toEqual([]);
  return checked as CheckedFlow;
}

export function faults(...given: Parameters<typeof flowOf>) {
  const { checked, problems } = check(...given);
  expect(checked).toBeUndefined();
  return problems.map(({ reason, stop, message }) => [reason, stop, message]);
}

export const read = { bundle: 't.Read', properties: { path: '/a' } };
export const save = { bundle: 't.Save', properties: { path: '/b' } };
