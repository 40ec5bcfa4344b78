import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Vault } from '@sluice/chassis';
import { ScheduleSpec } from '@sluice/proto/scheduling/v1/schedule';
import { keepHookSecret, opensHook, sealHook, type HookProof } from './hook-secret.js';
import { readBody } from './payload.js';

const body = Buffer.from('{"ref":"refs/heads/main"}');
const spec = (secret: string, signed: boolean): ScheduleSpec => {
  const source = { $case: 'hook', value: { secret, signed } };
  return ScheduleSpec.fromPartial({ trigger: { $case: 'event', value: { source } } } as object);
};
const signature = (secret: string): string => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
const vault = new Vault([randomBytes(32)]);
const sealed = (given: ScheduleSpec, before?: ScheduleSpec): ScheduleSpec => sealHook(given, before, 's1', vault);
const opens = (stored: ScheduleSpec, proof: HookProof): boolean => opensHook(stored, proof, 's1', vault);
const by = (secret: string, sign = '') => ({ secret, signature: sign, body });

describe('the secret of a hook', () => {
  test('is kept as a digest, by which only the secret itself is known', () => {
    const stored = sealed(spec('my long secret', false));
    expect(JSON.stringify(ScheduleSpec.toJSON(stored))).not.toContain('my long secret');
    expect(opens(stored, by('my long secret'))).toBe(true);
    expect(opens(stored, by('my long secreT'))).toBe(false);
    expect(opens(stored, by('', signature('my long secret')))).toBe(false);
    expect(opens(stored, by(''))).toBe(false);
  });

  test('opens by a signature of the body where callers may sign, and is kept sealed for its schedule alone', () => {
    const stored = sealed(spec('my long secret', true));
    expect(JSON.stringify(ScheduleSpec.toJSON(stored))).not.toContain('my long secret');
    expect(() => opensHook(stored, by('my long secret'), 's2', vault)).toThrow(/'hook:s2' were changed/);
    expect(opens(stored, by('', signature('my long secret')))).toBe(true);
    expect(opens(stored, by('', signature('my long secret').toUpperCase()))).toBe(true);
    expect(opens(stored, by('my long secret'))).toBe(true);
    for (const wrong of ['', 'sha256=', 'sha256=00', signature('another'), signature('my long secret').slice(7)]) {
      expect(opens(stored, by('', wrong)), wrong).toBe(false);
    }
    // A signature counts where there is one: it is not made good by a secret.
    expect(opens(stored, by('my long secret', signature('another')))).toBe(false);
    const changed = { ...by('', signature('my long secret')), body: Buffer.from('{"ref":"refs/heads/other"}') };
    expect(opens(stored, changed)).toBe(false);
  });

  test('stays when an update leaves it empty, and must be given again to sign with', () => {
    const digest = sealed(spec('my long secret', false));
    const again = sealed(keepHookSecret(spec('', false), digest), digest);
    expect(again).toEqual(digest);
    expect(() => sealed(keepHookSecret(spec('', true), digest), digest)).toThrow(/give it again/);
    const signed = sealed(spec('my long secret', true));
    expect(sealed(keepHookSecret(spec('', true), signed), signed)).toEqual(signed);
    const digested = sealed(keepHookSecret(spec('', false), signed), signed);
    expect(JSON.stringify(ScheduleSpec.toJSON(digested))).not.toContain('my long secret');
    expect(opens(digested, by('my long secret'))).toBe(true);
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
