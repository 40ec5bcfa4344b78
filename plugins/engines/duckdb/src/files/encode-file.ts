import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { SluiceError } from '@sluice/plugin-sdk';
import iconv from 'iconv-lite';

/**
 * Turns a UTF-8 file into another encoding, a piece at a time.
 *
 * @throws ENCODING_INVALID for a character that the encoding does not have
 */
export async function encodeFile(path: string, encoding: string): Promise<void> {
  const copy = `${path}.encoded`;
  const output = createWriteStream(copy);
  const encoder = iconv.getEncoder(encoding);
  const checker = iconv.getDecoder(encoding, { stripBOM: false });
  let isFirst = true;
  try {
    const take = async (text: string | undefined): Promise<void> => {
      const bytes = text === undefined ? (encoder.end() ?? Buffer.alloc(0)) : encoder.write(text);
      let back = (text === undefined ? (checker.end() ?? '') : checker.write(bytes)) as string;
      if (isFirst && back.startsWith('\ufeff') && text?.startsWith('\ufeff') !== true) back = back.slice(1);
      isFirst = false;
      if (text !== undefined && back !== text) throw unencodable(text, back, encoding);
      if (bytes.length > 0 && !output.write(bytes)) await once(output, 'drain');
    };
    for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 18 })) {
      await take(chunk as string);
    }
    await take(undefined);
    output.end();
    await finished(output);
    await rename(copy, path);
  } finally {
    output.destroy();
    await rm(copy, { force: true });
  }
}

function unencodable(text: string, back: string, encoding: string): SluiceError {
  const characters = [...text];
  const kept = [...back];
  const at = characters.findIndex((character, index) => character !== kept[index]);
  const message = `the character '${characters[at] ?? ''}' does not exist in the encoding ${encoding}; write UTF-8 or GB18030`;
  return new SluiceError('ENCODING_INVALID', message);
}
