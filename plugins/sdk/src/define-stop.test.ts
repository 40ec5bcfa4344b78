import { expect, expectTypeOf, test } from 'vitest';
import { definePlugin, defineStop, describePlugin, none, property, readProperties, single } from './index.js';

const read = defineStop({
  name: 'test.read',
  title: { en: 'Read' },
  description: { en: 'Reads.' },
  groups: ['Test'],
  ports: { in: none, out: single },
  properties: {
    path: property.path({ required: true, aliases: ['csvPath'] }),
    header: property.boolean({ default: false }),
    mode: property.enum({ values: ['append', 'overwrite'], synonyms: { add: 'append' } }),
    columns: property.columns({ default: [] }),
    count: property.integer({ min: 0 }),
  },
  engines: ['duckdb'],
  run({ properties, engine }) {
    expectTypeOf(properties.path).toEqualTypeOf<string>();
    expectTypeOf(properties.header).toEqualTypeOf<boolean>();
    expectTypeOf(properties.mode).toEqualTypeOf<'append' | 'overwrite' | undefined>();
    expectTypeOf(properties.columns).toEqualTypeOf<readonly string[]>();
    expectTypeOf(properties.count).toEqualTypeOf<number | undefined>();
    return engine.read('csv', properties.path, { header: properties.header });
  },
});

test('a plugin is described without its code', () => {
  const [stop] = describePlugin(definePlugin({ stops: [read] })).stops;
  expect(stop).toMatchObject({ name: 'test.read', extraProperties: 'refuse', pure: true, writes: false, aliases: [] });
  expect(JSON.parse(JSON.stringify(stop))).not.toHaveProperty('run');
});

test('values are read under older names, in other words, as texts, and with defaults', () => {
  const given = { csvPath: '/a.csv', header: 'TRUE', mode: 'ADD', columns: 'a, b,', count: '3' };
  expect(readProperties(read.properties, given, 'refuse')).toEqual({
    values: { path: '/a.csv', header: true, mode: 'append', columns: ['a', 'b'], count: 3 },
    problems: [],
  });
});

test('every problem is told at once, with the property and the remedy', () => {
  const given = { header: 'yes', mode: 'x', count: -1, haeder: 'true', path: '' };
  const { problems } = readProperties(read.properties, given, 'refuse');
  expect(problems.map((each) => [each.reason, each.property])).toEqual([
    ['PROPERTY_MISSING', 'path'],
    ['PROPERTY_INVALID', 'header'],
    ['PROPERTY_INVALID', 'mode'],
    ['PROPERTY_INVALID', 'count'],
    ['PROPERTY_UNKNOWN', 'haeder'],
  ]);
  expect(problems.at(-1)?.message).toBe("there is no property 'haeder'; did you mean 'header'?");
  expect(readProperties(read.properties, { path: '/a', haeder: '' }, 'ignore').problems).toEqual([]);
});

test('a secret value is not repeated in the problem', () => {
  const { problems } = readProperties({ key: property.secret({}) }, { key: { inner: 'hunter2' } }, 'refuse');
  expect(problems[0]?.message).toBe("property 'key': the value is not a text");
});
