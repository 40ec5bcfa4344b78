import { inject, injectable } from 'tsyringe';
import { SluiceError, type Database, type Knex, type Outbox } from '@sluice/chassis';
import { ScheduleSpec } from '@sluice/proto/scheduling/v1/schedule';
import { DATABASE, OUTBOX } from '../tokens.js';
import type { Definition } from './definition.js';
import { scheduleChanged } from './schedule.events.js';
import {
  SCHEDULE_COLUMNS,
  toScheduleRecord,
  type ChangeKind,
  type ChangeRecord,
  type ScheduleRecord,
  type ScheduleRow,
  type ScheduleStateWord,
} from './schedule-record.js';

/** Which schedules a list has. Empty texts and an undefined state stand for all. */
export interface ScheduleFilter {
  readonly query: string;
  readonly project: string;
  readonly state: ScheduleStateWord | undefined;
  readonly targetReference: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** When a schedule is due next; undefined when it is not. */
export interface CursorTimes {
  readonly dueMs: number | undefined;
  readonly startMs: number | undefined;
}

/** What a change makes of a schedule. */
export interface ScheduleChange {
  readonly kind: ChangeKind;
  readonly reason: string;
  readonly state: ScheduleStateWord;
  readonly definition: Definition;
  /** Where its times go on; undefined keeps them. */
  readonly times: CursorTimes | undefined;
  readonly resetsFailures: boolean;
}

/** All SQL of schedules. Every change is written in one transaction with its record and its event. */
@injectable()
export class ScheduleStore {
  constructor(
    @inject(DATABASE) private readonly database: Database,
    @inject(OUTBOX) private readonly outbox: Outbox,
  ) {}

  async get(id: string): Promise<ScheduleRecord> {
    const [found] = await this.find([id]);
    if (found !== undefined) return found;
    throw notFound(id);
  }

  /** The schedules of some identifiers; those that are gone are left out. */
  async find(ids: readonly string[]): Promise<ScheduleRecord[]> {
    const rows = await joined(this.database.knex)
      .whereIn('s.id', ids as string[])
      .select(...SCHEDULE_COLUMNS);
    return (rows as ScheduleRow[]).map(toScheduleRecord);
  }

  /** Every schedule of a kind of trigger. */
  async ofKind(kind: string, shards: readonly number[]): Promise<ScheduleRow[]> {
    return (await joined(this.database.knex)
      .where('s.kind', kind)
      .whereIn('c.shard', shards as number[])
      .orderBy('s.id')
      .select(...SCHEDULE_COLUMNS)) as ScheduleRow[];
  }

  /** The newest first, after a position. */
  async list(
    filter: ScheduleFilter,
    after: { readonly createdMs: number; readonly id: string } | undefined,
    limit: number,
  ): Promise<ScheduleRecord[]> {
    const query = joined(this.database.knex).limit(limit);
    Object.entries(filter.labels).forEach(([name, value], index) => {
      const alias = `l${index}`;
      void query
        .join({ [alias]: 'scheduling_labels' }, `${alias}.schedule_id`, 's.id')
        .where(`${alias}.name`, name)
        .where(`${alias}.value`, value);
    });
    if (filter.project !== '') void query.where('s.project', filter.project);
    if (filter.state !== undefined) void query.where('s.state', filter.state);
    if (filter.targetReference !== '') void query.where('s.target_reference', filter.targetReference);
    if (filter.query !== '') {
      const text = `%${filter.query.toLowerCase().replace(/[\\%_!]/g, '!$&')}%`;
      void query.whereRaw("lower(s.name) like ? escape '!'", [text]);
    }
    if (after !== undefined) {
      void query.whereRaw('s.created_ms <= ? and (s.created_ms < ? or s.id < ?)', [
        after.createdMs,
        after.createdMs,
        after.id,
      ]);
    }
    void query.orderBy([
      { column: 's.created_ms', order: 'desc' },
      { column: 's.id', order: 'desc' },
    ]);
    return ((await query.select(...SCHEDULE_COLUMNS)) as ScheduleRow[]).map(toScheduleRecord);
  }

