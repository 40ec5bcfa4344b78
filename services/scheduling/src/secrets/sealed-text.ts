import type { Vault } from '@sluice/chassis';

/** How a sealed secret begins where it stands in the place of the secret. */
const SEALED = 'sealed:';

/** A secret as a text that may be stored: sealed for one thing, such as `hook:schedule_1`. */
export function sealText(vault: Vault, scope: string, secret: string): string {
  const { keyId, wrappedKey, data } = vault.seal(scope, { secret });
  return SEALED + [keyId, toBase64(wrappedKey), toBase64(data)].join(':');
}

/** @throws SECRET_UNREADABLE when the master key is missing, or it was sealed for another thing */
export function openText(vault: Vault, scope: string, text: string): string {
  const [keyId = '', wrappedKey = '', data = ''] = text.slice(SEALED.length).split(':');
  const sealed = { keyId, wrappedKey: Buffer.from(wrappedKey, 'base64'), data: Buffer.from(data, 'base64') };
  return vault.open(scope, sealed)['secret'] ?? '';
}

/** The identifier of the master key that a text is sealed under; undefined for one that is not sealed. */
export function keyIdOf(text: string): string | undefined {
  return text.startsWith(SEALED) ? text.slice(SEALED.length).split(':')[0] : undefined;
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
