import { expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { emailClean } from './email-clean.js';
import { phoneNumberClean } from './phone-number-clean.js';

test('several columns, odd names and numbers are cleaned in their places', async () => {
  const { outputs } = await runStop(phoneNumberClean, {
    properties: { columnName: 'home `tel`, WORK' },
    inputs: {
      '': {
        columns: [
          ['work', 'bigint'],
          ["it's", 'string'],
          ['home `tel`', 'string'],
        ],
        rows: [[13800138000n, '1-3', '(138) 0013 8001']],
      },
    },
  });
  expect(outputs['']).toEqual({
    columns: [
      ['work', 'string'],
      ["it's", 'string'],
      ['home `tel`', 'string'],
    ],
    rows: [['13800138000', '1-3', '13800138001']],
  });
});

test('a column that is not there is told with the nearest names', async () => {
  const run = runStop(emailClean, {
    properties: { columnName: 'e_mail' },
    inputs: { '': { columns: [['email', 'string']], rows: [] } },
  });
  await expect(run).rejects.toMatchObject({
    reason: 'COLUMN_UNKNOWN',
    message: "property 'columnName': there is no column 'e_mail'; did you mean 'email'?",
  });
});

test('no rows stay no rows', async () => {
  const { outputs } = await runStop(emailClean, {
    properties: { columnName: 'email' },
    inputs: { '': { columns: [['email', 'string']], rows: [] } },
  });
  expect(outputs['']).toEqual({ columns: [['email', 'string']], rows: [] });
});
