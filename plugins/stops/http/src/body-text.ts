import { createReadStream } from 'node:fs';
import { TextDecoder } from 'node:util';
import { open } from 'node:fs/promises';
import { SluiceError } from '@sluice/plugin-sdk';

/** How the bytes of a body are to be read: as its Content-Type says, as XML says itself, else UTF-8. */
export async function encodingOf(path: string, contentType: string): Promise<string> {
  const [, charset] = /charset\s*=\s*"?([^\s;"]+)/i.exec(contentType) ?? [];
  if (charset !== undefined) return charset;
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(200), 0, 200, 0);
    const head = buffer.toString('latin1', 0, bytesRead);
    return /^\s*<\?xml[^>]*encoding=["']([\w.:-]+)["']/.exec(head)?.[1] ?? 'utf-8';
  } finally {
    await file.close();
  }
}

/** The text of a body, piece by piece; ENCODING_INVALID where bytes are none of the encoding. */
export async function* bodyText(path: string, encoding: string, what: string): AsyncGenerator<string> {
  const decoder = decoderOf(encoding, what);
  const decode = (bytes?: Buffer): string => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch (error) {
      throw new SluiceError('ENCODING_INVALID', `${what} is not ${encoding}, as it should be`, { cause: error });
    }
  };
  for await (const bytes of createReadStream(path, { highWaterMark: 1 << 18 })) yield decode(bytes as Buffer);
  yield decode();
}

function decoderOf(encoding: string, what: string): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch (error) {
    throw new SluiceError('ENCODING_INVALID', `${what} has the unknown encoding '${encoding}'`, { cause: error });
  }
}
