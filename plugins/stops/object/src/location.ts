import { SluiceError } from '@sluice/plugin-sdk';

/** A place in a bucket. */
export interface Location {
  readonly bucket: string;
  /** Without a slash at its ends; empty: the whole bucket. */
  readonly key: string;
}

/** Reads `s3a://bucket/key`, also with `s3` or `s3n`; PROPERTY_INVALID for another. */
export function parseLocation(text: string): Location {
  const [, bucket = '', rest = ''] = /^s3[an]?:\/\/([a-z0-9][a-z0-9._-]{1,62})(?:\/(.*))?$/is.exec(text.trim()) ?? [];
  const key = rest.replace(/^\/+|\/+$/g, '');
  const isPlain = !key.split('/').some((name) => name === '..' || name === '.' || (name === '' && key !== ''));
  if (bucket !== '' && isPlain) return { bucket, key };
  throw new SluiceError('PROPERTY_INVALID', `'${text}' is no place in a bucket; write one such as s3a://bucket/folder`);
}

/** Whether a name stands for something else than rows, as `_SUCCESS` does. */
export function isHidden(key: string): boolean {
  return key.split('/').some((name) => /^[_.]/.test(name));
}
