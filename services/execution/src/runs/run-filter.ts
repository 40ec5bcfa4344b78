import type { Knex } from '@sluice/chassis';
import type { RunStateWord } from './run-record.js';
import { SUMMARY_COLUMNS, type SummaryRow } from './run-row.js';

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

/** Selects the newest runs first, after a position. */
export async function selectRuns(
  knex: Knex,
  filter: RunFilter,
  after: RunPosition | undefined,
  limit: number,
  stalledBeforeMs: number,
): Promise<SummaryRow[]> {
  const query = knex<SummaryRow>('execution_runs as r').limit(limit);
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
    // Not as a comparison of pairs: MySQL and MariaDB would read the index from its beginning for that.
    const time = `${order}.created_ms`;
    void query.whereRaw('?? <= ? and (?? < ? or ?? < ?)', [
      time,
      after.createdMs,
      time,
      after.createdMs,
      idColumn,
      after.id,
    ]);
  }
  void query.orderBy([
    { column: `${order}.created_ms`, order: 'desc' },
    { column: idColumn, order: 'desc' },
  ]);
  return (await query) as SummaryRow[];
}

/** Adds the wish for states to a query; RUNNING and STALLED differ by when the runner was last heard of. */
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
