import { randomUUID } from 'node:crypto';
import { inject, injectable } from 'tsyringe';
import { SluiceError, type Database, type Knex, type Vault } from '@sluice/chassis';
import { NotificationTarget } from '@sluice/proto/scheduling/v1/notification_service';
import { DATABASE, VAULT } from '../tokens.js';
import { openTarget, sealTarget } from './target-secret.js';

interface TargetRow {
  readonly body: string;
}

/** All SQL of notification targets. Their secrets are sealed where they are stored. */
@injectable()
export class TargetStore {
  constructor(
    @inject(DATABASE) private readonly database: Database,
    @inject(VAULT) private readonly vault: Vault,
  ) {}

  async create(target: NotificationTarget, nowMs: number): Promise<NotificationTarget> {
    const id = `target_${randomUUID()}`;
    const stored: NotificationTarget = { ...target, id, version: 1, createTime: new Date(nowMs) };
    await this.database.knex('scheduling_notification_targets').insert({
      id,
      version: 1,
      created_ms: nowMs,
      body: this.bodyOf(stored),
    });
    return stored;
  }

  /** Changes a target by what `change` makes of it as it is; VERSION_CONFLICT when it has another version. */
  async update(
    id: string,
    expectedVersion: number,
    change: (before: NotificationTarget) => NotificationTarget,
  ): Promise<NotificationTarget> {
    return this.database.transaction(async (trx) => {
      const before = await this.read(trx, id);
      const { version, createTime } = before;
      if (expectedVersion !== 0 && expectedVersion !== version) throw conflict(id, version, expectedVersion);
      const stored: NotificationTarget = { ...change(before), id, version: version + 1, createTime };
      const changed = await trx('scheduling_notification_targets')
        .where({ id, version })
        .update({ version: version + 1, body: this.bodyOf(stored) });
      if (changed === 0) throw conflict(id, version + 1, version);
      return stored;
    });
  }

  get(id: string): Promise<NotificationTarget> {
    return this.read(this.database.knex, id);
  }

  /** A page of targets, the newest first, from after a place on. */
  async list(
    after: { readonly createdMs: number; readonly id: string } | undefined,
    limit: number,
  ): Promise<NotificationTarget[]> {
    const query = this.database.knex('scheduling_notification_targets').limit(limit).select('body');
    void query.orderBy('created_ms', 'desc').orderBy('id', 'desc');
    if (after !== undefined) {
      void query.whereRaw('(created_ms < ? or (created_ms = ? and id < ?))', [
        after.createdMs,
        after.createdMs,
        after.id,
      ]);
    }
    return ((await query) as TargetRow[]).map((row) => this.targetOf(row));
  }

  /** Every target that is told something. */
  async enabled(): Promise<NotificationTarget[]> {
    const rows = (await this.database.knex('scheduling_notification_targets').select('body')) as TargetRow[];
    return rows.map((row) => this.targetOf(row)).filter(({ disabled }) => !disabled);
  }

  /** Removes a target and what it was not sent yet. */
  async remove(id: string): Promise<void> {
    await this.database.transaction(async (trx) => {
      await this.read(trx, id);
      await trx('scheduling_notification_targets').where({ id }).delete();
      await trx('scheduling_notifications').where({ target_id: id, state: 'PENDING' }).delete();
    });
  }

  private async read(knex: Knex | Knex.Transaction, id: string): Promise<NotificationTarget> {
    const row = (await knex('scheduling_notification_targets').where({ id }).first('body')) as TargetRow | undefined;
    if (row !== undefined) return this.targetOf(row);
    throw new SluiceError('NOTIFICATION_NOT_FOUND', `there is no notification target '${id}'`, {
      details: { target: id },
    });
  }

  private bodyOf(target: NotificationTarget): string {
    return JSON.stringify(NotificationTarget.toJSON(sealTarget(this.vault, target)));
  }

  private targetOf({ body }: TargetRow): NotificationTarget {
    return openTarget(this.vault, NotificationTarget.fromJSON(JSON.parse(body)));
  }
}

function conflict(id: string, version: number, expected: number): SluiceError {
  const message = `the notification target '${id}' is at version ${version}, not ${expected}; get it again and repeat the change`;
  return new SluiceError('VERSION_CONFLICT', message, { details: { version: String(version) } });
}
