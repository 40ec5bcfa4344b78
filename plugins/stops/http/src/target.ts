import { SluiceError } from '@sluice/plugin-sdk';
import { shownUrl } from './failures.js';
import type { HttpRequest } from './request.js';

/** Where a request goes and who asks, as properties say it. */
export interface Asked {
  readonly url: string;
  readonly baseUrl?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  readonly tokenHeader?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * The target of a request with its headers. A name and password in the URL become a header.
 *
 * @throws PROPERTY_INVALID for what is no http URL, or a URL elsewhere than the base to which the secrets belong
 */
export function targetOf(asked: Asked): Pick<HttpRequest, 'url' | 'headers' | 'secrets'> {
  const { baseUrl = '', user = '', password = '', token = '', tokenHeader = 'Authorization' } = asked;
  const base = baseUrl === '' ? undefined : parseUrl(baseUrl, 'baseUrl');
  const url = base === undefined ? parseUrl(asked.url, 'url') : below(base, asked.url);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(asked.headers ?? {})) headers[name.trim().toLowerCase()] = value;
  const [name, secret] = url.username === '' ? [user, password] : [decode(url.username), decode(url.password)];
  url.username = '';
  url.password = '';
  const basic = Buffer.from(`${name}:${secret}`).toString('base64');
  if (name !== '') headers['authorization'] = `Basic ${basic}`;
  const header = tokenHeader.toLowerCase();
  if (token !== '') headers[header] = header === 'authorization' ? `Bearer ${token}` : token;
  checkHeaders(headers);
  return { url, headers, secrets: [token, ...(name === '' ? [] : [secret, basic])] };
}

function parseUrl(text: string, property: string): URL {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url;
  // Not shown: what is no URL may still hold a password.
  throw new SluiceError('PROPERTY_INVALID', `property '${property}' is no http or https URL`);
}

/** A path below a base, whether either has the slash between them; a whole URL must have the base's origin. */
function below(base: URL, text: string): URL {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text.trim())) {
    const url = parseUrl(text, 'url');
    if (url.origin === base.origin) return withUser(url, base);
    const message = `property 'url': ${shownUrl(url)} is not at ${base.origin}, to which user and token belong`;
    throw new SluiceError('PROPERTY_INVALID', message);
  }
  const [path = '', query] = text
    .trim()
    .replace(/^\/+/, '')
    .split(/\?(.*)/s);
  const url = new URL(base);
  if (path !== '') url.pathname = `${url.pathname.replace(/\/+$/, '')}/${path}`;
  if (query !== undefined) url.search = query;
  return url;
}

function withUser(url: URL, base: URL): URL {
  if (url.username === '') [url.username, url.password] = [base.username, base.password];
  return url;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function checkHeaders(headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)) continue;
    throw new SluiceError('PROPERTY_INVALID', `the header '${name}' has a name or value that HTTP does not allow`);
  }
}
