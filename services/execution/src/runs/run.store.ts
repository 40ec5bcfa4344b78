import { inject, injectable } from 'tsyringe';
import { SluiceError, type Database, type Knex, type Outbox } from '@sluice/chassis';
import { DATABASE, OUTBOX } from '../tokens.js';
import type { WireError } from '../runner/protocol.js';
import { SUMMARY_COLUMNS, toRecord, toRow, toSummary, type FullRow, type NewRun, type SummaryRow } from './run-row.js';
import { runFinished, runQueued, runStarted } from './run.events.js';
import {
  TERMINAL_STATES,
  type ClaimedRun,
  type RunRecord,
  type RunRequest,
  type RunStateWord,
  type RunSummary,
  type StopRecord,
  type Transition,
} from './run-record.js';

/** Which runs a list wants. */
export interface RunFilter {
  readonly flowId: string;
  readonly states: readonly (RunStateWord | 'STALLED')[];
  readonly createdFromMs: number | undefined;
  readonly createdBeforeMs: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly flowName: string;
}

/** The place of a run in the order of a list. */
export interface RunPosition {
  readonly createdMs: number;
  readonly id: string;
}

/** A change of state of a stop, to be kept with the run. */
export interface StopTransition {
  readonly stop: string;
  readonly from: string;
  readonly to: string;
  readonly atMs: number;
}

/**
 * All SQL of runs. Every change of state is guarded by the run's epoch and the state it leaves, and is written in one
 * transaction with its transition and its event.
 */
@injectable()
export class RunStore {
  constructor(
    @inject(DATABASE) private readonly database: Database,
    @inject(OUTBOX) private readonly outbox: Outbox,
  ) {}

  /** Stores a run and queues it. Gives the earlier run when the idempotency key was used before. */
  async insert(run: NewRun): Promise<{ readonly run: RunRecord; readonly created: boolean }> {
    const earlier = await this.findByKey(run);
    if (earlier !== undefined) return { run: earlier, created: false };
    try {
      await this.change(async (trx) => {
        await trx('execution_runs').insert(toRow(run));
        const labels = Object.entries(run.labels).map(([name, value]) => ({
          name,
          value,
          created_ms: run.createdMs,
          run_id: run.id,
        }));
        if (labels.length > 0) await trx('execution_run_labels').insert(labels);
        await keepTransitions(trx, run.id, run.epoch, [
          { stop: '', from: '', to: 'PENDING', atMs: run.createdMs },
          { stop: '', from: 'PENDING', to: 'QUEUED', atMs: run.createdMs },
        ]);
        await this.outbox.add(trx, runQueued(run));
      });
    } catch (error) {
      // Another call with the same key may have come first.
      const first = await this.findByKey(run);
      if (first !== undefined) return { run: first, created: false };
      throw error;
    }
    return { run, created: true };
  }

  async get(id: string): Promise<RunRecord> {
    const row = await this.database
      .knex<FullRow>('execution_runs')
      .where({ id })
      .first(...SUMMARY_COLUMNS, 'stops');
    if (row !== undefined) return toRecord(row);
    throw new SluiceError('RUN_NOT_FOUND', `there is no run '${id}'; 'sluice runs' lists the runs there are`, {
      details: { run: id },
    });
  }

