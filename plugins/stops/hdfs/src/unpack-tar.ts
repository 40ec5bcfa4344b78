import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import type { Sink } from './sink.js';

/** Unpacks a tar from a stream. */
export async function unpackTar(stream: Readable, sink: Sink, signal: AbortSignal): Promise<void> {
  const archive = extract();
  let entry: Promise<void> = Promise.resolve();
  archive.on('entry', (header, content, next) => {
    // A tar that breaks off fails the content at once, maybe before the sink reads it.
    const body = new PassThrough();
    pipeline(content as unknown as Readable, body).catch((error: unknown) => body.destroy(error as Error));
    entry = takeEntry(header, body, sink);
    entry.then(
      () => next(),
      (error: unknown) => archive.destroy(error as Error),
    );
  });
  try {
    await pipeline(stream, archive as unknown as NodeJS.WritableStream, { signal });
  } finally {
    // Whoever removes what was written must not meet a file that is being written; its error is the one above.
    await entry.catch(() => undefined);
  }
}

async function takeEntry({ name, type }: Header, content: Readable, sink: Sink): Promise<void> {
  if (type === 'file' || type === 'contiguous-file') return sink.file(name, content);
  content.on('error', () => undefined).resume();
  if (type === 'directory') await sink.folder(name);
  else sink.skip(name, type === 'symlink' || type === 'link' ? 'a link' : `no file but a ${type}`);
}
