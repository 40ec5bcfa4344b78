import type { ServerResponse } from 'node:http';
import { SluiceError } from '@sluice/chassis';

/** A signal that is aborted when the client hangs up before its reply was sent, or when `closing` is. */
export function hangUpSignal(response: ServerResponse, closing: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const onClosing = (): void => controller.abort(closing.reason);
  response.once('close', () => {
    closing.removeEventListener('abort', onClosing);
    if (!response.writableFinished) controller.abort(new SluiceError('CALL_CANCELLED', 'the client hung up'));
  });
  if (closing.aborted) onClosing();
  else closing.addEventListener('abort', onClosing, { once: true });
  return controller.signal;
}
