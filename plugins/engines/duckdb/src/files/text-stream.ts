import { SluiceError } from '@sluice/plugin-sdk';
import iconv from 'iconv-lite';
import { bytesOf } from './file-bytes.js';

/** Names of encodings that DuckDB reads as they are. */
const UTF8 = /^utf-?8$/i;

/** Whether an encoding is UTF-8, under any of its names. */
export function isUtf8(encoding: string): boolean {
  return UTF8.test(encoding.trim());
}

/** Refuses an encoding that nobody knows, at once and not when the data is read. */
export function checkEncoding(encoding: string): void {
  if (isUtf8(encoding) || decoderFor(encoding) !== undefined || iconv.encodingExists(encoding)) return;
  const message = `there is no encoding '${encoding}'; use a name such as UTF-8, GBK, GB18030, UTF-16LE or ISO-8859-1`;
  throw new SluiceError('PROPERTY_INVALID', message);
}

/** Java's and Python's names of encodings that the WHATWG list lacks or reads otherwise. */
const ALIASES: Readonly<Record<string, string>> = { gbk: 'gb18030', gb2312: 'gb18030', cp936: 'gb18030' };
/** For these the WHATWG list takes Windows' code pages, which give other characters. */
const OWN = /^(?:iso-?8859-?1|latin-?1|us-ascii|ascii|utf-?16)$/i;

function decoderFor(encoding: string): InstanceType<typeof TextDecoder> | undefined {
  const name = encoding.trim().toLowerCase();
  if (OWN.test(name)) return undefined;
  try {
    return new TextDecoder(ALIASES[name] ?? name, { fatal: true });
  } catch {
    return undefined;
  }
}

/**
 * The text of a file in pieces, in memory no more than a piece at a time; a byte order mark is left out.
 *
 * @throws ENCODING_INVALID with the line where bytes do not fit the encoding
 */
export async function* textOf(path: string, encoding: string): AsyncGenerator<string> {
  const strict = isUtf8(encoding) ? new TextDecoder('utf-8', { fatal: true }) : decoderFor(encoding);
  const decoder = strict ?? iconv.getDecoder(encoding.trim());
  let line = 1;
  let isFirst = true;
  const read = (chunk: Buffer | undefined): string => {
    try {
      if (decoder instanceof TextDecoder) return decoder.decode(chunk, { stream: chunk !== undefined });
      return (chunk === undefined ? decoder.end() : decoder.write(chunk)) ?? '';
    } catch (error) {
      const first = line + countLines(chunk);
      const where = line === first ? `line ${line}` : `lines ${line} to ${first}`;
      const message = `'${path}' is not in the encoding ${encoding}: bytes in ${where} fit no character; set the encoding`;
      throw new SluiceError('ENCODING_INVALID', message, { cause: error, details: { file: path, line: String(line) } });
    }
  };
  for await (const chunk of bytesOf(path)) {
    let text = read(chunk);
    if (isFirst && text !== '') {
      if (text.startsWith('\ufeff')) text = text.slice(1);
      isFirst = false;
    }
    line += countLines(chunk);
    if (text !== '') yield text;
  }
  const rest = read(undefined);
  if (rest !== '') yield rest;
}

function countLines(chunk: Buffer | undefined): number {
  let lines = 0;
  for (let at = chunk?.indexOf(10) ?? -1; chunk !== undefined && at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
  return lines;
}