  /** The newest runs first, after a position. */
  async list(
    filter: RunFilter,
    after: RunPosition | undefined,
    limit: number,
    stalledBeforeMs: number,
  ): Promise<RunSummary[]> {
    const query = this.database.knex<SummaryRow>('execution_runs as r').limit(limit);
    for (const column of SUMMARY_COLUMNS) void query.select(`r.${column}`);
    const labels = Object.entries(filter.labels);
    // With a label the label's own index gives the order, so that a rare label needs no walk over all runs.
    const order = labels.length > 0 ? 'l0' : 'r';
    const idColumn = labels.length > 0 ? 'l0.run_id' : 'r.id';
    labels.forEach(([name, value], index) => {
      const alias = `l${index}`;
      void query
        .join({ [alias]: 'execution_run_labels' }, `${alias}.run_id`, 'r.id')
        .where(`${alias}.name`, name)
        .where(`${alias}.value`, value);
    });
    if (filter.flowId !== '') void query.where('r.flow_id', filter.flowId);
    if (filter.flowName !== '') void query.where('r.flow_name', filter.flowName);
    if (filter.createdFromMs !== undefined) void query.where(`${order}.created_ms`, '>=', filter.createdFromMs);
    if (filter.createdBeforeMs !== undefined) void query.where(`${order}.created_ms`, '<', filter.createdBeforeMs);
    if (filter.states.length > 0) void query.where((where) => whereState(where, filter.states, stalledBeforeMs));
    if (after !== undefined) {
      void query.whereRaw('(??, ??) < (?, ?)', [`${order}.created_ms`, idColumn, after.createdMs, after.id]);
    }
    void query.orderBy([
      { column: `${order}.created_ms`, order: 'desc' },
      { column: idColumn, order: 'desc' },
    ]);
    return (await query).map((row: SummaryRow) => toSummary(row));
  }

  /** Takes up to `limit` queued runs for a node, the longest waiting first. No run goes to two nodes. */
  async claim(node: string, limit: number, nowMs: number, leaseUntilMs: number): Promise<ClaimedRun[]> {
    return this.change(async (trx) => {
      const waiting = trx<FullRow>('execution_runs').where('state', 'QUEUED').where('ready_ms', '<=', nowMs);
      void waiting.orderBy('ready_ms').limit(limit).select('id');
      // SQLite has one writer at a time, so that nothing can come between the two statements there.
      if (this.database.dialect === 'mysql') void waiting.forUpdate().skipLocked();
      const ids = (await waiting).map((row) => row.id);
      if (ids.length === 0) return [];
      await trx('execution_runs')
        .whereIn('id', ids)
        .update({
          state: 'RUNNING',
          node,
          epoch: trx.raw('epoch + 1'),
          attempt: trx.raw('attempt + 1'),
          lease_until_ms: leaseUntilMs,
          heartbeat_ms: nowMs,
          started_ms: trx.raw('coalesce(started_ms, ?)', [nowMs]),
        });
      const rows = await trx<FullRow>('execution_runs').whereIn('id', ids);
      const claimed = rows.map((row) => ({ ...toRecord(row), request: JSON.parse(row.request) as RunRequest }));
      for (const run of claimed) {
        await keepTransitions(trx, run.id, run.epoch, [{ stop: '', from: 'QUEUED', to: 'RUNNING', atMs: nowMs }]);
      }
      await this.outbox.add(trx, claimed.map(runStarted));
      return claimed;
    });
  }

  /** Writes what changed in the stops of a running attempt; RUN_FENCED when the attempt is no longer the run's. */
  async record(run: RunSummary, stops: readonly StopRecord[], transitions: readonly StopTransition[]): Promise<void> {
    await this.change(async (trx) => {
      const changed = await trx('execution_runs')
        .where({ id: run.id, epoch: run.epoch, state: 'RUNNING' })
        .update({ stops: JSON.stringify(stops) });
      if (changed === 0) throw fenced(run);
      await keepTransitions(trx, run.id, run.epoch, transitions);
    });
  }

