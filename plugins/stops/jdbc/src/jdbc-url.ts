import { didYouMean, SluiceError } from '@sluice/plugin-sdk';
import { decode, readOptions } from './jdbc-options.js';
import type { ServerTarget, Target } from './target.js';

interface Protocol {
  readonly driver: ServerTarget['driver'];
  readonly port: number;
}

const MYSQL: Protocol = { driver: 'mysql', port: 3306 };
const POSTGRESQL: Protocol = { driver: 'postgresql', port: 5432 };

/** JDBC's words for databases and who speaks to them. Several products speak the protocol of another. */
const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  mysql: MYSQL,
  mariadb: MYSQL,
  tidb: { ...MYSQL, port: 4000 },
  oceanbase: { ...MYSQL, port: 2881 },
  postgresql: POSTGRESQL,
  opengauss: POSTGRESQL,
  gaussdb: POSTGRESQL,
  opentenbase: POSTGRESQL,
  kingbase8: { ...POSTGRESQL, port: 54321 },
  kingbase: { ...POSTGRESQL, port: 54321 },
};

/** Known words of JDBC that this plugin has no driver for. */
const OTHERS = ['sqlserver', 'oracle', 'clickhouse', 'dm', 'hive2', 'impala', 'db2', 'h2', 'duckdb', 'taos', 'lk'];

/**
 * Reads a JDBC URL such as `jdbc:mysql://host:3306/db?useSSL=true`. The options `user`, `password` and
 * `currentSchema`, and those of the drivers about TLS and dates of zeros, are taken.
 *
 * @throws PROPERTY_INVALID that never shows the URL, which may hold a password
 */
export function parseJdbcUrl(url: string, user = '', password = ''): Target {
  const match = /^(?:jdbc:)?([a-z0-9]+):(?:(?:loadbalance|replication|sequential):)?(.*)$/is.exec(url.trim());
  const word = match?.[1]?.toLowerCase() ?? '';
  if (word === 'sqlite') return fileOf(match?.[2] ?? '');
  const protocol = PROTOCOLS[word];
  if (match === null || protocol === undefined) throw unknownProtocol(word);
  const [, hosts = '', database = '', options = ''] =
    /^(?:\/\/([^/?]*))?\/?([^?]*)(?:\?(.*))?$/s.exec(match[2] ?? '') ?? [];
  const at = hosts.lastIndexOf('@');
  const place = hosts.slice(at + 1);
  if (place.includes(',')) throw invalid(`the JDBC URL names several hosts; name one of them`);
  const [, host = '', port = ''] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(place) ?? [];
  if (port !== '' && !(/^\d+$/.test(port) && Number(port) <= 65_535)) {
    throw invalid(`the JDBC URL has the port '${port}', which is none; give a number up to 65535`);
  }
  const given = optionsOf(options);
  const inHosts = at >= 0 ? hosts.slice(0, at).split(':') : [];
  return {
    driver: protocol.driver,
    host: host.replace(/^\[|\]$/g, '') || '127.0.0.1',
    port: port === '' ? protocol.port : Number(port),
    database: decode(database),
    user: user || given('user') || decode(inHosts[0] ?? ''),
    password: password || given('password') || decode(inHosts.slice(1).join(':')),
    tls: tlsOf(given),
    zeroDatesAsNull: /^convert_?to_?null$/i.test(given('zerodatetimebehavior')),
    ...(given('currentschema') === '' ? {} : { searchPath: given('currentschema') }),
  };
}

/** `jdbc:sqlite:PATH`, with options of the Java driver behind a question mark. */
function fileOf(text: string): Target {
  const path = text.replace(/\?.*$/s, '');
  if (path === '' || /^:(memory|resource):/.test(path)) {
    throw invalid('the JDBC URL names no file; write jdbc:sqlite: and the path of one');
  }
  return { driver: 'sqlite', path };
}

/** The value of an option by its name in lower case; empty when it is not given. */
function optionsOf(text: string): (name: string) => string {
  const options = readOptions(text);
  return (name) => options.get(name) ?? '';
}

/** Connector/J's and pgjdbc's options about TLS. */
function tlsOf(given: (name: string) => string): ServerTarget['tls'] {
  const mode = given('sslmode').toLowerCase().replaceAll('_', '-');
  if (['verify-ca', 'verify-full', 'verify-identity'].includes(mode)) return 'verify';
  if (['require', 'required', 'trust'].includes(mode)) return 'require';
  if (['disable', 'disabled', 'allow'].includes(mode)) return 'off';
  if (mode.startsWith('prefer')) return 'prefer';
  const is = (name: string, value: string): boolean => given(name).toLowerCase() === value;
  if (is('verifyservercertificate', 'true')) return 'verify';
  if (is('requiressl', 'true') || is('usessl', 'true') || is('ssl', 'true')) return 'require';
  return 'off';
}

function unknownProtocol(word: string): SluiceError {
  const known = [...Object.keys(PROTOCOLS), 'sqlite'];
  if (OTHERS.includes(word)) {
    return invalid(`there is no driver for jdbc:${word}; there are drivers for ${known.join(', ')}`);
  }
  return invalid(
    `the JDBC URL does not begin with 'jdbc:' and one of ${known.join(', ')}${word === '' ? '' : didYouMean(word, known)}`,
  );
}

function invalid(message: string): SluiceError {
  return new SluiceError('PROPERTY_INVALID', message);
}
