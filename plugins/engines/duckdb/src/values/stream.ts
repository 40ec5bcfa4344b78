import type { Batch } from '@sluice/plugin-sdk';
import type { Executor } from '../executor.js';
import type { Node } from '../node.js';
import type { Keeper } from '../keeper.js';
import { decodeChunk } from './decode.js';

/**
 * The rows of a node in batches, as they are computed and no faster than they are taken. The query runs on a
 * connection of its own from the first batch to the last.
 */
export async function* streamBatches(executor: Executor, keeper: Keeper, node: Node): AsyncGenerator<Batch> {
  await keeper.ready(node);
  yield* executor.stream(node, async function* (connection, prefix) {
    const result = await connection.stream(`${prefix}SELECT * FROM ${node.relation}`);
    const types = result.columnTypes();
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
      yield decodeChunk(chunk, types);
    }
  });
}
