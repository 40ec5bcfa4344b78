import type { Node } from './node.js';

/** A query and the nodes whose rows it computes. */
export interface Composed {
  /** `WITH ... ` for what follows to refer to the node by its relation. */
  readonly prefix: string;
  /** The nodes inside, inputs first; of those that are kept, none that lies behind them. */
  readonly nodes: readonly Node[];
}

/**
 * One query for everything that leads to a node. Each node is a common table expression that DuckDB inlines, so that
 * filters and projections travel through the whole chain, and the text grows by one line a node.
 */
export function compose(sink: Node, textOf = (node: Node): string => node.kept ?? node.text()): Composed {
  const nodes = reachable(sink);
  const parts = nodes.map((node) => `${node.relation} AS NOT MATERIALIZED (${textOf(node)})`);
  return { prefix: `WITH ${parts.join(',\n')}\n`, nodes };
}

/** The nodes that a query over `sink` computes, inputs first; a kept node stands for all behind it. */
export function reachable(sink: Node): Node[] {
  const nodes: Node[] = [];
  const seen = new Set<Node>();
  const stack: { node: Node; next: number }[] = [{ node: sink, next: 0 }];
  seen.add(sink);
  // Without recursion: a flow may be thousands of stops deep.
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const input = top.node.kept === undefined ? top.node.inputs[top.next++] : undefined;
    if (input === undefined) {
      nodes.push(top.node);
      stack.pop();
    } else if (!seen.has(input)) {
      seen.add(input);
      stack.push({ node: input, next: 0 });
    }
  }
  return nodes;
}
