import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** Writes a new file from pieces as they come and no faster than the disk takes them; fails as the pieces do. */
export async function writePieces(path: string, pieces: AsyncIterable<string | Uint8Array>): Promise<void> {
  await pipeline(pieces, createWriteStream(path));
}
