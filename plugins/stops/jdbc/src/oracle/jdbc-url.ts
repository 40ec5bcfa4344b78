import { SluiceError } from '@sluice/plugin-sdk';
import type { ServerTarget } from '../target.js';

/**
 * Reads what stands behind `jdbc:oracle:`, such as `thin:@host:1521:sid`, `thin:@//host:1521/service`,
 * `thin:scott/tiger@tcps://host/service`, or `thin:@(DESCRIPTION=...)` of one address.
 *
 * @throws PROPERTY_INVALID, which does not show the URL
 */
export function oracleTarget(text: string, user: string, password: string): ServerTarget {
  const match = /^(?:thin|oci):(?:([^/@]*)\/([^@]*))?@(.*)$/is.exec(text);
  if (match === null) throw invalid();
  const [, ownUser = '', ownPassword = '', place = ''] = match;
  const who = { user: user || ownUser, password: password || ownPassword, zeroDatesAsNull: false };
  return {
    driver: 'oracle',
    ...who,
    ...(place.trim().startsWith('(') ? ofDescription(place) : ofAddress(place.trim())),
  };
}

type Address = Pick<ServerTarget, 'host' | 'port' | 'database' | 'tls'>;

function ofAddress(place: string): Address {
  const match =
    /^(?:(tcps?):)?(?:\/\/)?(\[[^\]]+\]|[^:/?]+)(?::(\d+))?(?:(:)([^/?:]+)|\/([^/?:]+)(?::\w+)?)(?:\?.*)?$/is.exec(
      place,
    );
  if (match === null) throw invalid();
  const [, protocol = 'tcp', host = '', port = '1521', isSid, sid = '', service = ''] = match;
  const tls = protocol.toLowerCase() === 'tcps' ? 'verify' : 'off';
  return {
    host: host.replace(/^\[|\]$/g, ''),
    port: Number(port),
    database: isSid === undefined ? service : `:${sid}`,
    tls,
  };
}

function ofDescription(text: string): Address {
  const given = (name: string): string =>
    new RegExp(`\\(\\s*${name}\\s*=\\s*([^()]*?)\\s*\\)`, 'i').exec(text)?.[1] ?? '';
  const several = (text.match(/\(\s*HOST\s*=/gi) ?? []).length > 1;
  if (several) throw new SluiceError('PROPERTY_INVALID', 'the JDBC URL names several hosts; name one of them');
  const [host, service, sid] = [given('HOST'), given('SERVICE_NAME'), given('SID')];
  if (host === '' || (service === '' && sid === '')) throw invalid();
  const tls = /^tcps$/i.test(given('PROTOCOL')) ? 'verify' : 'off';
  return { host, port: Number(given('PORT') || 1521), database: service || `:${sid}`, tls };
}

function invalid(): SluiceError {
  const message =
    'the JDBC URL of Oracle is not of the form jdbc:oracle:thin:@//host:1521/service or jdbc:oracle:thin:@host:1521:sid';
  return new SluiceError('PROPERTY_INVALID', message);
}
