import { createReadStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { SluiceError } from '@sluice/plugin-sdk';
import iconv from 'iconv-lite';
import { writePieces } from './write-pieces.js';

/**
 * Turns a UTF-8 file into another encoding, a piece at a time.
 *
 * @throws ENCODING_INVALID for a character that the encoding does not have
 */
export async function encodeFile(path: string, encoding: string): Promise<void> {
  const copy = `${path}.encoded`;
  try {
    await writePieces(copy, encoded(path, encoding));
    await rename(copy, path);
  } finally {
    await rm(copy, { force: true });
  }
}

async function* encoded(path: string, encoding: string): AsyncGenerator<Uint8Array> {
  const encoder = iconv.getEncoder(encoding);
  const checker = iconv.getDecoder(encoding, { stripBOM: false });
  let isFirst = true;
  const encode = (text: string | undefined): Uint8Array => {
    const bytes = text === undefined ? (encoder.end() ?? Buffer.alloc(0)) : encoder.write(text);
    let back = (text === undefined ? (checker.end() ?? '') : checker.write(bytes)) as string;
    if (isFirst && back.startsWith('\ufeff') && text?.startsWith('\ufeff') !== true) back = back.slice(1);
    isFirst = false;
    if (text !== undefined && back !== text) throw unencodable(text, back, encoding);
    return bytes;
  };
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 18 })) {
    yield encode(chunk as string);
  }
  yield encode(undefined);
}

function unencodable(text: string, back: string, encoding: string): SluiceError {
  const characters = [...text];
  const kept = [...back];
  const at = characters.findIndex((character, index) => character !== kept[index]);
  const message = `the character '${characters[at] ?? ''}' does not exist in the encoding ${encoding}; write UTF-8 or GB18030`;
  return new SluiceError('ENCODING_INVALID', message);
}
