import { createReadStream, type ReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { SluiceError } from '@sluice/plugin-sdk';
import { Decompress } from 'fzstd';

/** The first bytes of a compressed file: RFC 1952 and RFC 8878. */
const MAGIC = { gzip: Buffer.from([0x1f, 0x8b]), zstd: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]) } as const;

/** The endings of names of compressed files. */
export const COMPRESSED_ENDING = /\.(gz|zst)$/i;

/**
 * The bytes of a file in pieces, decompressed when its name or its first bytes say gzip or zstd.
 *
 * @throws FILE_UNREADABLE when the file is cut off, broken, or not what its name says
 */
export async function* bytesOf(path: string): AsyncGenerator<Buffer> {
  const compression = await compressionOf(path);
  const source = createReadStream(path, { highWaterMark: 1 << 18 });
  try {
    if (compression === 'gzip') yield* gunzip(source);
    else if (compression === 'zstd') yield* unzstd(source);
    else yield* source as AsyncIterable<Buffer>;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const remedy = compression === undefined ? '' : `; see that it is whole and is ${compression}`;
    const message = `'${path}' cannot be read: ${why}${remedy}`;
    throw new SluiceError('FILE_UNREADABLE', message, { cause, details: { file: path } });
  } finally {
    source.destroy();
  }
}

async function compressionOf(path: string): Promise<'gzip' | 'zstd' | undefined> {
  const ending = COMPRESSED_ENDING.exec(path)?.[1]?.toLowerCase();
  if (ending !== undefined) return ending === 'gz' ? 'gzip' : 'zstd';
  const file = await open(path);
  try {
    const first = Buffer.alloc(4);
    await file.read(first, 0, first.length, 0);
    if (first.equals(MAGIC.zstd)) return 'zstd';
    return first.subarray(0, 2).equals(MAGIC.gzip) ? 'gzip' : undefined;
  } finally {
    await file.close();
  }
}

async function* gunzip(source: ReadStream): AsyncGenerator<Buffer> {
  const output = createGunzip();
  source.on('error', (error) => output.destroy(error));
  // A reader may leave early; what the source still brings then fails, and that is nobody's fault.
  output.on('error', () => undefined);
  yield* source.pipe(output) as AsyncIterable<Buffer>;
}

/** Node has no zstd of its own before version 22.15. */
async function* unzstd(source: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  let ready: Buffer[] = [];
  const decompress = new Decompress((data) => void ready.push(Buffer.from(data)));
  let bytes = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    decompress.push(chunk);
    yield* ready;
    ready = [];
  }
  if (bytes > 0) decompress.push(new Uint8Array(0), true);
  yield* ready;
}
