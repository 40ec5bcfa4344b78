import type { NotificationTarget } from '@sluice/proto/scheduling/v1/notification_service';
import type { NoticeEvent, TickFacts } from './facts.js';
import type { NoticeText } from './notice-texts.js';

/** What is brought to one target. */
export interface Delivery extends NoticeText {
  readonly id: string;
  readonly event: NoticeEvent | 'TEST';
  /** Undefined for a test. */
  readonly facts: TickFacts | undefined;
}

/** Brings a notification to a target; rejects unless it was taken. */
export type Deliver = (target: NotificationTarget, delivery: Delivery) => Promise<void>;
