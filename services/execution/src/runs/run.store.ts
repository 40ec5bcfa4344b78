import { inject, injectable } from 'tsyringe';
import { SluiceError, type Database, type Outbox } from '@sluice/chassis';
import { DATABASE, OUTBOX } from '../tokens.js';
import type { WireError } from '../runner/protocol.js';
import { GroupCommit, type Shared } from './group-commit.js';
import { packageUses, type PackageUses } from './package-uses.js';
import {
  RECORD_COLUMNS,
  SUMMARY_COLUMNS,
  toRecord,
  toRow,
  toSummary,
  type FullRow,
  type NewRun,
  type SummaryRow,
} from './run-row.js';
import { selectRuns, type RunFilter, type RunPosition } from './run-filter.js';
import { runFinished, runQueued, runStarted } from './run.events.js';
import {
  TERMINAL_STATES,
  type ClaimedRun,
  type RunRecord,
  type RunRequest,
  type RunSummary,
  type KeptTransition,
  type StopRecord,
  type Transition,
} from './run-record.js';

/**
 * All SQL of runs. Every change of state is guarded by the run's epoch and the state it leaves, and is written in one
 * transaction with its transition and its event.
 */
@injectable()
export class RunStore {
  private readonly changes: GroupCommit;

  constructor(
    @inject(DATABASE) private readonly database: Database,
    @inject(OUTBOX) outbox: Outbox,
  ) {
    this.changes = new GroupCommit(database, outbox, 'execution_transitions');
  }

