import type { Database, Knex } from '@sluice/chassis';
import type { PackageUse } from '@sluice/proto/catalog/v1/plugin_node_service';

/** How many runs are named one by one. */
const NAMED = 1000;

/** What the runs that have not ended need of plugins. */
export interface PackageUses {
  /** The runs that need uploaded packages; where there are too many to name, at least one for each set of packages. */
  readonly uses: PackageUse[];
  /** The oldest generation that one of them is pinned to; 0 when none is. */
  readonly oldest: number;
}

interface UseRow {
  readonly id: string;
  readonly flow_name: string;
  readonly packages: string;
}

/** Reads what the runs that have not ended need of plugins. */
export async function packageUses({ knex }: Database): Promise<PackageUses> {
  const live = (): Knex.QueryBuilder =>
    knex('execution_runs').whereIn('state', ['PENDING', 'QUEUED', 'RUNNING', 'RETRYING']);
  const needing = (): Knex.QueryBuilder => live().whereNot('packages', '');
  const named = (await needing().limit(NAMED).select('id', 'flow_name', 'packages')) as UseRow[];
  const others =
    named.length < NAMED
      ? []
      : ((await needing()
          .groupBy('packages')
          .select('packages')
          .min({ id: 'id', flow_name: 'flow_name' })) as UseRow[]);
  const [row] = (await live().where('generation_number', '>', 0).min({ oldest: 'generation_number' })) as {
    readonly oldest: unknown;
  }[];
  const uses = [...named, ...others].map(({ id, flow_name: flowName, packages }) => ({
    runId: id,
    flowName,
    digests: packages.split(',').filter((digest) => digest !== ''),
  }));
  return { uses, oldest: Number(row?.oldest ?? 0) };
}
