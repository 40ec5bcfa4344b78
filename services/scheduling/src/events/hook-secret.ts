import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { SluiceError, type Vault } from '@sluice/chassis';
import type { ScheduleSpec } from '@sluice/proto/scheduling/v1/schedule';
import { keyIdOf, openText, sealText } from '../secrets/sealed-text.js';

/** What a caller of a hook shows: the secret, or a signature of the body. */
export interface HookProof {
  readonly secret: string;
  /** `sha256=` and the HMAC of the body in hexadecimal digits; empty for none. */
  readonly signature: string;
  readonly body: Uint8Array;
}

const DIGEST = 'sha256:';
/** How secrets that callers sign with were kept by older builds. */
const PLAIN = 'plain:';

/** What the secret of a schedule's hook is sealed for. */
export function hookScope(scheduleId: string): string {
  return `hook:${scheduleId}`;
}

/** The content as it is stored: the secret as a digest, or sealed where callers sign with it. */
export function sealHook(
  spec: ScheduleSpec,
  before: ScheduleSpec | undefined,
  scheduleId: string,
  vault: Vault,
): ScheduleSpec {
  const hook = hookOf(spec);
  if (hook === undefined) return spec;
  const kept = before === undefined ? '' : hookSecretOf(before);
  const isKept = hook.secret === kept && kept !== '';
  const isSealed = isKept && keyIdOf(kept) !== undefined;
  if (hook.signed) {
    if (isSealed) return spec;
    if (!isKept) return withHookSecret(spec, sealText(vault, hookScope(scheduleId), hook.secret));
    const message = 'event.hook.secret: give it again, for callers are to sign with it and only its digest was kept';
    throw new SluiceError('SCHEDULE_INVALID', message);
  }
  if (isKept && !isSealed) return spec;
  const secret = isSealed ? openText(vault, hookScope(scheduleId), kept) : hook.secret;
  const salt = randomBytes(12).toString('hex');
  return withHookSecret(spec, `${DIGEST}${salt}:${digest(salt, secret).toString('hex')}`);
}

/** The content with the secret that is stored, where the caller leaves it empty. */
export function keepHookSecret(spec: ScheduleSpec, before: ScheduleSpec): ScheduleSpec {
  const kept = hookSecretOf(before);
  return hookOf(spec)?.secret === '' && kept !== '' ? withHookSecret(spec, kept) : spec;
}

/** The text in the place of the hook's secret; empty where there is no hook. */
export function hookSecretOf(spec: ScheduleSpec): string {
  return hookOf(spec)?.secret ?? '';
}

/** The secret in a text that an older build stored; undefined for any other text. */
export function plainHookSecret(text: string): string | undefined {
  return text.startsWith(PLAIN) ? text.slice(PLAIN.length) : undefined;
}

/** The content with another text for the hook's secret. */
export function withHookSecret(spec: ScheduleSpec, secret: string): ScheduleSpec {
  const hook = hookOf(spec);
  if (hook === undefined || spec.trigger?.$case !== 'event') return spec;
  const value = { ...spec.trigger.value, source: { $case: 'hook' as const, value: { ...hook, secret } } };
  return { ...spec, trigger: { $case: 'event', value } };
}

/** Whether a caller of a schedule's hook knows its secret. */
export function opensHook(
  spec: ScheduleSpec,
  { secret, signature, body }: HookProof,
  scheduleId: string,
  vault: Vault,
): boolean {
  const stored = hookSecretOf(spec);
  if (keyIdOf(stored) !== undefined) {
    const known = openText(vault, hookScope(scheduleId), stored);
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