  /** Stores a run with the transitions that it has made. Gives the earlier run when its key was used before. */
  async insert(
    run: NewRun,
    transitions: readonly Transition[],
  ): Promise<{ readonly run: RunRecord; readonly created: boolean }> {
    const earlier = await this.findByKey(run);
    if (earlier !== undefined) return { run: earlier, created: false };
    try {
      await this.changes.run(async (shared) => {
        await shared.trx('execution_runs').insert(toRow(run));
        const labels = Object.entries(run.labels);
        if (labels.length > 0) {
          const common = { created_ms: run.createdMs, run_id: run.id };
          await shared.trx('execution_run_labels').insert(labels.map(([name, value]) => ({ name, value, ...common })));
        }
        keepTransitions(shared, { ...run, sequence: 0 }, transitions);
        if (run.state !== 'PENDING') shared.events.push(runQueued(run));
        if (run.state === 'RUNNING') shared.events.push(runStarted(run));
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
      .first(...RECORD_COLUMNS);
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
    const rows = await selectRuns(this.database.knex, filter, after, limit, stalledBeforeMs);
    return rows.map(toSummary);
  }

  /**
   * Takes up to `limit` queued runs for a node, the longest waiting first. No run goes to two nodes, and none to a node
   * that has not come to its generation yet.
   */
  async claim(
    node: string,
    limit: number,
    nowMs: number,
    leaseUntilMs: number,
    generation = Number.MAX_SAFE_INTEGER,
  ): Promise<ClaimedRun[]> {
    return this.changes.run(async (shared) => {
      const { trx } = shared;
      const waiting = trx<FullRow>('execution_runs').where('state', 'QUEUED').where('ready_ms', '<=', nowMs);
      void waiting.where('generation_number', '<=', generation);
      void waiting.orderBy('ready_ms').limit(limit);
      // SQLite has one writer at a time, so that nothing can come between the two statements there.
      if (this.database.dialect === 'mysql') void waiting.forUpdate().skipLocked();
      const rows = await waiting;
      if (rows.length === 0) return [];
      const change = {
        state: 'RUNNING' as const,
        node,
        epoch: trx.raw('epoch + 1'),
        attempt: trx.raw('attempt + 1'),
        sequence: trx.raw('sequence + 1'),
        lease_until_ms: leaseUntilMs,
        heartbeat_ms: nowMs,
        started_ms: trx.raw('coalesce(started_ms, ?)', [nowMs]),
      };
      const ids = rows.map((row) => row.id);
      await trx('execution_runs').whereIn('id', ids).update(change);
      return rows.map((row) => {
        const before = toRecord(row);
        const run: ClaimedRun = {
          ...before,
          state: 'RUNNING',
          node,
          epoch: before.epoch + 1,
          attempt: before.attempt + 1,
          sequence: before.sequence + 1,
          heartbeatMs: nowMs,
          startedMs: before.startedMs ?? nowMs,
          request: JSON.parse(row.request) as RunRequest,
        };
        keepTransitions(shared, { ...before, epoch: run.epoch }, [
          { stop: '', from: 'QUEUED', to: 'RUNNING', atMs: nowMs },
        ]);
        shared.events.push(runStarted(run));
        return run;
      });
    });
  }

  /** Writes what changed in the stops of a running attempt; RUN_FENCED when the attempt is no longer the run's. */
  async record<R extends RunRecord>(
    run: R,
    stops: readonly StopRecord[],
    transitions: readonly Transition[],
  ): Promise<R> {
    const sequence = run.sequence + transitions.length;
    await this.changes.run(async (shared) => {
      const changed = await shared
        .trx('execution_runs')
        .where(unchanged(run))
        .update({ stops: JSON.stringify(stops), sequence });
      if (changed === 0) throw fenced(run);
      keepTransitions(shared, run, transitions);
    });
    return { ...run, stops, sequence };
  }

  /** Ends an attempt with the run's last state, or puts it aside for another attempt at `retryAtMs`. */
  async finish(
    run: RunRecord,
    end: {
      readonly state: 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'RETRYING';
      readonly error: WireError | undefined;
      readonly stops: readonly StopRecord[];
      readonly transitions: readonly Transition[];
      readonly atMs: number;
      readonly retryAtMs?: number;
    },
  ): Promise<RunRecord> {
    const { state, error, stops, atMs } = end;
    const transitions = [...end.transitions, { stop: '', from: run.state, to: state, atMs }];
    const ended: RunRecord = {
      ...run,
      state,
      stops,
      error,
      sequence: run.sequence + transitions.length,
      endedMs: state === 'RETRYING' ? undefined : atMs,
      waitingFor: '',
      progress: state === 'SUCCEEDED' ? 1 : run.progress,
    };
    await this.changes.run(async (shared) => {
      const changed = await shared
        .trx('execution_runs')
        .where(unchanged(run))
        .update({
          state,
          stops: JSON.stringify(stops),
          error: error === undefined ? null : JSON.stringify(error),
          sequence: ended.sequence,
          progress: ended.progress,
          ended_ms: ended.endedMs ?? null,
          lease_until_ms: null,
          waiting_for: '',
          ...(end.retryAtMs === undefined ? {} : { ready_ms: end.retryAtMs }),
        });
      if (changed === 0) throw fenced(run);
      keepTransitions(shared, run, transitions);
      if (state !== 'RETRYING') shared.events.push(runFinished(run, state, error?.reason ?? ''));
    });
    return ended;
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
      .select(...RECORD_COLUMNS);
    return rows.map((row) => toRecord(row as FullRow));
  }

  /** Queues runs whose pause before another attempt is over. */
  async requeue(nowMs: number): Promise<number> {
    const ready = await this.database
      .knex<SummaryRow>('execution_runs')
      .where('state', 'RETRYING')
      .where('ready_ms', '<=', nowMs)
      .limit(100)
      .select(...RECORD_COLUMNS);
    for (const row of ready) await this.queue(toRecord(row as FullRow), nowMs);
    return ready.length;
  }

  /** Runs that wait for slots of a pool, by identifier, after one of them. */
  async pending(afterId: string, limit: number): Promise<RunSummary[]> {
    const rows = await this.database
      .knex<SummaryRow>('execution_runs')
      .where('state', 'PENDING')
      .where('id', '>', afterId)
      .orderBy('id')
      .limit(limit)
      .select(...SUMMARY_COLUMNS);
    return rows.map((row) => toSummary(row as SummaryRow));
  }

  /** Notes what a pending run waits for. */
  async waitsFor(id: string, what: string): Promise<void> {
    const waiting_for = what.slice(0, 500);
    await this.database.knex('execution_runs').where({ id, state: 'PENDING' }).update({ waiting_for });
  }

  /** Queues a pending run; nothing when it is pending no more. */
  async admit(id: string, nowMs: number): Promise<void> {
    const row = await this.database
      .knex<FullRow>('execution_runs')
      .where({ id, state: 'PENDING' })
      .first(...RECORD_COLUMNS);
    if (row !== undefined) await this.queue(toRecord(row), nowMs);
  }

  /** Queues a run that another may have queued or ended meanwhile. */
  private async queue(run: RunRecord, nowMs: number): Promise<void> {
    await this.changes.run(async (shared) => {
      const change = { state: 'QUEUED', ready_ms: nowMs, sequence: run.sequence + 1, waiting_for: '' };
      if ((await shared.trx('execution_runs').where(unchanged(run)).update(change)) === 0) return;
      keepTransitions(shared, run, [{ stop: '', from: run.state, to: 'QUEUED', atMs: nowMs }]);
      shared.events.push(runQueued(run));
    });
  }

  /** The transitions of a run after one of them, in order. */
  async transitions(runId: string, after: number): Promise<KeptTransition[]> {
    const rows = await this.database
      .knex('execution_transitions')
      .where({ run_id: runId })
      .where('sequence', '>', after)
      .orderBy('sequence')
      .select('sequence', 'stop', 'from_state', 'to_state', 'at_ms');
    return rows.map((row: Record<string, string | number>) => ({
      sequence: Number(row['sequence']),
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

  /** What the runs that have not ended need of plugins. */
  async packageUses(): Promise<PackageUses> {
    return packageUses(this.database);
  }

  private async findByKey(run: NewRun): Promise<RunRecord | undefined> {
    if (run.idempotencyKey === undefined) return undefined;
    const row = await this.database
      .knex<FullRow & { request_digest: string }>('execution_runs')
      .where('idempotency_key', run.idempotencyKey)
      .first(...RECORD_COLUMNS, 'request_digest');
    if (row === undefined) return undefined;
    if (row.request_digest === run.requestDigest) return toRecord(row);
    throw new SluiceError(
      'IDEMPOTENCY_KEY_REUSED',
      `the idempotency key '${run.idempotencyKey}' was used for another request, which started run '${row.id}'; ` +
        'use a new key for a new run',
      { details: { run: row.id } },
    );
  }
}

/** The run as it was when it was read: whoever changed it since has moved its sequence. */
function unchanged({ id, epoch, state, sequence }: RunRecord): Record<string, string | number> {
  return { id, epoch, state, sequence };
}

function fenced(run: RunSummary): SluiceError {
  return new SluiceError('RUN_FENCED', `run '${run.id}' is no longer this attempt's (epoch ${run.epoch})`, {
    details: { run: run.id, epoch: String(run.epoch) },
  });
}

/** Adds transitions of a run, numbered after its last. */
function keepTransitions(shared: Shared, run: RunRecord, transitions: readonly Transition[]): void {
  transitions.forEach(({ stop, from, to, atMs }, index) => {
    shared.transitions.push({
      run_id: run.id,
      epoch: run.epoch,
      sequence: run.sequence + index + 1,
      stop,
      from_state: from,
      to_state: to,
      at_ms: atMs,
    });
  });
}
