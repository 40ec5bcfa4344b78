import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { any, named, none, property, routed, type PortShape, type StopManifest } from '@sluice/plugin-sdk';
import { describe, expect, test } from 'vitest';
import { createGeneration, NO_CAPABILITIES } from '@sluice/kernel';
import { checkFlow, readFlow } from './index.js';

/** Flows and stop types of PiFlow as its users have them; they lie beside a checkout on machines that have them. */
const facts = join(import.meta.dirname, '../../../../shared/piflow');

interface StopFact {
  readonly bundle: string;
  readonly inports: readonly string[];
  readonly outports: readonly string[];
}

/** Stops of PiFlow that read something run without an input, too. */
function shapeOf(ports: readonly string[]): PortShape {
  const shapes: Readonly<Record<string, PortShape>> = { None: none, Any: any, Route: routed };
  const optional = { kind: 'single', optional: true } as const;
  return shapes[ports.join()] ?? (ports.join() === 'Default' ? optional : named(...ports));
}

function manifestOf({ bundle, inports, outports }: StopFact): StopManifest {
  const text = { en: bundle };
  return {
    name: bundle,
    aliases: [],
    title: text,
    description: text,
    groups: ['PiFlow'],
    owner: '',
    icon: '',
    ports: { in: shapeOf(inports), out: shapeOf(outports) },
    properties: { condition: property.string({}) },
    extraProperties: 'ignore',
    customized: text,
    engines: ['duckdb'],
    pure: true,
    writes: false,
  };
}

describe.skipIf(!existsSync(facts))("PiFlow's own flows", () => {
  const check = (file: string): string[] => {
    const all = JSON.parse(readFileSync(join(facts, 'stops.json'), 'utf8')) as StopFact[];
    const stops = [...new Map(all.map((fact) => [fact.bundle, manifestOf(fact)])).values()];
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
    const engines = [{ name: 'duckdb', title: { en: 'DuckDB' } }];
    const { generation } = createGeneration([{ plugin, manifest: { stops, engines } }]);
    const { flow, problems } = readFlow(readFileSync(file, 'utf8'));
    return (problems.length > 0 ? problems : checkFlow(flow, generation, {}).problems).map(({ reason }) => reason);
  };

  test('are sound, or have the fault that they have', () => {
    const files = readdirSync(join(facts, 'flows')).filter((name) => name.endsWith('.json'));
    expect(files).toHaveLength(32);
    const faults = files.map(
      (name) => [name.replace(/^.*__|\.json$/g, ''), check(join(facts, 'flows', name))] as const,
    );
    expect(Object.fromEntries(faults.filter(([, reasons]) => reasons.length > 0))).toEqual({
      HTTPClientStartFlowGroup_1: ['NOT_IMPLEMENTED'],
      HTTPClientStartFlowGroup_2: ['NOT_IMPLEMENTED'],
      HTTPClientStartFlowGroup_3: ['NOT_IMPLEMENTED'],
      group: ['NOT_IMPLEMENTED'],
      // Paths from ports that LoadGraph does not have, and to a stop that the flow does not have.
      LoadGraph: ['PORT_UNKNOWN', 'PORT_UNKNOWN'],
      python: ['PATH_STOP_UNKNOWN'],
    });
  });

  test('include the example of the manual, its slips included', () => {
    expect(check(join(facts, 'manual-startFlow.json'))).toEqual([]);
  });
});
