import { connectionError, isSluiceError, SluiceError, socketStep, type Place } from '@sluice/plugin-sdk';

/** A failure of the socket as an error of Sluice. */
export function socketError(place: Place, error: unknown): SluiceError {
  return isSluiceError(error) ? error : connectionError(place, socketStep(error) ?? 'connect', error);
}

/** What a server refused, as an error of Sluice; `doing` says what was tried. */
export function refusal(place: Place, answer: string, doing: string): SluiceError {
  if (/^CLIENT_ERROR (unauthenticated|authentication failure)/.test(answer)) {
    return connectionError(place, 'authentication', answer);
  }
  const remedy = answer.includes('too large') ? '; the server takes values of 1 MB unless its option -I says more' : '';
  return new SluiceError('QUERY_FAILED', `${place.host}:${place.port}: ${doing} failed: ${answer}${remedy}`);
}