  /** Stores a schedule, or gives the one that was stored with its key before. */
  async insert(
    id: string,
    change: ScheduleChange,
    given: { readonly shard: number; readonly nowMs: number; readonly key: string; readonly digest: string },
  ): Promise<ScheduleRecord> {
    const { nowMs, shard, digest } = given;
    const key = given.key === '' ? null : given.key;
    await this.database.transaction(async (trx) => {
      if (key !== null) {
        const row = (await trx('scheduling_schedules').where('idempotency_key', key).first('id', 'request_digest')) as
          { id: string; request_digest: string } | undefined;
        if (row !== undefined) {
          if (row.request_digest === digest) {
            id = row.id;
            return;
          }
          const message = `the idempotency key '${key}' was used for another schedule; use a new key for a new one`;
          throw new SluiceError('IDEMPOTENCY_KEY_REUSED', message, { details: { schedule: row.id } });
        }
      }
      const common = { id, version: 1, created_ms: nowMs, idempotency_key: key, request_digest: digest, warning: '' };
      await trx('scheduling_schedules').insert({ ...columnsOf(change, nowMs), ...common });
      await trx('scheduling_cursors').insert({
        schedule_id: id,
        shard,
        due_ms: change.times?.dueMs ?? null,
        start_ms: change.times?.startMs ?? null,
        failures: 0,
        dropped: 0,
        changed_ms: nowMs,
      });
      await this.attach(trx, id, 1, nowMs, nowMs, change);
      if (change.definition.trigger.kind === 'event') await noteListenerChange(trx);
    });
    return this.get(id);
  }

  /**
   * Changes a schedule by what `work` makes of it as it is, with its row locked; `work` may give undefined for nothing.
   *
   * @throws VERSION_CONFLICT when an expected version (not 0) is not the schedule's
   */
  async change(
    id: string,
    expectedVersion: number,
    nowMs: number,
    work: (record: ScheduleRecord, trx: Knex.Transaction) => Promise<ScheduleChange | undefined>,
  ): Promise<ScheduleRecord> {
    await this.database.transaction(async (trx) => {
      const query = joined(trx).where('s.id', id);
      if (this.database.dialect === 'mysql') void query.forUpdate();
      const row = (await query.first(...SCHEDULE_COLUMNS)) as ScheduleRow | undefined;
      if (row === undefined) throw notFound(id);
      const record = toScheduleRecord(row);
      if (expectedVersion !== 0 && expectedVersion !== record.version) {
        const message = `the schedule '${id}' is at version ${record.version}, not ${expectedVersion}; read it again and repeat the change`;
        throw new SluiceError('VERSION_CONFLICT', message, { details: { version: String(record.version) } });
      }
      const change = await work(record, trx);
      if (change === undefined) return;
      const version = record.version + 1;
      await trx('scheduling_schedules')
        .where({ id })
        .update({ ...columnsOf(change, nowMs), version, warning: '' });
      await trx('scheduling_cursors')
        .where({ schedule_id: id })
        .update({
          changed_ms: nowMs,
          ...(change.times === undefined
            ? {}
            : { due_ms: change.times.dueMs ?? null, start_ms: change.times.startMs ?? null }),
          ...(change.resetsFailures ? { failures: 0 } : {}),
        });
      await this.attach(trx, id, version, nowMs, record.createdMs, change);
      const kinds = [record.spec.trigger?.$case, change.definition.trigger.kind];
      if (kinds.includes('event')) await noteListenerChange(trx);
    });
    return this.get(id);
  }

  /** Removes a schedule; its ticks and changes stay. */
  async remove(id: string, nowMs: number): Promise<void> {
    await this.database.transaction(async (trx) => {
      const row = (await joined(trx)
        .where('s.id', id)
        .first(...SCHEDULE_COLUMNS)) as ScheduleRow | undefined;
      if (row === undefined) throw notFound(id);
      const waiting = (await trx('scheduling_dependencies')
        .where({ source: `s:${id}` })
        .whereNot({ schedule_id: id })
        .distinct('schedule_id')) as { schedule_id: string }[];
      if (waiting.length > 0) {
        const names = waiting.map((each) => `'${each.schedule_id}'`).join(', ');
        throw new SluiceError('SCHEDULE_IN_USE', `the schedule '${id}' is waited for by ${names}; change those first`);
      }
      for (const table of ['cursors', 'labels', 'dependencies', 'arrivals', 'files']) {
        await trx(`scheduling_${table}`).where({ schedule_id: id }).delete();
      }
      await trx('scheduling_schedules').where({ id }).delete();
      const version = Number(row.version) + 1;
      const change = { schedule_id: id, version, at_ms: nowMs, kind: 'deleted', reason: '', spec: row.spec };
      await trx('scheduling_changes').insert(change);
      await this.outbox.add(trx, scheduleChanged(id, version, 'deleted', '', specOf(row.spec)));
      if (specOf(row.spec).trigger?.$case === 'event') await noteListenerChange(trx);
    });
  }

