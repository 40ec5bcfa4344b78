import { createPublicKey, verify } from 'node:crypto';
import { SluiceError } from '@sluice/chassis';
import type { TrustedKey } from '@sluice/proto/catalog/v1/plugin';
import type { PackageFacts } from './plugin-record.js';

/** What becomes of packages that no trusted key has signed. */
export type SignaturePolicy = 'require' | 'warn' | 'off';

type Verdict = PackageFacts['signature'];

/** Reads an Ed25519 public key in PEM; REQUEST_INVALID when it is none. */
export function readPublicKey(pem: string): ReturnType<typeof createPublicKey> {
  const wrong = (cause?: unknown): SluiceError =>
    new SluiceError(
      'REQUEST_INVALID',
      'the key is no Ed25519 public key in PEM (SPKI); make one with openssl genpkey',
      {
        cause,
      },
    );
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType !== 'ed25519') throw wrong();
    return key;
  } catch (error) {
    throw error instanceof SluiceError ? error : wrong(error);
  }
}

/**
 * Judges a detached signature, which is over the archive's SHA-256 in hexadecimal.
 *
 * @throws PLUGIN_UNSIGNED when the policy wants a trusted one and there is none, or when it is wrong for all keys and
 * the policy is not off.
 */
export function judgeSignature(
  digest: string,
  signature: Uint8Array,
  keys: readonly TrustedKey[],
  policy: SignaturePolicy,
): Verdict {
  if (signature.length === 0) {
    const message = 'the package has no signature';
    if (policy === 'require') throw unsigned(message, 'sign it with a key that is trusted');
    return { state: 'none', key: '', message };
  }
  const key = keys.find(({ publicKey }) => verify(null, Buffer.from(digest), readPublicKey(publicKey), signature));
  if (key !== undefined) return { state: 'trusted', key: key.name, message: `signed by '${key.name}'` };
  const names = keys.map(({ name }) => `'${name}'`).join(', ') || 'there are none';
  const message = `the signature fits none of the trusted keys (${names})`;
  if (policy !== 'off') throw unsigned(message, 'sign this very archive with a trusted key, or trust its key first');
  return { state: 'unknown', key: '', message };
}

function unsigned(what: string, remedy: string): SluiceError {
  return new SluiceError('PLUGIN_UNSIGNED', `${what}; ${remedy}`);
}
