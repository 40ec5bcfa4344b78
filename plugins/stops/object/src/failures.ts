import { driverError, type ConnectionStep, type SluiceError } from '@sluice/plugin-sdk';

const remedies = {
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

/** An error of the client, as far as it is looked at. */
interface Failure {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/**
 * Any failure of the client as an error of Sluice.
 *
 * @param doing what was tried, such as `reading 's3://bucket/key'`
 */
export function clientError(endpoint: string, error: unknown, doing: string): SluiceError {
  const { name = '', message = String(error), code = '' } = error as Failure;
  const why = message === '' || message === 'UnknownError' ? name || code : message;
  const isMissing = /^(NoSuchBucket|NoSuchKey|NotFound)$/.test(name);
  return driverError(endpoint === '' ? 'S3' : hostOf(endpoint), error, doing, {
    stepOf,
    why: () => why,
    remedies,
    reasonOf: () => (isMissing ? 'FILE_NOT_FOUND' : undefined),
  });
}

function stepOf(error: unknown): ConnectionStep | undefined {
  const { name = '', $metadata } = error as Failure;
  if (
    /^(InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|AuthorizationHeaderMalformed)$/.test(name)
  ) {
    return 'authentication';
  }
  if ($metadata?.httpStatusCode === 401) return 'authentication';
  if ($metadata?.httpStatusCode === 403) return 'permission';
  return name === 'TimeoutError' ? 'connect' : undefined;
}