  /** Ends an attempt with the run's last state, or puts it aside for another attempt at `retryAtMs`. */
  async finish(
    run: RunSummary,
    end: {
      readonly state: 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'RETRYING';
      readonly from?: RunStateWord;
      readonly error: WireError | undefined;
      readonly stops: readonly StopRecord[];
      readonly transitions: readonly StopTransition[];
      readonly atMs: number;
      readonly retryAtMs?: number;
    },
  ): Promise<void> {
    const from = end.from ?? 'RUNNING';
    const terminal = end.state !== 'RETRYING';
    await this.change(async (trx) => {
      const changed = await trx('execution_runs')
        .where({ id: run.id, epoch: run.epoch, state: from })
        .update({
          state: end.state,
          stops: JSON.stringify(end.stops),
          error: end.error === undefined ? null : JSON.stringify(end.error),
          lease_until_ms: null,
          ready_ms: end.retryAtMs ?? run.createdMs,
          ...(terminal ? { ended_ms: end.atMs } : {}),
          ...(end.state === 'SUCCEEDED' ? { progress: 1 } : {}),
        });
      if (changed === 0) throw fenced(run);
      await keepTransitions(trx, run.id, run.epoch, [
        ...end.transitions,
        { stop: '', from, to: end.state, atMs: end.atMs },
      ]);
      if (terminal) await this.outbox.add(trx, runFinished(run, end.state, end.error?.reason ?? ''));
    });
  }

  /** Whether an attempt is still the run's and may make its work visible; RUN_FENCED when not. */
  async checkFence(run: RunSummary): Promise<void> {
    const row = await this.database
      .knex<SummaryRow>('execution_runs')
      .where({ id: run.id, epoch: run.epoch, state: 'RUNNING' })
      .first('id');
    if (row === undefined) throw fenced(run);
  }

  /** Gives the runs of a node more time; tells which of them someone wants to end. */
  async renew(
    node: string,
    runs: readonly { readonly id: string; readonly heartbeatMs: number; readonly progress: number }[],
    leaseUntilMs: number,
  ): Promise<{ readonly cancelled: readonly string[]; readonly lost: readonly string[] }> {
    return this.database.transaction(async (trx) => {
      for (const run of runs) {
        await trx('execution_runs')
          .where({ id: run.id, node, state: 'RUNNING' })
          .update({ lease_until_ms: leaseUntilMs, heartbeat_ms: run.heartbeatMs, progress: run.progress });
      }
      const ids = runs.map((run) => run.id);
      const rows = await trx<SummaryRow>('execution_runs')
        .whereIn('id', ids)
        .where({ node, state: 'RUNNING' })
        .select('id', 'cancel_requested_ms');
      const mine = new Set(rows.map((row) => row.id));
      return {
        cancelled: rows.filter((row) => row.cancel_requested_ms !== null).map((row) => row.id),
        lost: ids.filter((id) => !mine.has(id)),
      };
    });
  }

  /** Notes that someone wants a run to end. */
  async requestCancel(id: string, nowMs: number): Promise<void> {
    await this.database
      .knex('execution_runs')
      .where({ id })
      .whereNull('cancel_requested_ms')
      .whereNotIn('state', [...TERMINAL_STATES])
      .update({ cancel_requested_ms: nowMs });
  }

  /** Runs whose node has given no sign of life for longer than its lease. */
  async expired(nowMs: number): Promise<RunRecord[]> {
    const rows = await this.database
      .knex<FullRow>('execution_runs')
      .where('state', 'RUNNING')
      .where('lease_until_ms', '<', nowMs)
      .limit(100)
      .select(...SUMMARY_COLUMNS, 'stops');
    return rows.map((row) => toRecord(row as FullRow));
  }

  /** Queues runs whose pause before another attempt is over. */
  async requeue(nowMs: number): Promise<number> {
    const ready = await this.database
      .knex<SummaryRow>('execution_runs')
      .where('state', 'RETRYING')
      .where('ready_ms', '<=', nowMs)
      .limit(100)
      .select(...SUMMARY_COLUMNS);
    for (const row of ready) {
      const run = toSummary(row as SummaryRow);
      await this.change(async (trx) => {
        const where = { id: run.id, epoch: run.epoch, state: 'RETRYING' };
        const changed = await trx('execution_runs').where(where).update({ state: 'QUEUED', ready_ms: nowMs });
        if (changed === 0) return; // another node was first
        await keepTransitions(trx, run.id, run.epoch, [{ stop: '', from: 'RETRYING', to: 'QUEUED', atMs: nowMs }]);
        await this.outbox.add(trx, runQueued(run));
      });
    }
    return ready.length;
  }

