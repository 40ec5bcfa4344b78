import { SluiceError, toSluiceError, type Reason } from '@sluice/plugin-sdk';
import type { WireError } from './protocol.js';

/** An error as it crosses the channel; what is not an error of Sluice becomes one under `reason`. */
export function toWireError(error: unknown, reason: Reason = 'STOP_FAILED'): WireError {
  const { reason: known, message, details, problems } = toSluiceError(error, reason);
  return { reason: known, message, details, problems };
}

/** The error that crossed the channel. */
export function fromWireError(error: WireError): SluiceError {
  return new SluiceError(error.reason, error.message, { details: error.details, problems: error.problems });
}
