import { appendFile, readFile } from 'node:fs/promises';

/** A stretch of a log, in bytes from its beginning, and the stops that wrote in it. */
export interface LogBlock {
  readonly from: number;
  readonly to: number;
  readonly stops: readonly string[];
}

/** Adds a block to an index: a file of JSON lines beside the log. */
export async function addBlock(file: string, block: LogBlock): Promise<void> {
  await appendFile(file, `${JSON.stringify(block)}\n`);
}

/**
 * The stretches of a log between two places in which a stop may have written: all but the blocks of the index that have
 * nothing of it.
 */
export async function rangesOf(file: string, stop: string, from: number, to: number): Promise<[number, number][]> {
  const ranges: [number, number][] = [];
  let place = from;
  for (const block of await readBlocks(file)) {
    if (block.to <= place || block.to > to || block.stops.includes(stop)) continue;
    if (block.from > place) ranges.push([place, block.from]);
    place = block.to;
  }
  if (place < to) ranges.push([place, to]);
  return ranges;
}

async function readBlocks(file: string): Promise<LogBlock[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    // A short log has no index.
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  // What stands after the last line feed is being written.
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as LogBlock);
}
