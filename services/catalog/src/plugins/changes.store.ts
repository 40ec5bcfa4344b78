import type { Knex, Outbox, OutgoingEvent } from '@sluice/chassis';
import type { NewChange } from './plugins.events.js';

/** Keeps who did what, and says it, in the transaction that does it: nothing changes without both. */
export async function recordChange(
  trx: Knex.Transaction,
  outbox: Outbox,
  { timeMs, actor, peer, action, plugin, version, generation, detail }: NewChange<string>,
  event: OutgoingEvent,
): Promise<void> {
  const row = { change_time: timeMs, actor, peer, action, plugin, version, generation, detail };
  await trx('catalog_plugin_changes').insert(row);
  await outbox.add(trx, event);
}
