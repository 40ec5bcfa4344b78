import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { REASONS } from '@sluice/plugin-sdk';

test('docs/errors.md lists exactly the reasons of the code, with their codes', () => {
  const text = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| +`([A-Z_]+)` +\| ([A-Z_]+) +\| (\S.+?) +\|$/gm)].map(([, reason, code]) => [
    reason,
    code,
  ]);
  expect(rows).toEqual(Object.entries(REASONS));
});
