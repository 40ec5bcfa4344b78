import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { SluiceError } from '@sluice/chassis';
import type { ScheduleSpec } from '@sluice/proto/scheduling/v1/schedule';

/** What a caller of a hook shows: the secret, or a signature of the body. */
export interface HookProof {
  readonly secret: string;
  /** `sha256=` and the HMAC of the body in hexadecimal digits; empty for none. */
  readonly signature: string;
  readonly body: Uint8Array;
}

const DIGEST = 'sha256:';
const PLAIN = 'plain:';

/** The content as it is stored: the secret as a digest, or as it is where callers sign with it. */
export function sealHook(spec: ScheduleSpec, before: ScheduleSpec | undefined): ScheduleSpec {
  const hook = hookOf(spec);
  if (hook === undefined) return spec;
  const kept = before === undefined ? '' : (hookOf(before)?.secret ?? '');
  const plain = hook.secret === kept && kept.startsWith(PLAIN) ? kept.slice(PLAIN.length) : hook.secret;
  if (hook.signed) {
    if (hook.secret !== kept || kept.startsWith(PLAIN)) return withHookSecret(spec, `${PLAIN}${plain}`);
    const message = 'event.hook.secret: give it again, for callers are to sign with it and only its digest was kept';
    throw new SluiceError('SCHEDULE_INVALID', message);
  }
  if (hook.secret === kept && kept.startsWith(DIGEST)) return spec;
  const salt = randomBytes(12).toString('hex');
  return withHookSecret(spec, `${DIGEST}${salt}:${digest(salt, plain).toString('hex')}`);
}

/** The content with the secret that is stored, where the caller leaves it empty. */
export function keepHookSecret(spec: ScheduleSpec, before: ScheduleSpec): ScheduleSpec {
  const kept = hookOf(before)?.secret ?? '';
  return hookOf(spec)?.secret === '' && kept !== '' ? withHookSecret(spec, kept) : spec;
}

/** The content with another text for the hook's secret. */
export function withHookSecret(spec: ScheduleSpec, secret: string): ScheduleSpec {
  const hook = hookOf(spec);
  if (hook === undefined || spec.trigger?.$case !== 'event') return spec;
  const value = { ...spec.trigger.value, source: { $case: 'hook' as const, value: { ...hook, secret } } };
  return { ...spec, trigger: { $case: 'event', value } };
}

/** Whether a caller of a schedule's hook knows its secret. */
export function opensHook(spec: ScheduleSpec, { secret, signature, body }: HookProof): boolean {
  const stored = hookOf(spec)?.secret ?? '';
  if (stored.startsWith(PLAIN)) {
    const known = stored.slice(PLAIN.length);
    if (signature === '') return isSame(digest('', known), digest('', secret));
    const wanted = `sha256=${createHmac('sha256', known).update(body).digest('hex')}`;
    return isSame(digest('', wanted), digest('', signature.toLowerCase()));
  }
  const [, salt = '', wanted = ''] = stored.split(':');
  return isSame(Buffer.from(wanted, 'hex'), digest(salt, secret));
}

function hookOf({ trigger }: ScheduleSpec): { readonly secret: string; readonly signed: boolean } | undefined {
  const source = trigger?.$case === 'event' ? trigger.value.source : undefined;
  return source?.$case === 'hook' ? source.value : undefined;
}

function digest(salt: string, text: string): Buffer {
  return createHash('sha256').update(`${salt}:${text}`).digest();
}

function isSame(wanted: Buffer, given: Buffer): boolean {
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}
