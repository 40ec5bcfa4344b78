import { SluiceError } from '@sluice/chassis';

/** Writes a place in a list as a token that callers pass on without reading it. */
export function writePageToken(place: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** Reads a token that {@link writePageToken} wrote; PAGE_TOKEN_INVALID for any other. */
export function readPageToken(token: string, shape: readonly ('string' | 'number')[]): (string | number)[] | undefined {
  if (token === '') return undefined;
  try {
    const place: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (Array.isArray(place) && place.length === shape.length && place.every((each, i) => typeof each === shape[i])) {
      return place as (string | number)[];
    }
  } catch {
    // Not JSON: the same answer as for other JSON.
  }
  throw new SluiceError('PAGE_TOKEN_INVALID', 'the page token is not one that this list gave; begin at the first page');
}

/** The size of a page: the caller's wish, within limits. */
export function pageSize(wish: number, usual: number, most: number): number {
  if (wish < 0) throw new SluiceError('REQUEST_INVALID', `page_size is ${wish}; give a number from 1 to ${most}`);
  return wish === 0 ? usual : Math.min(wish, most);
}
