import { readFile } from 'node:fs/promises';
import { join, posix, sep } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import tar from 'tar-stream';

/** The time of every file, so that the same files make the same archive; npm uses this one too. */
const MODIFIED = new Date('1985-10-26T08:15:00Z');

export interface PackOptions {
  /** The version to write into package.json instead of the one that stands there. */
  readonly version?: string;
}

/** The npm archive (.tgz) of some files of a package's folder: the same files give the same bytes. */
export async function packFiles(folder: string, paths: readonly string[], options: PackOptions = {}): Promise<Buffer> {
  const pack = tar.pack();
  const archive = buffer(pack.pipe(createGzip()));
  for (const path of [...paths].sort()) {
    const content = await readFile(join(folder, path));
    const written =
      (path === 'package.json' || path === 'sluice.json') && options.version !== undefined
        ? versioned(content, options.version)
        : content;
    const name = posix.join('package', path.split(sep).join('/'));
    pack.entry({ name, size: written.length, mtime: MODIFIED, mode: 0o644 }, written);
  }
  pack.finalize();
  return archive;
}

function versioned(content: Buffer, version: string): Buffer {
  const manifest = JSON.parse(content.toString('utf8')) as Record<string, unknown>;
  return Buffer.from(`${JSON.stringify({ ...manifest, version }, undefined, 2)}\n`);
}
