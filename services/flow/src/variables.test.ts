import { expect, test } from 'vitest';
import { escapeReferences, referencedNames, resolveVariables } from './variables.js';

const resolve = (value: unknown, variables: Record<string, string>) => {
  const told: string[] = [];
  const result = resolveVariables(value, variables, (name, cycle) => told.push(cycle?.join('>') ?? name));
  return { result, told };
};

test('references stand in texts, lists and objects, several in one', () => {
  const value = { a: '${X}/${Y}', b: ['${X}', 1], c: true };
  expect(resolve(value, { X: '1', Y: '2' })).toEqual({ result: { a: '1/2', b: ['1', 1], c: true }, told: [] });
});

test('a value may refer to others, and one that leads back to itself is told', () => {
  expect(resolve('${A}', { A: 'a${B}', B: 'b${C:-c}' }).result).toBe('abc');
  expect(resolve('${A}', { A: '${B}', B: '${A}' })).toEqual({ result: '${A}', told: ['A>B>A'] });
});

test('a default counts where there is no value, and may hold references', () => {
  expect(resolve('${X:-d} ${X:-} ${Y:-${Z:-z}}!', { X: '' })).toEqual({ result: '  z!', told: [] });
  expect(resolve('${X:-${Z}}', {})).toEqual({ result: '${Z}', told: ['Z'] });
  expect(resolve('${X:-no end', {})).toEqual({ result: '${X:-no end', told: [] });
});

test('a second dollar keeps a reference as it is', () => {
  expect(resolve('$${X} $${X:-d} $5 ${ X}', {})).toEqual({ result: '${X} ${X:-d} $5 ${ X}', told: [] });
});

test('what is escaped comes out as it went in', () => {
  for (const text of ['${X}', '$${X}', '$$${X:-a}', 'p$5{}']) {
    expect(resolve(escapeReferences(text), { X: '1' })).toEqual({ result: text, told: [] });
  }
});

test('the names in references are found, those in defaults too', () => {
  expect([...referencedNames(['${A:-${B}}', { c: '$${C} ${D}' }])]).toEqual(['A', 'B', 'D']);
});
