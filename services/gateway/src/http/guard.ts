import type { IncomingHttpHeaders } from 'node:http';
import { isIPv4 } from 'node:net';
import { SluiceError } from '@sluice/chassis';

/** Whether a host name or address can only mean this machine. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  if (name === 'localhost' || name.endsWith('.localhost') || name === '::1') return true;
  return isIPv4(name) && name.startsWith('127.');
}

/**
 * Refuses to serve beyond this machine while nobody can be told from anybody.
 *
 * @throws START_FAILED with the remedy.
 */
export function checkListenAddress(host: string): void {
  if (isLoopback(host)) return;
  const remedy =
    'set SLUICE_HTTP_HOST=127.0.0.1; from other machines, use a tunnel such as ssh -L 8002:127.0.0.1:8002, or a ' +
    'reverse proxy on this machine that authenticates';
  const message = `HTTP is not served on ${host}: there are no users yet, so anybody who reaches it could run flows; ${remedy}`;
  throw new SluiceError('START_FAILED', message, { details: { host } });
}

/**
 * Refuses requests that a web page elsewhere makes through the browser of someone on this machine: by a name of its
 * own that it lets point here (Host), or across sites (Origin, Sec-Fetch-Site). Tools that are no browsers send the
 * address they called as Host and none of the others.
 *
 * @throws ORIGIN_FORBIDDEN
 */
export function checkOrigin(method: string, headers: IncomingHttpHeaders): void {
  const { host, origin } = headers;
  const refuse = (message: string): never => {
    throw new SluiceError('ORIGIN_FORBIDDEN', message);
  };
  if (host !== undefined && !isLoopback(hostName(host))) {
    refuse(`requests for the host '${host}' are not served; call this server as 127.0.0.1 or localhost`);
  }
  if (origin !== undefined && !isOwnOrigin(origin, host)) {
    refuse(`requests from pages of '${origin}' are not served; only pages of this server may call it`);
  }
  const site = headers['sec-fetch-site'];
  if (site === 'cross-site' || site === 'same-site') {
    // Following a link to a page here is harmless; it cannot be read from where the link was.
    const isNavigation = headers['sec-fetch-mode'] === 'navigate' && ['GET', 'HEAD'].includes(method);
    if (!isNavigation || headers['sec-fetch-dest'] !== 'document') {
      refuse('requests that another site makes are not served; only pages of this server may call it');
    }
  }
}

function hostName(host: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host) ?? [];
  return bracketed ?? plain ?? '';
}

function isOwnOrigin(origin: string, host: string | undefined): boolean {
  const lower = host?.toLowerCase();
  return lower !== undefined && (origin === `http://${lower}` || origin === `https://${lower}`);
}
