import type { ConnectOptions } from '@sluice/plugin-sdk';
import { openFtp } from './ftp-session.js';
import type { Session, Target } from './session.js';
import { openSftp } from './sftp-session.js';

/**
 * Logs in. A transfer that stands still for the time of `options` ends with an error; a run that is cancelled ends it.
 *
 * @throws CONNECTION_FAILED and ACCESS_REFUSED with their step
 */
export function openSession(target: Target, options: ConnectOptions): Promise<Session> {
  options.signal.throwIfAborted();
  return target.protocol === 'ftp' ? openFtp(target, options) : openSftp(target, options);
}
