import { createPublicKey, verify } from 'node:crypto';
import { SluiceError } from '@sluice/chassis';
import type { TrustedKey } from '@sluice/proto/catalog/v1/plugin';
import type { PackageFacts } from './plugin-record.js';
import { isTrustedBuilder, type Provenance } from './provenance.js';

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

/** What comes with an archive to prove whose it is. */
export interface Proofs {
  /** SHA-256 of the archive in hexadecimal. */
  readonly digest: string;
  /** A detached Ed25519 signature over the digest; empty for none. */
  readonly signature: Uint8Array;
  /** Where it was built, when that was verified. */
  readonly provenance: Provenance | undefined;
}

/** Whom the platform trusts, and what it makes of others. */
export interface Trust {
  readonly policy: SignaturePolicy;
  readonly keys: readonly TrustedKey[];
  /** Addresses below which every builder is trusted. */
  readonly publishers: readonly string[];
}

/**
 * Judges whose an archive is: signed by a trusted key, or built by a trusted publisher.
 *
 * @throws PLUGIN_UNSIGNED when the policy wants one of the two and there is none, or when a signature is wrong for all
 * keys and the policy is not off.
 */
export function judgeProofs({ digest, signature, provenance }: Proofs, { policy, keys, publishers }: Trust): Verdict {
  const key =
    signature.length === 0
      ? undefined
      : keys.find(({ publicKey }) => verify(null, Buffer.from(digest), readPublicKey(publicKey), signature));
  if (key !== undefined) return { state: 'trusted', key: key.name, message: `signed by '${key.name}'` };
  if (signature.length > 0) {
    const names = keys.map(({ name }) => `'${name}'`).join(', ') || 'there are none';
    const message = `the signature fits none of the trusted keys (${names})`;
    if (policy !== 'off') throw unsigned(message, 'sign this very archive with a trusted key, or trust its key first');
    return { state: 'unknown', key: '', message };
  }
  if (provenance !== undefined) {
    const { builder } = provenance;
    if (isTrustedBuilder(builder, publishers))
      return { state: 'trusted', key: builder, message: `built by ${builder}` };
    const message = `built by ${builder}, which plugins.publishers does not trust`;
    if (policy === 'require') throw unsigned(`the package was ${message}`, 'trust its address, or sign it with a key');
    return { state: 'unknown', key: builder, message };
  }
  const message = 'the package has no signature';
  if (policy === 'require') throw unsigned(message, 'sign it with a key that is trusted');
  return { state: 'none', key: '', message };
}

function unsigned(what: string, remedy: string): SluiceError {
  return new SluiceError('PLUGIN_UNSIGNED', `${what}; ${remedy}`);
}
