import { driverError, type ConnectionStep, type Place, type SluiceError } from '@sluice/plugin-sdk';

/** Any failure of the client as an error of Sluice; `doing` says what was tried, such as `reading the key 'a'`. */
export function clientError(place: Place, error: unknown, doing: string): SluiceError {
  return driverError(place, error, doing, { stepOf });
}

function stepOf(error: unknown): ConnectionStep | undefined {
  const { message = '', name = '' } = error as Partial<Record<'message' | 'name', string>>;
  if (/^(WRONGPASS|NOAUTH|ERR AUTH|ERR invalid password|ERR Client sent AUTH)/.test(message)) return 'authentication';
  if (message.startsWith('NOPERM')) return 'permission';
  // The client's own errors have no codes.
  if (/Timeout|Closed|Offline|Disconnects|RootNodes|Reconnect/.test(`${name}${error?.constructor.name ?? ''}`))
    return 'connect';
  return /Socket closed|client is closed|Connection timeout/i.test(message) ? 'connect' : undefined;
}
