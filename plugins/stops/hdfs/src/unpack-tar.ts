import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import type { Sink } from './sink.js';

/** Unpacks a tar from a stream. */
export async function unpackTar(stream: Readable, sink: Sink, signal: AbortSignal): Promise<void> {
  const archive = extract();
  const feeding = pipeline(stream, archive, { signal });
  // What fails while feeding fails in the loop, too; the first of both is told.
  feeding.catch(() => undefined);
  for await (const entry of archive) {
    const { name, type } = entry.header;
    if (type === 'file' || type === 'contiguous-file') await sink.file(name, entry as unknown as Readable);
    else {
      if (type === 'directory') await sink.folder(name);
      else if (!/^pax/.test(String(type)))
        sink.skip(name, type === 'symlink' || type === 'link' ? 'a link' : `a ${type}`);
      entry.resume();
    }
  }
  await feeding;
}
