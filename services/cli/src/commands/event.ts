import { SluiceError } from '@sluice/chassis';
import { EventServiceService, PublishEventResponse } from '@sluice/proto/scheduling/v1/event_service';
import { readDocument } from '../flow-source.js';
import type { Session } from '../session.js';
import { outcomeText } from './schedule.js';

/** Gives an event to all schedules that listen to its subject. */
export async function publishEvent(
  session: Session,
  options: { readonly id?: string },
  subject: string,
  payload = '{}',
): Promise<void> {
  const client = (await session.connect()).get(EventServiceService);
  const request = { subject, eventId: options.id ?? '', payload: await readPayload(payload) };
  // The same call again would be another event unless it has a name.
  const found = await client.publishEvent(request, { idempotent: request.eventId !== '' });
  if (session.json) return session.outJson(PublishEventResponse.toJSON(found));
  const { event } = session.texts;
  for (const { scheduleId, tick, dropped } of found.receipts) {
    const told = tick === undefined ? (dropped ? event.dropped : event.filtered) : outcomeText(session, tick);
    session.out(`${scheduleId}  ${tick === undefined ? '' : `${tick.key}  `}${told}`);
  }
  if (found.receipts.length === 0 && !session.quiet) session.err(event.nobody(subject));
}

/** A JSON object as an argument, or from a file or standard input by its name. */
async function readPayload(text: string): Promise<Record<string, unknown>> {
  const document = text.trimStart().startsWith('{') ? text : await readDocument(text);
  let value: unknown;
  try {
    value = JSON.parse(document);
  } catch (error) {
    throw new SluiceError('REQUEST_INVALID', `the payload is no JSON: ${(error as Error).message}`, { cause: error });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new SluiceError('REQUEST_INVALID', 'the payload is no JSON object; write such as {"order": 7}');
}
