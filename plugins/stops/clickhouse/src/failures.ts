import { isSluiceError, SluiceError, type ConnectionStep } from '@sluice/plugin-sdk';
import type { Target } from './target.js';

const REMEDIES: Readonly<Record<ConnectionStep, string>> = {
  name: 'check the host name',
  connect: 'check host and port (that of HTTP, 8123 or 8443), and whether the server runs',
  tls: 'check the TLS setting and the certificate of the server',
  authentication: 'check user and password',
  permission: 'check what the user may do',
};
/** Codes of ClickHouse's errors (src/Common/ErrorCodes.cpp): unknown user, wrong password, and how both are told today. */
const AUTHENTICATION = [192, 193, 194, 516];
/** Not allowed, only reading allowed. */
const PERMISSION = [164, 291, 497];
const UNKNOWN_TABLE = 60;

/**
 * Any failure of the client, or what a server says, as an error of Sluice.
 *
 * @param doing what was tried, such as `reading`
 */
export function clientError({ host, port, tls }: Target, error: unknown, doing: string): SluiceError {
  if (isSluiceError(error)) return error;
  const message = messageOf(error);
  const number = codeOf(error, message);
  const step = stepOf(error, number, message);
  if (step !== undefined) {
    const reason = step === 'authentication' || step === 'permission' ? 'ACCESS_REFUSED' : 'CONNECTION_FAILED';
    // A server without TLS waits for more, and never answers.
    const more = step === 'connect' && tls !== 'off' ? ', and whether it speaks TLS there' : '';
    const text = `${host}:${port}, step '${step}': ${message}; ${REMEDIES[step]}${more}`;
    return new SluiceError(reason, text, { details: { step, host, port: String(port) }, cause: error });
  }
  const reason = number === UNKNOWN_TABLE ? 'TABLE_NOT_FOUND' : 'QUERY_FAILED';
  return new SluiceError(reason, `${host}:${port}: ${doing} failed: ${message}`, { cause: error });
}

/** What the server says is wrong, without its frame. */
function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message || String((error as NodeJS.ErrnoException).code) : String(error);
  return text
    .replace(/^Code: \d+[.,]\s*(e\.displayText\(\) = )?(DB::Exception: )?/, '')
    .replace(/, e\.what\(\) = .*$/s, '')
    .trim();
}

function codeOf(error: unknown, message: string): number | undefined {
  const { code } = error as { readonly code?: unknown };
  if (/^\d+$/.test(String(code ?? ''))) return Number(code);
  const text = error instanceof Error ? error.message : message;
  const [, number] = /^Code: (\d+)/.exec(text) ?? [];
  return number === undefined ? undefined : Number(number);
}

function stepOf(error: unknown, number: number | undefined, message: string): ConnectionStep | undefined {
  if (number !== undefined) {
    if (AUTHENTICATION.includes(number)) return 'authentication';
    return PERMISSION.includes(number) ? 'permission' : undefined;
  }
  const code = String((error as Partial<NodeJS.ErrnoException>).code ?? '');
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'name';
  if (/^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_SSL|EPROTO|HOSTNAME_MISMATCH)/.test(code)) return 'tls';
  if (/^(ECONN|EPIPE|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|ERR_STREAM_PREMATURE)/.test(code)) return 'connect';
  return /timeout|socket hang up|aborted/i.test(message) ? 'connect' : undefined;
}
