import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ScheduleSpec } from '@sluice/proto/scheduling/v1/schedule';
import { keepHookSecret, opensHook, sealHook } from './hook-secret.js';
import { readBody } from './payload.js';

const body = Buffer.from('{"ref":"refs/heads/main"}');
const spec = (secret: string, signed: boolean): ScheduleSpec => {
  const source = { $case: 'hook', value: { secret, signed } };
  return ScheduleSpec.fromPartial({ trigger: { $case: 'event', value: { source } } } as object);
};
const signature = (secret: string): string => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
const by = (secret: string, sign = '') => ({ secret, signature: sign, body });

describe('the secret of a hook', () => {
  test('is kept as a digest, by which only the secret itself is known', () => {
    const stored = sealHook(spec('my long secret', false), undefined);
    expect(JSON.stringify(ScheduleSpec.toJSON(stored))).not.toContain('my long secret');
    expect(opensHook(stored, by('my long secret'))).toBe(true);
    expect(opensHook(stored, by('my long secreT'))).toBe(false);
    expect(opensHook(stored, by('', signature('my long secret')))).toBe(false);
    expect(opensHook(stored, by(''))).toBe(false);
  });

  test('opens by a signature of the body where callers may sign', () => {
    const stored = sealHook(spec('my long secret', true), undefined);
    expect(opensHook(stored, by('', signature('my long secret')))).toBe(true);
    expect(opensHook(stored, by('', signature('my long secret').toUpperCase()))).toBe(true);
    expect(opensHook(stored, by('my long secret'))).toBe(true);
    for (const wrong of ['', 'sha256=', 'sha256=00', signature('another'), signature('my long secret').slice(7)]) {
      expect(opensHook(stored, by('', wrong)), wrong).toBe(false);
    }
    // A signature counts where there is one: it is not made good by a secret.
    expect(opensHook(stored, by('my long secret', signature('another')))).toBe(false);
    const changed = { ...by('', signature('my long secret')), body: Buffer.from('{"ref":"refs/heads/other"}') };
    expect(opensHook(stored, changed)).toBe(false);
  });

  test('stays when an update leaves it empty, and must be given again to sign with', () => {
    const digest = sealHook(spec('my long secret', false), undefined);
    const again = sealHook(keepHookSecret(spec('', false), digest), digest);
    expect(again).toEqual(digest);
    expect(() => sealHook(keepHookSecret(spec('', true), digest), digest)).toThrow(/give it again/);
    const signed = sealHook(spec('my long secret', true), undefined);
    expect(sealHook(keepHookSecret(spec('', true), signed), signed)).toEqual(signed);
    const digested = sealHook(keepHookSecret(spec('', false), signed), signed);
    expect(JSON.stringify(ScheduleSpec.toJSON(digested))).not.toContain('my long secret');
    expect(opensHook(digested, by('my long secret'))).toBe(true);
  });
});

test('the body of a call is JSON, the fields of a form, or a text', () => {
  expect(readBody(body, 'application/octet-stream')).toEqual({ ref: 'refs/heads/main' });
  expect(readBody(Buffer.from('build 7 is done'), 'text/plain')).toBe('build 7 is done');
  const form = 'application/x-www-form-urlencoded; charset=utf-8';
  expect(readBody(Buffer.from('state=open&title=%E6%B5%81'), form)).toEqual({ state: 'open', title: '流' });
  const payload = new URLSearchParams({ payload: body.toString() }).toString();
  expect(readBody(Buffer.from(payload), form)).toEqual({ ref: 'refs/heads/main' });
});
