import { toBytes, type Sealed } from '@sluice/chassis';
import type { SealedSecrets } from '@sluice/proto/datasource/v1/datasource';

/** The columns in which sealed secrets are kept; all null when there is none. */
export interface SealedRow {
  readonly key_id: string | null;
  readonly wrapped_key: unknown;
  readonly sealed: unknown;
}

export function toSealedRow(sealed: Sealed | undefined): SealedRow {
  if (sealed === undefined) return { key_id: null, wrapped_key: null, sealed: null };
  return { key_id: sealed.keyId, wrapped_key: Buffer.from(sealed.wrappedKey), sealed: Buffer.from(sealed.data) };
}

export function fromSealedRow(row: SealedRow): Sealed | undefined {
  if (row.key_id === null) return undefined;
  return { keyId: row.key_id, wrappedKey: toBytes(row.wrapped_key), data: toBytes(row.sealed) };
}

export function toSealedWire(sealed: Sealed | undefined): SealedSecrets | undefined {
  if (sealed === undefined) return undefined;
  return { keyId: sealed.keyId, wrappedKey: Buffer.from(sealed.wrappedKey), data: Buffer.from(sealed.data) };
}
