import { expect, test } from 'vitest';
import { connectionError, driverError, SluiceError } from './index.js';

const place = { host: 'db', port: 1 };
const coded = (code: string, message = 'no'): Error => Object.assign(new Error(message), { code });

test.each([
  ['ENOTFOUND', 'name', 'CONNECTION_FAILED'],
  ['ECONNREFUSED', 'connect', 'CONNECTION_FAILED'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls', 'CONNECTION_FAILED'],
])('the code %s is a failure at the step %s', (code, step, reason) => {
  expect(driverError(place, coded(code), 'asking')).toMatchObject({
    reason,
    message: expect.stringMatching(`^db:1, step '${step}': no; check `) as string,
    details: { step, host: 'db', port: '1' },
  });
});

test("a driver's own words come before the common ones", () => {
  const failed = driverError('a:1,b:2', coded('ENOTFOUND'), 'asking', {
    stepOf: () => 'authentication',
    why: () => 'who?',
    remedies: { authentication: 'log in' },
  });
  expect(failed).toMatchObject({
    reason: 'ACCESS_REFUSED',
    message: "a:1,b:2, step 'authentication': who?; log in",
    details: { step: 'authentication', address: 'a:1,b:2' },
  });
});

test('an error of no step says what was tried, and one of Sluice stays as it is', () => {
  const reasonOf = () => 'TABLE_NOT_FOUND' as const;
  expect(driverError(place, new Error('gone'), 'reading t', { reasonOf })).toMatchObject({
    reason: 'TABLE_NOT_FOUND',
    message: 'db:1: reading t failed: gone',
  });
  const own = new SluiceError('DATA_INVALID', 'x');
  expect(driverError(place, own, 'reading')).toBe(own);
  expect(connectionError(place, 'connect', coded('EPIPE', '')).message).toMatch(/: EPIPE; check host and port/);
});
