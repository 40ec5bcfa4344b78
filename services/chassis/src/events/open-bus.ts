import type { Config } from '../config/settings.js';
import type { DeliveryParts, EventBus } from './delivery.js';
import { InProcessBus } from './in-process-bus.js';

/** Opens the bus that the settings name: NATS JetStream, or the one inside the process. */
export async function openBus(config: Config, parts: Omit<DeliveryParts, 'signal'>): Promise<EventBus> {
  if (config.nats.url === '') return new InProcessBus(parts);
  const { openNatsBus } = await import('./nats-bus.js');
  return openNatsBus(config, parts);
}
