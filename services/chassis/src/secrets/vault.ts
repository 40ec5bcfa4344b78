import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { SluiceError } from '../errors.js';

/** Secrets under a data key of their own, which is under a master key. */
export interface Sealed {
  /** The identifier of the master key: a hash of it that tells nothing else. */
  readonly keyId: string;
  /** The data key: nonce (12 bytes), tag (16 bytes), text. */
  readonly wrappedKey: Uint8Array;
  /** The secrets as a JSON object of texts, in the same form. */
  readonly data: Uint8Array;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** The length of a key of AES-256. */
export const KEY_BYTES = 32;

/**
 * Seals secrets with AES-256-GCM. Each seal has a fresh data key; a scope such as `datasource:shop` is bound to it, so
 * that what was sealed for one thing cannot be put in the place of another.
 */
export class Vault {
  readonly #keys: ReadonlyMap<string, Buffer>;
  readonly #present: string;

  /**
   * @param keys master keys of 32 bytes: the present one first, then those that older secrets may still be under
   */
  constructor(keys: readonly Buffer[]) {
    this.#keys = new Map(keys.map((key) => [idOf(key), key]));
    this.#present = keys[0] === undefined ? '' : idOf(keys[0]);
  }

  /** The identifier of the master key that new secrets are put under; empty when there is none. */
  get keyId(): string {
    return this.#present;
  }

  /** Whether secrets under this master key can be opened. */
  knows(keyId: string): boolean {
    return this.#keys.has(keyId);
  }

  seal(scope: string, secrets: Readonly<Record<string, string>>): Sealed {
    const dataKey = randomBytes(KEY_BYTES);
    return {
      keyId: this.#present,
      wrappedKey: encrypt(this.#key(this.#present), dataKey, `key:${scope}`),
      data: encrypt(dataKey, Buffer.from(JSON.stringify(secrets)), `data:${scope}`),
    };
  }

  /** @throws SECRET_UNREADABLE when its master key is not among the keys, or the text was changed */
  open(scope: string, { keyId, wrappedKey, data }: Sealed): Record<string, string> {
    const key = this.#key(keyId);
    try {
      const dataKey = decrypt(key, wrappedKey, `key:${scope}`);
      return JSON.parse(decrypt(dataKey, data, `data:${scope}`).toString()) as Record<string, string>;
    } catch (cause) {
      const message = `the secrets of '${scope}' were changed outside of Sluice and cannot be read; set them again`;
      throw new SluiceError('SECRET_UNREADABLE', message, { cause });
    }
  }

  #key(keyId: string): Buffer {
    const key = this.#keys.get(keyId);
    if (key !== undefined) return key;
    const have = [...this.#keys.keys()].join(', ') || 'none';
    const message = `secrets are under the master key ${keyId || 'none'}, and the keys given are ${have}; bring that key back, by secrets.keyFile, secrets.key or secrets.keyCommand`;
    throw new SluiceError('SECRET_UNREADABLE', message, { details: { key: keyId } });
  }
}

function idOf(key: Buffer): string {
  return createHash('sha256').update('sluice master key').update(key).digest('hex').slice(0, 16);
}

function encrypt(key: Buffer, text: Buffer, scope: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(scope));
  const encrypted = Buffer.concat([cipher.update(text), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), encrypted]);
}

function decrypt(key: Buffer, bytes: Uint8Array, scope: string): Buffer {
  const sealed = Buffer.from(bytes);
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES));
  decipher.setAAD(Buffer.from(scope)).setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
}
