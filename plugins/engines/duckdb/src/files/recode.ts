import { mkdir } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { COMPRESSED_ENDING } from './file-bytes.js';
import type { FoundFile } from './find-files.js';
import { textOf } from './text-stream.js';
import { writePieces } from './write-pieces.js';

/** The path of a file's copy in a folder, under folders of its own that name its partitions. */
export function copyPath(file: FoundFile, index: number, folder: string): string {
  const partitions = dirname(file.path)
    .split(sep)
    .filter((name) => name.includes('=') && Object.keys(file.partitions).length > 0);
  return join(folder, String(index), ...partitions, basename(file.path).replace(COMPRESSED_ENDING, ''));
}

/** Copies files into a folder as UTF-8, a piece at a time; gives the copies' paths in order. */
export async function recode(files: readonly FoundFile[], folder: string, encoding: string): Promise<string[]> {
  const copies: string[] = [];
  for (const [index, file] of files.entries()) {
    const copy = copyPath(file, index, folder);
    await mkdir(dirname(copy), { recursive: true });
    await writePieces(copy, textOf(file.path, encoding));
    copies.push(copy);
  }
  return copies;
}
