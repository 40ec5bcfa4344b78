import { didYouMean, SluiceError } from '@sluice/plugin-sdk';
import { parseUrl } from './clickhouse/target.js';
import { decode, readOptions } from './jdbc-options.js';
import { oracleTarget } from './oracle/jdbc-url.js';
import type { ServerTarget, Target } from './target.js';

interface Protocol {
  readonly driver: ServerTarget['driver'];
  readonly port: number;
  /** What stands between options; default an ampersand, and a question mark before the first. */
  readonly separator?: ';';
}

const MYSQL: Protocol = { driver: 'mysql', port: 3306 };
const SQLSERVER: Protocol = { driver: 'sqlserver', port: 1433, separator: ';' };
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
  sqlserver: SQLSERVER,
  impala: { driver: 'impala', port: 21_050, separator: ';' },
  hive2: { driver: 'impala', port: 10_000, separator: ';' },
  dm: { driver: 'dameng', port: 5236 },
  lk: { driver: 'presto', port: 8080 },
  presto: { driver: 'presto', port: 8080 },
  'taos-rs': { driver: 'tdengine', port: 6041 },
  kingbase: { ...POSTGRESQL, port: 54321 },
};

/** Known words of JDBC that this plugin has no driver for. */
const OTHERS = ['db2', 'h2', 'taos'];

const WHY: Readonly<Record<string, string>> = {
  taos: ': it needs native libraries; write jdbc:TAOS-RS:// and the port of the REST interface, 6041',
};

/**
 * Reads a JDBC URL such as `jdbc:mysql://host:3306/db?useSSL=true`. The options `user`, `password` and
 * `currentSchema`, and those of the drivers about TLS and dates of zeros, are taken.
 *
 * @throws PROPERTY_INVALID that never shows the URL, which may hold a password
 */
export function parseJdbcUrl(url: string, user = '', password = ''): Target {
  const match = /^(?:jdbc:)?([a-z0-9-]+):(?:(?:loadbalance|replication|sequential):)?(.*)$/is.exec(url.trim());
  const word = match?.[1]?.toLowerCase() ?? '';
  if (word === 'sqlite' || word === 'duckdb') return fileOf(word, match?.[2] ?? '');
  if (word === 'clickhouse' || word === 'ch') {
    return { ...parseUrl(url, user, password), driver: 'clickhouse', zeroDatesAsNull: false };
  }
  if (word === 'oracle') return oracleTarget(match?.[2] ?? '', user, password);
  const protocol = PROTOCOLS[word];
  if (match === null || protocol === undefined) throw unknownProtocol(word);
  const [, hosts = '', database = '', options = ''] =
    /^(?:\/\/([^/?;]*))?\/?([^?;]*)(?:[?;](.*))?$/s.exec(match[2] ?? '') ?? [];
  const at = hosts.lastIndexOf('@');
  const place = hosts.slice(at + 1);
  if (place.includes(',')) throw invalid(`the JDBC URL names several hosts; name one of them`);
  const [, host = '', port = ''] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(place) ?? [];
  if (port !== '' && !(/^\d+$/.test(port) && Number(port) <= 65_535)) {
    throw invalid(`the JDBC URL has the port '${port}', which is none; give a number up to 65535`);
  }
  const given = optionsOf(options, protocol.separator);
  if (host.includes('\\')) throw invalid('the JDBC URL names an instance; name its port');
  const inHosts = at >= 0 ? hosts.slice(0, at).split(':') : [];
  return {
    driver: protocol.driver,
    host: host.replace(/^\[|\]$/g, '') || '127.0.0.1',
    port: port === '' ? protocol.port : Number(port),
    database: decode(database) || given('databasename') || given('database') || given('schema'),
    user: user || given('user') || given('uid') || decode(inHosts[0] ?? ''),
    password: password || given('password') || given('pwd') || decode(inHosts.slice(1).join(':')),
    tls: tlsOf(given),
    zeroDatesAsNull: /^convert_?to_?null$/i.test(given('zerodatetimebehavior')),
    ...(given('currentschema') === '' ? {} : { searchPath: given('currentschema') }),
  };
}

/** `jdbc:sqlite:PATH` or `jdbc:duckdb:PATH`, with options of the Java driver behind a question mark or semicolon. */
function fileOf(driver: 'sqlite' | 'duckdb', text: string): Target {
  const path = text.replace(driver === 'sqlite' ? /\?.*$/s : /[?;].*$/s, '');
  if (path === '' || /^:(memory|resource):/.test(path)) {
    throw invalid(`the JDBC URL names no file; write jdbc:${driver}: and the path of one`);
  }
  return { driver, path };
}

/** The value of an option by its name in lower case; empty when it is not given. */
function optionsOf(text: string, separator: '&' | ';' = '&'): (name: string) => string {
  const options = readOptions(text, separator);
  return (name) => options.get(name) ?? '';
}

/** Connector/J's and pgjdbc's options about TLS. */
function tlsOf(given: (name: string) => string): ServerTarget['tls'] {
  const mode = given('sslmode').toLowerCase().replaceAll('_', '-');
  if (['verify', 'verify-ca', 'verify-full', 'verify-identity'].includes(mode)) return 'verify';
  if (['require', 'required', 'trust'].includes(mode)) return 'require';
  if (['disable', 'disabled', 'allow'].includes(mode)) return 'off';
  if (mode.startsWith('prefer')) return 'prefer';
  const is = (name: string, value: string): boolean => given(name).toLowerCase() === value;
  if (/^(true|strict)$/i.test(given('encrypt'))) return is('trustservercertificate', 'true') ? 'require' : 'verify';
  if (is('verifyservercertificate', 'true')) return 'verify';
  if (is('requiressl', 'true') || is('usessl', 'true') || is('ssl', 'true') || is('ssl', '1')) return 'require';
  return 'off';
}

function unknownProtocol(word: string): SluiceError {
  const known = [...Object.keys(PROTOCOLS), 'sqlite', 'duckdb', 'clickhouse', 'oracle'];
  if (OTHERS.includes(word)) {
    const why = WHY[word] ?? '';
    return invalid(`there is no driver for jdbc:${word}${why}; there are drivers for ${known.join(', ')}`);
  }
  return invalid(
    `the JDBC URL does not begin with 'jdbc:' and one of ${known.join(', ')}${word === '' ? '' : didYouMean(word, known)}`,
  );
}

function invalid(message: string): SluiceError {
  return new SluiceError('PROPERTY_INVALID', message);
}
