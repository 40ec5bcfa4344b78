import { Client, errors } from '@opensearch-project/opensearch';
import { driverError, messageOf, type ConnectOptions, type ConnectionStep, type SluiceError } from '@sluice/plugin-sdk';

/** Where the servers are and who asks. */
export interface Target {
  /** `http://host:port` or with https. */
  readonly nodes: readonly string[];
  /** Empty: no login. */
  readonly user: string;
  readonly password: string;
  /** An API key instead, as Elasticsearch gives it, encoded; empty: none. */
  readonly apiKey: string;
  /** Whether certificates are checked. */
  readonly verify: boolean;
}

const remedies = { authentication: 'check user and password, or the API key' };

/**
 * Opens a client and sees that a server answers. It is OpenSearch's, which speaks to Elasticsearch as well: Elasticsearch's
 * own refuses OpenSearch.
 *
 * @param requestMs how long one answer may take
 * @throws CONNECTION_FAILED and ACCESS_REFUSED with their step
 */
export async function openClient(
  target: Target,
  options: ConnectOptions,
  requestMs = options.timeoutMs,
): Promise<Client> {
  const { nodes, user, password, apiKey, verify } = target;
  const { timeoutMs, signal } = options;
  signal.throwIfAborted();
  const client = new Client({
    nodes: [...nodes],
    ...(user === '' ? {} : { auth: { username: user, password } }),
    ...(apiKey === '' ? {} : { headers: { authorization: `ApiKey ${apiKey}` } }),
    ssl: { rejectUnauthorized: verify },
    requestTimeout: requestMs,
    maxRetries: 2,
    enableLongNumeralSupport: true,
  });
  try {
    await until(signal, client.info({}, { requestTimeout: timeoutMs, maxRetries: 0 }));
    return client;
  } catch (error) {
    await client.close();
    signal.throwIfAborted();
    throw clientError(target, error, 'connecting');
  }
}

/** A request that ends where the run does: closing the client would leave it without an answer for ever. */
export async function until<T>(signal: AbortSignal, request: Promise<T> & { abort?: () => unknown }): Promise<T> {
  const end = (): void => void request.abort?.();
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  try {
    return await request;
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/**
 * Any failure of the client as an error of Sluice.
 *
 * @param doing what was tried, such as `reading 'orders'`
 */
export function clientError({ nodes }: Target, error: unknown, doing: string): SluiceError {
  const isMissing = error instanceof errors.ResponseError && /index_not_found/.test(error.message);
  return driverError(nodes.map((node) => new URL(node).host).join(','), error, doing, {
    stepOf,
    why,
    remedies,
    reasonOf: () => (isMissing ? 'TABLE_NOT_FOUND' : undefined),
  });
}

/** What the server says is wrong. */
function why(error: unknown): string {
  if (!(error instanceof errors.ResponseError)) return messageOf(error);
  const { error: said } = (error.body ?? {}) as { readonly error?: unknown };
  const { reason, root_cause: causes } = (said ?? {}) as {
    readonly reason?: string;
    readonly root_cause?: readonly { readonly reason?: string }[];
  };
  return causes?.[0]?.reason ?? reason ?? `${error.message} (status ${error.statusCode ?? '?'})`;
}

function stepOf(error: unknown): ConnectionStep | undefined {
  if (error instanceof errors.ResponseError) {
    if (error.statusCode === 401) return 'authentication';
    return error.statusCode === 403 ? 'permission' : undefined;
  }
  if (error instanceof errors.TimeoutError || error instanceof errors.NoLivingConnectionsError) return 'connect';
  if (!(error instanceof errors.ConnectionError)) return undefined;
  // The client keeps no codes.
  if (/ENOTFOUND|EAI_AGAIN/.test(error.message)) return 'name';
  if (/certificate|SSL|TLS|EPROTO|altnames|wrong version number/i.test(error.message)) return 'tls';
  return 'connect';
}
