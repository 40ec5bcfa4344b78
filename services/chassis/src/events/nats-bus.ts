import type { Config } from '../config/settings.js';
import type { DeliveryParts, EventBus } from './delivery.js';
export function openNatsBus(config: Config, parts: Omit<DeliveryParts, 'signal'>): Promise<EventBus> {
  throw new Error('not yet ' + config.nats.url + String(parts));
}
