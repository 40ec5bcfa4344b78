import { eventPayload, type OutgoingEvent } from '@sluice/chassis';
import { PluginChanged } from '@sluice/proto/events/v1/plugins';
import type { ChangeRecord } from './plugin-record.js';

/** All that is said of packages. */
export const PLUGIN_CHANGES = 'sluice.v1.catalog.plugin.*';

/** The words of events for what is recorded. */
const WORDS = {
  upload: 'uploaded',
  refuse: 'refused',
  mount: 'mounted',
  unmount: 'unmounted',
  rollback: 'rolledback',
  remove: 'removed',
  quarantine: 'quarantined',
  release: 'released',
  publish: 'published',
  'trust-key': 'trusted',
  'distrust-key': 'distrusted',
} as const;

/** What can be done to packages and to keys. */
export type PluginAction = keyof typeof WORDS;

/** Something that is done now. */
export type NewChange<Action extends string = PluginAction> = Omit<ChangeRecord, 'sequence'> & {
  readonly action: Action;
};

/** Something was done to a package or a key; the action is the last word of the subject. */
export function pluginChanged({ action, plugin, version, generation, actor, detail }: NewChange): OutgoingEvent {
  const word = WORDS[action];
  const message = { action: word, name: plugin, version, generation: BigInt(generation), actor, detail };
  const payload = eventPayload('sluice.events.v1.PluginChanged', PluginChanged, message);
  // One key for all: whoever hears of generations hears of them in their order.
  return { subject: `sluice.v1.catalog.plugin.${word}`, key: 'plugins', payload };
}