  /** The transitions of a run after one of them, in order. */
  async transitions(runId: string, afterId: number): Promise<Transition[]> {
    const rows = await this.database
      .knex('execution_transitions')
      .where({ run_id: runId })
      .where('id', '>', afterId)
      .orderBy('id')
      .select('id', 'stop', 'from_state', 'to_state', 'at_ms');
    return rows.map((row: Record<string, string | number>) => ({
      id: Number(row['id']),
      stop: String(row['stop']),
      from: String(row['from_state']),
      to: String(row['to_state']),
      atMs: Number(row['at_ms']),
    }));
  }

  /** Forgets runs that ended before a time; gives their identifiers and when they were created. */
  async purge(endedBeforeMs: number, limit: number): Promise<RunPosition[]> {
    return this.database.transaction(async (trx) => {
      const rows = await trx<SummaryRow>('execution_runs')
        .whereIn('state', [...TERMINAL_STATES])
        .where('ended_ms', '<', endedBeforeMs)
        .limit(limit)
        .select('id', 'created_ms');
      const ids = rows.map((row) => row.id);
      if (ids.length === 0) return [];
      await trx('execution_transitions').whereIn('run_id', ids).delete();
      await trx('execution_run_labels').whereIn('run_id', ids).delete();
      await trx('execution_runs').whereIn('id', ids).delete();
      return rows.map((row) => ({ id: row.id, createdMs: Number(row.created_ms) }));
    });
  }

  private async findByKey(run: NewRun): Promise<RunRecord | undefined> {
    if (run.idempotencyKey === undefined) return undefined;
    const row = await this.database
      .knex<FullRow & { request_digest: string }>('execution_runs')
      .where('idempotency_key', run.idempotencyKey)
      .first(...SUMMARY_COLUMNS, 'stops', 'request_digest');
    if (row === undefined) return undefined;
    if (row.request_digest === run.requestDigest) return toRecord(row);
    throw new SluiceError(
      'IDEMPOTENCY_KEY_REUSED',
      `the idempotency key '${run.idempotencyKey}' was used for another request, which started run '${row.id}'; ` +
        'use a new key for a new run',
      { details: { run: row.id } },
    );
  }

  /** A transaction with events; the relay hears of them once it is committed. */
  private async change<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
    const result = await this.database.transaction(work);
    this.outbox.wake();
    return result;
  }
}

function fenced(run: RunSummary): SluiceError {
  return new SluiceError('RUN_FENCED', `run '${run.id}' is no longer this attempt's (epoch ${run.epoch})`, {
    details: { run: run.id, epoch: String(run.epoch) },
  });
}

async function keepTransitions(
  trx: Knex.Transaction,
  runId: string,
  epoch: number,
  transitions: readonly StopTransition[],
): Promise<void> {
  if (transitions.length === 0) return;
  const rows = transitions.map(({ stop, from, to, atMs }) => ({
    run_id: runId,
    epoch,
    stop,
    from_state: from,
    to_state: to,
    at_ms: atMs,
  }));
  await trx('execution_transitions').insert(rows);
}

function whereState(
  query: Knex.QueryBuilder,
  states: readonly (RunStateWord | 'STALLED')[],
  stalledBeforeMs: number,
): void {
  const plain = states.filter((state) => state !== 'STALLED' && state !== 'RUNNING');
  if (plain.length > 0) void query.orWhereIn('r.state', plain);
  for (const [word, comparison] of [
    ['STALLED', '<'],
    ['RUNNING', '>='],
  ] as const) {
    if (!states.includes(word)) continue;
    void query.orWhere((or: Knex.QueryBuilder) => {
      void or.where('r.state', 'RUNNING').where('r.heartbeat_ms', comparison, stalledBeforeMs);
    });
  }
}
