import type { Database, Knex, Vault } from '@sluice/chassis';
import { NotificationTarget } from '@sluice/proto/scheduling/v1/notification_service';
import { ScheduleSpec } from '@sluice/proto/scheduling/v1/schedule';
import { hookScope, hookSecretOf, plainHookSecret, withHookSecret } from '../events/hook-secret.js';
import { targetScope, webhookSecretOf, withWebhookSecret } from '../notifications/target-secret.js';
import { keyIdOf, openText, sealText } from './sealed-text.js';

/** A secret where it is stored. */
interface Kept {
  /** What it is sealed for. */
  readonly scope: string;
  /** As it stands there; empty for none. */
  readonly text: string;
  /** The secret itself, where it is not sealed. */
  readonly plain: string | undefined;
  /** Stores another text in its place, unless it has changed since. */
  replace(trx: Knex.Transaction, text: string): Promise<unknown>;
}

/** The identifiers of the master keys that secrets of hooks and notification targets are under. */
export async function keptKeyIds(database: Database): Promise<string[]> {
  const ids = (await allKept(database.knex)).map(({ text }) => keyIdOf(text)).filter((id) => id !== undefined);
  return [...new Set(ids)];
}

/**
 * Seals what an older build kept readable, and puts what is under another master key under the present one. Gives how
 * many secrets that were.
 */
export function sealKept(database: Database, vault: Vault): Promise<number> {
  return database.transaction(async (trx) => {
    let count = 0;
    for (const { scope, text, plain, replace } of await allKept(trx)) {
      const keyId = keyIdOf(text);
      if (plain === undefined && (keyId === undefined || keyId === vault.keyId)) continue;
      await replace(trx, sealText(vault, scope, plain ?? openText(vault, scope, text)));
      count += 1;
    }
    await clearHistory(trx);
    return count;
  });
}

async function allKept(knex: Knex): Promise<Kept[]> {
  const schedules = (await knex('scheduling_schedules').where({ kind: 'event' }).select('id', 'spec')) as SpecRow[];
  const hooks = schedules.map(({ id, spec: json }): Kept => {
    const spec = ScheduleSpec.fromJSON(JSON.parse(json));
    const text = hookSecretOf(spec);
    const replace: Kept['replace'] = (trx, sealed) =>
      trx('scheduling_schedules')
        .where({ id, spec: json })
        .update({ spec: toText(withHookSecret(spec, sealed)) });
    return { scope: hookScope(id), text, plain: plainHookSecret(text), replace };
  });
  const targets = (await knex('scheduling_notification_targets').select('id', 'body')) as BodyRow[];
  const webhooks = targets.map(({ id, body }): Kept => {
    const target = NotificationTarget.fromJSON(JSON.parse(body));
    const text = webhookSecretOf(target);
    const plain = text === '' || keyIdOf(text) !== undefined ? undefined : text;
    const replace: Kept['replace'] = (trx, sealed) => {
      const changed = JSON.stringify(NotificationTarget.toJSON(withWebhookSecret(target, sealed)));
      return trx('scheduling_notification_targets').where({ id, body }).update({ body: changed });
    };
    return { scope: targetScope(id), text, plain, replace };
  });
  return [...hooks, ...webhooks];
}

/** What was done to schedules tells of their content without readable secrets; nothing asks it for them. */
async function clearHistory(trx: Knex.Transaction): Promise<void> {
  const rows = (await trx('scheduling_changes')
    .where('spec', 'like', '%"plain:%')
    .select('schedule_id', 'version', 'spec')) as { schedule_id: string; version: number; spec: string }[];
  for (const { schedule_id, version, spec: json } of rows) {
    const spec = ScheduleSpec.fromJSON(JSON.parse(json));
    if (plainHookSecret(hookSecretOf(spec)) === undefined) continue;
    await trx('scheduling_changes')
      .where({ schedule_id, version })
      .update({ spec: toText(withHookSecret(spec, '')) });
  }
}

interface SpecRow {
  readonly id: string;
  readonly spec: string;
}

interface BodyRow {
  readonly id: string;
  readonly body: string;
}

function toText(spec: ScheduleSpec): string {
  return JSON.stringify(ScheduleSpec.toJSON(spec));
}
