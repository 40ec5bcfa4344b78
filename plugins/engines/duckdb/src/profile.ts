import { readFile } from 'node:fs/promises';
import type { Node } from './node.js';

interface Operator {
  readonly operator_name?: string;
  readonly operator_type?: string;
  readonly operator_cardinality?: number;
  readonly extra_info?: Readonly<Record<string, unknown>>;
  readonly children?: readonly Operator[];
}

/** Operators after which a scan may stop before its files end. */
const EARLY_END = /LIMIT|TOP_N/;

/**
 * The exact numbers of rows that file scans gave in the query that a connection ran last, where its profile has one
 * operator for exactly that scan. A scan that may have stopped early is left out, for its port has more rows.
 */
export async function scanCounts(profile: string | undefined, nodes: readonly Node[]): Promise<Map<Node, number>> {
  const counts = new Map<Node, number>();
  for (const node of nodes) {
    if (node.kept === undefined && node.scan?.rows !== undefined) counts.set(node, node.scan.rows);
  }
  const open = nodes.filter(isCountedByProfile);
  if (profile === undefined || open.length === 0) return counts;

  let root: Operator;
  try {
    root = JSON.parse(await readFile(profile, 'utf8')) as Operator;
  } catch {
    // Counts of sources are shown as unknown when there is no profile; nothing else depends on it.
    return counts;
  }
  const found: Operator[] = [];
  let endsEarly = false;
  const stack: Operator[] = [root];
  for (let operator = stack.pop(); operator !== undefined; operator = stack.pop()) {
    if (EARLY_END.test(operator.operator_type ?? '')) endsEarly = true;
    if (operator.operator_type === 'TABLE_SCAN') found.push(operator);
    stack.push(...(operator.children ?? []));
  }
  if (endsEarly) return counts;
  for (const node of open) {
    const own = found.filter((operator) => standsFor(operator, node));
    const rows = own.length === 1 ? own[0]?.operator_cardinality : undefined;
    if (rows !== undefined && own[0]?.extra_info?.['Filters'] === undefined) counts.set(node, rows);
  }
  return counts;
}

/** Whether a node scans files whose number of rows only the profile of a query tells. */
export function isCountedByProfile(node: Node): boolean {
  return node.kept === undefined && node.scan !== undefined && node.scan.rows === undefined;
}

function standsFor(operator: Operator, node: Node): boolean {
  const scan = node.scan;
  const info = operator.extra_info;
  if (scan === undefined || info === undefined) return false;
  const projections = info['Projections'];
  const first: unknown = Array.isArray(projections) ? projections[0] : projections;
  if (typeof first === 'string' && scan.mark !== '' && first.startsWith(scan.mark)) return true;
  if (typeof first === 'string' && first !== '' && scan.mark !== '') return false;
  const files = info['Filename(s)'];
  return typeof files === 'string' && files === scan.paths.join(', ');
}
