import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { PassThrough, type Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import { createGunzip } from 'node:zlib';
import { SluiceError } from '@sluice/plugin-sdk';

const PIECE = 256 << 10;

/**
 * The text of an XML file in pieces: in the encoding that its first bytes or its declaration name (default UTF-8),
 * unpacked where the file is gzip.
 *
 * @param shown the file as messages name it
 * @throws ENCODING_INVALID, FILE_UNREADABLE
 */
export async function* xmlText(path: string, shown: string, signal: AbortSignal): AsyncGenerator<string> {
  const packed = await isGzip(path, shown);
  let stream: Readable = createReadStream(path, { highWaterMark: PIECE, signal });
  if (packed) {
    const unpacked = new PassThrough({ highWaterMark: PIECE });
    // What fails here fails in the loop below, where `unpacked` is read.
    pipeline(stream, createGunzip(), unpacked).catch((error: unknown) => unpacked.destroy(error as Error));
    stream = unpacked;
  }
  try {
    let decoder: TextDecoder | undefined;
    let encoding = '';
    let offset = 0;
    for await (const bytes of stream as AsyncIterable<Buffer>) {
      if (decoder === undefined) {
        encoding = encodingOf(bytes);
        decoder = decoderOf(encoding, shown);
      }
      yield decode(decoder, bytes, { encoding, shown, offset });
      offset += bytes.length;
    }
    if (decoder !== undefined) yield decode(decoder, undefined, { encoding, shown, offset });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (signal.aborted || !/^(E[A-Z]+|Z_[A-Z_]+|ERR_STREAM.*)$/.test(code)) throw error;
    throw new SluiceError('FILE_UNREADABLE', `'${shown}' cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    stream.destroy();
  }
}

async function isGzip(path: string, shown: string): Promise<boolean> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
      return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new SluiceError('FILE_UNREADABLE', `'${shown}' cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** The encoding by byte order mark, else by declaration, else UTF-8. */
function encodingOf(bytes: Uint8Array): string {
  const [a, b] = bytes;
  if ((a === 0xff && b === 0xfe) || (a === 0x3c && b === 0)) return 'utf-16le';
  if ((a === 0xfe && b === 0xff) || (a === 0 && b === 0x3c)) return 'utf-16be';
  const head = Buffer.from(bytes.subarray(0, 256)).toString('latin1');
  return /^(?:\xef\xbb\xbf)?<\?xml\s[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._-]+)["']/.exec(head)?.[1] ?? 'utf-8';
}

function decoderOf(encoding: string, shown: string): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch (error) {
    const message = `'${shown}' declares the encoding '${encoding}', which is not known; save it as UTF-8`;
    throw new SluiceError('ENCODING_INVALID', message, { cause: error });
  }
}

interface Place {
  readonly encoding: string;
  readonly shown: string;
  /** The number of bytes before these. */
  readonly offset: number;
}

function decode(decoder: TextDecoder, bytes: Uint8Array | undefined, { encoding, shown, offset }: Place): string {
  try {
    return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
  } catch (error) {
    const where = bytes === undefined ? 'at its end' : `between bytes ${offset} and ${offset + bytes.length}`;
    const message = `'${shown}' is not ${encoding.toUpperCase()} ${where}; declare its encoding in its first line`;
    throw new SluiceError('ENCODING_INVALID', message, { cause: error });
  }
}
