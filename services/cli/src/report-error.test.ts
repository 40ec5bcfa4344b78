import { describe, expect, test } from 'vitest';
import { ERROR_CODES, REASONS, SluiceError, type Reason } from '@sluice/chassis';
import { exitCodeOf } from './report-error.js';

describe('exit codes', () => {
  test.each([
    ['RUN_NOT_FOUND', 3],
    ['FILE_NOT_FOUND', 3],
    ['SERVICE_UNAVAILABLE', 4],
    ['DEADLINE_EXCEEDED', 4],
    ['REQUEST_INVALID', 2],
    ['CONFIG_INVALID', 2],
    ['FLOW_INVALID', 1],
    ['START_FAILED', 1],
    ['VERSION_CONFLICT', 6],
    ['INTERNAL', 70],
  ] as const)('%s ends with %i', (reason, code) => expect(exitCodeOf(new SluiceError(reason, 'x'))).toBe(code));

  test('no error ends with 0', () => {
    for (const reason of Object.keys(REASONS) as Reason[])
      expect(exitCodeOf(new SluiceError(reason, 'x'))).toBeGreaterThan(0);
    expect(ERROR_CODES).toHaveLength(16);
    expect(exitCodeOf(new Error('no error of Sluice'))).toBe(70);
  });
});
