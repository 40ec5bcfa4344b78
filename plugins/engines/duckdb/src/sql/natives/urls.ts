/** parse_url by the rules of java.net.URI; NULL, or an error when `strict`, for what is no URI. */
export function parseUrl(text: string, part: string, key: string, keyed: boolean, strict: boolean): string | null {
  const uri = split(text);
  if (!uri) {
    if (strict) throw new RangeError(`[INVALID_URL] '${text}' is no URL`);
    return null;
  }
  if (keyed && part !== 'QUERY') return null;
  switch (part) {
    case 'HOST':
      return uri.host;
    case 'PATH':
      return uri.path;
    case 'QUERY':
      if (!keyed) return uri.query;
      return (
        new RegExp(`(?:&|^)${key.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}=([^&]*)`).exec(uri.query ?? '')?.[1] ?? null
      );
    case 'REF':
      return uri.fragment;
    case 'PROTOCOL':
      return uri.scheme;
    case 'AUTHORITY':
      return uri.authority;
    case 'USERINFO':
      return uri.userinfo;
    case 'FILE':
      return uri.query === null ? uri.path : `${uri.path}?${uri.query}`;
    default:
      return null;
  }
}

interface Uri {
  readonly scheme: string | null;
  readonly authority: string | null;
  readonly userinfo: string | null;
  readonly host: string | null;
  readonly path: string;
  readonly query: string | null;
  readonly fragment: string | null;
}

function split(text: string): Uri | undefined {
  // eslint-disable-next-line no-control-regex -- a URI has no blanks or control characters
  if (/[\x00-\x20\x7f<>"{}|\\^`]/.test(text) || /%(?![0-9a-fA-F]{2})/.test(text)) return undefined;
  const match = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/.exec(text);
  if (!match) return undefined;
  const authority = match[2] === undefined || match[2] === '' ? null : match[2];
  const parts = authority === null ? undefined : /^(?:([^@]*)@)?(\[[^\]]*\]|[^:@]*)(?::(\d*))?$/.exec(authority);
  const host =
    parts?.[2] !== undefined &&
    /^(?:\[[0-9a-fA-F:.]+\]|(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.?)$/.test(
      parts[2],
    )
      ? parts[2]
      : null;
  return {
    scheme: match[1] ?? null,
    authority,
    userinfo: host === null ? null : (parts?.[1] ?? null),
    host,
    path: match[3] ?? '',
    query: match[4] ?? null,
    fragment: match[5] ?? null,
  };
}

/** A text as form data: letters, digits and `.-*_` stay, a blank is `+`. */
export const urlEncode = (text: string): string =>
  [...Buffer.from(text, 'utf8')]
    .map((byte) => {
      const c = String.fromCharCode(byte);
      if (/[A-Za-z0-9.\-*_]/.test(c)) return c;
      return c === ' ' ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');

export function urlDecode(text: string): string | null {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return null;
  const bytes = Buffer.from(
    text
      .replaceAll('+', ' ')
      .replace(
        /%([0-9a-fA-F]{2})|([^%]+)/g,
        (_, hex: string | undefined, plain: string | undefined) =>
          hex ?? Buffer.from(plain ?? '', 'utf8').toString('hex'),
      ),
    'hex',
  );
  return bytes.toString('utf8');
}
