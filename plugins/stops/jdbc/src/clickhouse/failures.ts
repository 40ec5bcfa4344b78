import { driverError, messageOf, socketStep, type ConnectionStep, type SluiceError } from '@sluice/plugin-sdk';
import type { Target } from './target.js';

/** Codes of ClickHouse's errors (src/Common/ErrorCodes.cpp): unknown user, wrong password, and how both are told today. */
const AUTHENTICATION = [192, 193, 194, 516];
/** Not allowed, only reading allowed. */
const PERMISSION = [164, 291, 497];
const UNKNOWN_TABLE = 60;
const CONNECT = 'check host and port (that of HTTP, 8123 or 8443), and whether the server runs';

/**
 * Any failure of the client, or what a server says, as an error of Sluice.
 *
 * @param doing what was tried, such as `reading`
 */
export function clientError({ host, port, tls }: Target, error: unknown, doing: string): SluiceError {
  return driverError({ host, port }, error, doing, {
    stepOf,
    why,
    // A server without TLS waits for more, and never answers.
    remedies: { connect: tls === 'off' ? CONNECT : `${CONNECT}, and whether it speaks TLS there` },
    reasonOf: (failed) => (numberOf(failed) === UNKNOWN_TABLE ? 'TABLE_NOT_FOUND' : undefined),
  });
}

/** What the server says is wrong, without its frame. */
function why(error: unknown): string {
  return messageOf(error)
    .replace(/^Code: \d+[.,]\s*(e\.displayText\(\) = )?(DB::Exception: )?/, '')
    .replace(/, e\.what\(\) = .*$/s, '')
    .trim();
}

function numberOf(error: unknown): number | undefined {
  const { code } = error as { readonly code?: unknown };
  if (/^\d+$/.test(String(code ?? ''))) return Number(code);
  const [, number] = /^Code: (\d+)/.exec(messageOf(error)) ?? [];
  return number === undefined ? undefined : Number(number);
}

function stepOf(error: unknown): ConnectionStep | undefined {
  const number = numberOf(error);
  if (number !== undefined) {
    if (AUTHENTICATION.includes(number)) return 'authentication';
    return PERMISSION.includes(number) ? 'permission' : undefined;
  }
  const isLost = /ERR_STREAM_PREMATURE/.test(String((error as Partial<NodeJS.ErrnoException>).code ?? ''));
  const isLate = /timeout|socket hang up|aborted/i.test(messageOf(error));
  return socketStep(error) ?? (isLost || isLate ? 'connect' : undefined);
}
