import { isSluiceError, SluiceError, type ConnectionStep } from '@sluice/plugin-sdk';

const REMEDIES: Readonly<Record<ConnectionStep, string>> = {
  name: 'check the host name of the endpoint',
  connect: 'check the endpoint, and whether the server runs',
  tls: 'check whether the server speaks TLS at this port, and its certificate',
  authentication: 'check access key and secret key',
  permission: 'check what the access key may do',
};

/** Host and port of an endpoint, for messages. */
export function hostOf(endpoint: string): string {
  const url = /^https?:\/\//i.test(endpoint) ? endpoint : `http://${endpoint}`;
  return URL.canParse(url) ? new URL(url).host : '';
}

/**
 * Any failure of the client as an error of Sluice.
 *
 * @param doing what was tried, such as `reading 's3://bucket/key'`
 */
export function clientError(endpoint: string, error: unknown, doing: string): SluiceError {
  if (isSluiceError(error)) return error;
  const place = endpoint === '' ? 'S3' : hostOf(endpoint);
  const {
    name = '',
    message = String(error),
    code = '',
  } = error as Partial<Record<'name' | 'message' | 'code', string>>;
  const step = stepOf(error);
  const why = message === '' || message === 'UnknownError' ? name || code : message;
  if (step !== undefined) {
    const reason = step === 'authentication' || step === 'permission' ? 'ACCESS_REFUSED' : 'CONNECTION_FAILED';
    const text = `${place}, step '${step}', ${doing}: ${why}; ${REMEDIES[step]}`;
    return new SluiceError(reason, text, { details: { step, address: place }, cause: error });
  }
  const isMissing = /^(NoSuchBucket|NoSuchKey|NotFound)$/.test(name);
  return new SluiceError(isMissing ? 'FILE_NOT_FOUND' : 'QUERY_FAILED', `${place}: ${doing} failed: ${why}`, {
    cause: error,
  });
}

function stepOf(error: unknown): ConnectionStep | undefined {
  const {
    name = '',
    code = '',
    $metadata,
  } = error as {
    readonly name?: string;
    readonly code?: string;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  if (
    /^(InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|AuthorizationHeaderMalformed)$/.test(name)
  ) {
    return 'authentication';
  }
  if ($metadata?.httpStatusCode === 401) return 'authentication';
  if ($metadata?.httpStatusCode === 403) return 'permission';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'name';
  if (/^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_SSL|EPROTO|HOSTNAME_MISMATCH)/.test(code)) return 'tls';
  return /^(ECONN|EPIPE|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)/.test(code) || name === 'TimeoutError'
    ? 'connect'
    : undefined;
}
