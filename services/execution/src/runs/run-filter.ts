import type { Knex } from '@sluice/chassis';
import type { RunStateWord } from './run-record.js';

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

/** Adds the wish for states to a query; RUNNING and STALLED differ by when the runner was last heard of. */
export function whereState(
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
