import { connectionError, SluiceError, socketStep, type DriverErrors } from '@sluice/plugin-sdk';

const remedies = {
  tls: 'check whether the server speaks TLS at this port, and its certificate',
  authentication: 'check user and password, or the token',
  permission: 'check what the user or token may do',
};

/** A URL as messages may show it: without user, password and query, which often hold keys. */
export function shownUrl(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

/** A text without the secrets in it; servers like to repeat what they refuse. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((shown, secret) => (secret === '' ? shown : shown.replaceAll(secret, '***')), text);
}

/** A failure to get an answer at all, as the step at which it happened. */
export function requestError(url: URL, error: unknown): SluiceError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const isName = (cause as Partial<NodeJS.ErrnoException>).code === 'ERR_INVALID_URL';
  const errors: DriverErrors = { remedies, shown: () => shownUrl(url) };
  const place = { host: url.hostname, port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80) };
  return connectionError(place, isName ? 'name' : (socketStep(cause) ?? 'connect'), cause, errors);
}

/** An answer that is no success; `body` is its beginning. */
export function statusError(method: string, url: URL, response: Response, body: string): SluiceError {
  const { status, statusText } = response;
  const said = body.replace(/\s+/g, ' ').trim();
  const answer = `${method} ${shownUrl(url)} answers ${`${status} ${statusText}`.trimEnd()}${said === '' ? '' : `: ${said}`}`;
  const step = status === 401 || status === 407 ? 'authentication' : status === 403 ? 'permission' : undefined;
  if (step === undefined) return new SluiceError('QUERY_FAILED', answer, { details: { status: String(status) } });
  const details = { step, host: url.hostname, port: url.port, status: String(status) };
  return new SluiceError('ACCESS_REFUSED', `${answer}; ${remedies[step]}`, { details });
}
