import { SluiceError, type Tls } from '@sluice/plugin-sdk';

/** Where a server is and who asks. */
export interface Target {
  readonly host: string;
  /** The port of its HTTP interface. */
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly tls: Tls;
}

const FORM = 'jdbc:clickhouse://host:8123/database';

/**
 * Reads a JDBC URL as the old and the new driver take it, such as `jdbc:clickhouse://host:8123/db?ssl=true`. A user and a
 * password in it count where the stop has none.
 *
 * @throws PROPERTY_INVALID, which does not show the URL: it may hold a password
 */
export function parseUrl(text: string, user: string, password: string): Target {
  const [, scheme = '', rest = ''] =
    /^\s*(?:jdbc:)?(clickhouse|ch|https?|clickhouse:https?|ch:https?):\/\/(.*?)\s*$/i.exec(text) ?? [];
  const url = URL.canParse(`http://${rest}`) ? new URL(`http://${rest}`) : undefined;
  if (scheme === '' || url === undefined || url.hostname === '') {
    throw new SluiceError('PROPERTY_INVALID', `property 'url' is no URL of ClickHouse; write ${FORM}`);
  }
  const options = new Map([...url.searchParams].map(([name, value]) => [name.toLowerCase(), value]));
  const isSecure = /https$/i.test(scheme) || options.get('ssl') === 'true';
  const isUnchecked = options.get('sslmode')?.toLowerCase() === 'none';
  const tls = options.get('tls') ?? (isSecure ? (isUnchecked ? 'require' : 'verify') : 'off');
  if (tls !== 'off' && tls !== 'require' && tls !== 'verify') {
    throw new SluiceError('PROPERTY_INVALID', "property 'url': tls is one of off, require, verify");
  }
  const database = decodeURIComponent(url.pathname.replace(/^\//, '')) || options.get('database') || 'default';
  // The port 80 is what a URL leaves out.
  const port = url.port !== '' ? Number(url.port) : /:80(\/|\?|$)/.test(rest) ? 80 : tls === 'off' ? 8123 : 8443;
  const isGiven = user !== '';
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    database,
    user: isGiven ? user : options.get('user') || decodeURIComponent(url.username) || 'default',
    password: isGiven ? password : options.get('password') || decodeURIComponent(url.password),
    tls,
  };
}
