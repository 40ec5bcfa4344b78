import { expect, test } from 'vitest';
import { chooseBundles } from './bundles.js';

const OFFERED = [
  { name: 'words', version: '1.0.0' },
  { name: 'words', version: '1.2.0' },
  { name: 'words', version: '2.0.0' },
  { name: 'inet', version: '0.0.0-abc' },
];

test('each need gets the newest version that fits, and what is lacking is named', () => {
  expect(chooseBundles({ words: '^1', inet: '*' }, OFFERED)).toEqual({
    chosen: [
      { name: 'words', version: '1.2.0' },
      { name: 'inet', version: '0.0.0-abc' },
    ],
    lacking: [],
  });
  expect(chooseBundles({ words: '^3', none: '^1' }, OFFERED)).toEqual({ chosen: [], lacking: ['words ^3', 'none ^1'] });
  expect(chooseBundles({}, OFFERED)).toEqual({ chosen: [], lacking: [] });
});
