import { SluiceError } from '@sluice/plugin-sdk';

const CERTIFICATES = 'certificates are those that Node.js trusts; name more in NODE_EXTRA_CA_CERTS';

/** Options of the Java drivers that change rows or whom to trust and have no counterpart here, with what to do instead. */
const REFUSED: Readonly<Record<string, string>> = {
  sessionvariables: 'every session is set up alike',
  options: 'every session is set up alike; name the schema by currentSchema',
  trustcertificatekeystoreurl: CERTIFICATES,
  clientcertificatekeystoreurl: CERTIFICATES,
  serversslcert: CERTIFICATES,
  sslrootcert: CERTIFICATES,
  sslcert: CERTIFICATES,
  sslkey: CERTIFICATES,
  socketfactory: 'a class of Java cannot be loaded',
  authenticationpluginclassname: 'a class of Java cannot be loaded',
};

/** Texts by name, in lower case. */
export type JdbcOptions = ReadonlyMap<string, string>;

/**
 * The options of a JDBC URL. Those about the Java driver itself, such as `characterEncoding`, `serverTimezone` or
 * `rewriteBatchedStatements`, change no row here and are passed over.
 *
 * @throws PROPERTY_INVALID for one that would, with its name
 */
export function readOptions(text: string, separator: '&' | ';' = '&'): JdbcOptions {
  const options = new Map<string, string>();
  for (const part of text.split(separator)) {
    const equals = part.indexOf('=');
    if (equals <= 0) continue;
    const name = part.slice(0, equals).trim();
    const instead = REFUSED[name.toLowerCase()];
    if (instead !== undefined) {
      throw new SluiceError('PROPERTY_INVALID', `the option ${name} of the JDBC URL is not taken: ${instead}`);
    }
    options.set(name.toLowerCase(), decode(part.slice(equals + 1)));
  }
  return options;
}

/** A part of a URL as it was before it was written there. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a percent sign that stands for itself
  }
}
