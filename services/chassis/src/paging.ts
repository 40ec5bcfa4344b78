import { createHash } from 'node:crypto';
import { SluiceError } from './errors.js';

/** One page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** The token of the next page; empty on the last page. */
  readonly nextPageToken: string;
}

/** How many items a page has: `asked`, at most `most`; `usual` when the caller says nothing. */
export function pageSize(asked: number, usual: number, most: number): number {
  if (asked < 0) throw new SluiceError('REQUEST_INVALID', `page_size is ${asked}; it must be 0 (for ${usual}) or more`);
  return asked === 0 ? usual : Math.min(asked, most);
}

/**
 * Makes a page of the rows that were read: one more than fit tells that there is a next page.
 *
 * @param scope what the list was asked for; a token serves no other list
 * @param cursor the place of an item in the list
 */
export function pageOf<T>(
  rows: readonly T[],
  size: number,
  scope: readonly unknown[],
  cursor: (item: T) => readonly (string | number)[],
): Page<T> {
  const items = rows.slice(0, size);
  const last = rows.length > size ? items.at(-1) : undefined;
  if (last === undefined) return { items, nextPageToken: '' };
  return { items, nextPageToken: Buffer.from(JSON.stringify([mark(scope), ...cursor(last)])).toString('base64url') };
}

/** The cursor in a page token; undefined for the first page. PAGE_TOKEN_INVALID for a token of another list. */
export function readPageToken<const C extends readonly ('string' | 'number')[]>(
  token: string,
  scope: readonly unknown[],
  types: C,
): { [K in keyof C]: C[K] extends 'string' ? string : number } | undefined {
  if (token === '') return undefined;
  const bytes = Buffer.from(token, 'base64url');
  let parts: unknown;
  try {
    // Letters that say nothing would be passed over.
    if (bytes.toString('base64url') === token) parts = JSON.parse(bytes.toString());
  } catch {
    parts = undefined; // told below, as every other token that is none
  }
  if (Array.isArray(parts) && parts.length === types.length + 1 && parts[0] === mark(scope)) {
    const cursor: unknown[] = parts.slice(1);
    if (cursor.every((each, index) => typeof each === types[index])) {
      return cursor as { [K in keyof C]: C[K] extends 'string' ? string : number };
    }
  }
  const message =
    'the page_token is not one of this list; begin again without it, and keep the filters from page to page';
  throw new SluiceError('PAGE_TOKEN_INVALID', message);
}

function mark(scope: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(scope)).digest('base64url').slice(0, 12);
}