  /** What was done to a schedule, the newest first, before a version. */
  async changes(id: string, beforeVersion: number | undefined, limit: number): Promise<ChangeRecord[]> {
    const query = this.database.knex('scheduling_changes').where({ schedule_id: id });
    if (beforeVersion !== undefined) void query.where('version', '<', beforeVersion);
    const rows = (await query.orderBy('version', 'desc').limit(limit)) as ChangeRow[];
    return rows.map((row) => ({
      version: Number(row.version),
      atMs: Number(row.at_ms),
      kind: row.kind,
      reason: row.reason,
      spec: specOf(row.spec),
    }));
  }

  /** What each schedule waits for: pairs of a source and the schedule that waits. */
  async dependencies(): Promise<{ readonly source: string; readonly scheduleId: string; readonly position: number }[]> {
    const rows = (await this.database.knex('scheduling_dependencies').select('source', 'schedule_id', 'position')) as {
      source: string;
      schedule_id: string;
      position: number;
    }[];
    return rows.map((row) => ({ source: row.source, scheduleId: row.schedule_id, position: Number(row.position) }));
  }

  /** How often schedules that listen to events were changed. */
  async listenerChanges(): Promise<number> {
    const row = (await this.database.knex('scheduling_listener_changes').first('changes')) as { changes: number };
    return Number(row.changes);
  }

  /** Counts an event that came too fast. */
  async countDropped(id: string, events: number): Promise<void> {
    await this.database.knex('scheduling_cursors').where({ schedule_id: id }).increment('dropped', events);
  }

  private async attach(
    trx: Knex.Transaction,
    id: string,
    version: number,
    nowMs: number,
    createdMs: number,
    { kind, reason, definition }: ScheduleChange,
  ): Promise<void> {
    const { spec, trigger } = definition;
    await trx('scheduling_labels').where({ schedule_id: id }).delete();
    const labels = Object.entries(spec.labels).map(([name, value]) => ({ name, value }));
    if (labels.length > 0) {
      const common = { created_ms: createdMs, schedule_id: id };
      await trx('scheduling_labels').insert(labels.map((label) => ({ ...label, ...common })));
    }
    await trx('scheduling_dependencies').where({ schedule_id: id }).delete();
    if (trigger.kind === 'dependency') {
      await trx('scheduling_dependencies').insert(
        trigger.upstreams.map(({ source }, position) => ({ source, schedule_id: id, position })),
      );
    }
    const change = { schedule_id: id, version, at_ms: nowMs, kind, reason: reason.slice(0, 500) };
    await trx('scheduling_changes').insert({ ...change, spec: JSON.stringify(ScheduleSpec.toJSON(spec)) });
    await this.outbox.add(trx, scheduleChanged(id, version, kind, reason, spec));
  }
}

/** The last thing in its transaction, which every such change waits for. */
async function noteListenerChange(trx: Knex.Transaction): Promise<void> {
  await trx('scheduling_listener_changes').increment('changes', 1);
}

interface ChangeRow {
  readonly version: number | string;
  readonly at_ms: number | string;
  readonly kind: ChangeKind;
  readonly reason: string;
  readonly spec: string;
}

function joined(knex: Knex): Knex.QueryBuilder {
  return knex('scheduling_schedules as s').join('scheduling_cursors as c', 'c.schedule_id', 's.id');
}

function specOf(json: string): ScheduleSpec {
  return ScheduleSpec.fromJSON(JSON.parse(json));
}

function notFound(id: string): SluiceError {
  return new SluiceError('SCHEDULE_NOT_FOUND', `there is no schedule '${id}'; 'sluice schedule list' lists them`, {
    details: { schedule: id },
  });
}

function columnsOf({ definition, state, reason }: ScheduleChange, nowMs: number): Record<string, unknown> {
  const { spec, target, trigger, rules } = definition;
  return {
    state,
    state_reason: state === 'ACTIVE' ? '' : reason.slice(0, 500),
    name: spec.name,
    project: spec.project,
    kind: trigger.kind,
    target_type: target.type === '' ? 'flow' : target.type,
    target_reference: target.reference,
    pool: rules.pool,
    calendars: rules.calendars.length === 0 ? '' : `,${rules.calendars.join(',')},`,
    updated_ms: nowMs,
    spec: JSON.stringify(ScheduleSpec.toJSON(spec)),
  };
}
