import { eventPayload, type OutgoingEvent } from '@sluice/chassis';
import { PluginChanged } from '@sluice/proto/events/v1/plugins';

/** All that is said of packages. */
export const PLUGIN_CHANGES = 'sluice.v1.catalog.plugin.*';

/** Something was done to a package; the action is the last word of the subject. */
export function pluginChanged(message: PluginChanged): OutgoingEvent {
  const payload = eventPayload('sluice.events.v1.PluginChanged', PluginChanged, message);
  // One key for all: whoever hears of generations hears of them in their order.
  return { subject: `sluice.v1.catalog.plugin.${message.action}`, key: 'plugins', payload };
}
