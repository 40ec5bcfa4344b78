import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { defineStop } from '../define-stop.js';
import type { StopDefinition } from '../define-stop.js';
import { none, single } from '../ports.js';
import { property } from '../property.js';
import { conformance } from './conformance.js';
import { runStop } from './run-stop.js';
import { testFiles } from './test-files.js';

const text = (en: string): { en: string; zh: string } => ({ en, zh: `${en}（中文）` });

const double = defineStop({
  name: 'test.double',
  title: text('Double'),
  description: text('Doubles a column'),
  groups: ['Test'],
  ports: { in: single, out: single },
  properties: {
    column: property.string({ title: text('Column'), description: text('The column'), required: true, example: 'n' }),
    key: property.secret({ title: text('Key'), description: text('A key that nobody needs') }),
  },
  engines: ['duckdb'],
  examples: [
    {
      title: 'two rows',
      properties: { column: 'n' },
      inputs: { '': { columns: [['n', 'int']], rows: [[1], [null]] } },
      outputs: { '': { columns: [['n', 'int']], rows: [[2], [null]] } },
    },
  ],
  run: ({ properties, inputs, engine, log }) => {
    log.info(`doubling ${properties.column}`);
    return engine.sql(`SELECT ${properties.column} * 2 AS n FROM t`, { t: inputs.get() });
  },
});

const read: StopDefinition = defineStop({
  ...double,
  name: 'test.read',
  ports: { in: none, out: single },
  properties: { path: property.path({ title: text('Path'), description: text('The file'), required: true }) },
  examples: [],
  run: ({ properties, engine }) => engine.read('csv', properties.path, { header: true, mode: 'DROPMALFORMED' }),
}) as unknown as StopDefinition;

async function failures(stop: StopDefinition, among: readonly StopDefinition[] = []): Promise<string[]> {
  const found: string[] = [];
  for (const check of conformance(stop, among)) await check.run().catch(() => found.push(check.name));
  return found;
}

describe('runStop', () => {
  test('runs a stop on a real engine and gives its rows, its log and its counts', async () => {
    const result = await runStop(double as unknown as StopDefinition, {
      inputs: { '': { columns: [['n', 'int']], rows: [[21]] } },
      properties: { column: 'n' },
    });
    expect(result.outputs).toEqual({ '': { columns: [['n', 'int']], rows: [[42]] } });
    expect(result.log).toEqual(['doubling n']);
    expect(result.counted).toContainEqual({ stop: 'stop', port: '', side: 'out', rows: 1, bytes: 0 });
  });

  test('gives files to read, and tells how many rows were refused', async () => {
    const result = await runStop(read, { files: { 'in/a.csv': 'a,b\n1,2\n3\n' }, properties: { path: '/in/a.csv' } });
    expect(result.outputs['']?.rows).toEqual([['1', '2']]);
    expect(result.rejected).toBe(1);
  });

  test('refuses properties as a platform would', async () => {
    await expect(runStop(read, { properties: { pathh: 'x' } })).rejects.toMatchObject({
      reason: 'FLOW_INVALID',
      problems: [{ reason: 'PROPERTY_MISSING' }, { reason: 'PROPERTY_UNKNOWN' }],
    });
  });
});

describe('conformance', () => {
  const stop = double as unknown as StopDefinition;

  test('passes a stop that does what it must', async () => {
    expect(await failures(stop)).toEqual([]);
  });

  test.each<[string, StopDefinition, RegExp]>([
    ['a name of another stop', { ...stop, aliases: ['test.read'] }, /no other stop has/],
    ['no Chinese title', { ...stop, title: { en: 'Double' } }, /English and Chinese/],
    ['a port named twice', { ...stop, ports: { in: { kind: 'named', names: ['a', 'a'] }, out: single } }, /ports once/],
    [
      'a default of another kind',
      {
        ...stop,
        properties: {
          ...stop.properties,
          size: { kind: 'integer', secret: false, title: text('Size'), description: text('Size'), default: 1.5 },
        },
      },
      /defaults of their own kind/,
    ],
    [
      'an example that does not hold',
      {
        ...stop,
        examples: [
          { ...stop.examples?.[0], title: 'wrong', outputs: { '': { columns: [['n', 'int']], rows: [[3]] } } },
        ],
      },
      /example "wrong"/,
    ],
    [
      'a secret in its log',
      {
        ...stop,
        run: ({ properties, inputs, log }) => {
          log.info(String(properties['key']));
          return inputs.get();
        },
      },
      /secrets/,
    ],
    ['a run that does not end', { ...stop, run: () => new Promise(() => undefined) }, /cancelled/],
  ])('finds %s', { timeout: 30_000 }, async (_, wrong, expected) => {
    const checks = conformance(wrong, [read]).filter((check) => expected.test(check.name));
    expect(checks).toHaveLength(1);
    await expect(checks[0]?.run()).rejects.toThrow();
  });
});

describe('files of a test', () => {
  test('lie under one root, by any way of writing them', async () => {
    const { root } = await runStop(read, { files: { 'a b.csv': 'a\n1\n' }, properties: { path: 'a b.csv' } });
    const files = testFiles(root);
    const path = join(root, 'a b.csv');
    for (const location of ['a b.csv', '/a b.csv', 'hdfs://host:9000/a b.csv', 'file:///a b.csv', path]) {
      expect(await files.resolve(location, 'read')).toBe(path);
    }
    await writeFile(join(root, '_hidden.csv'), '');
    expect(await files.list('/')).toEqual([path]);
    expect(await files.list('{a,x} [a-c]*.cs?')).toEqual([path]);
    await expect(files.resolve('../x', 'write')).rejects.toMatchObject({ reason: 'FILE_FORBIDDEN' });
    await expect(files.list('no.csv')).rejects.toMatchObject({ reason: 'FILE_NOT_FOUND' });
  });
});
