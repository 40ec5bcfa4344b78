import { open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import type { Readable } from 'node:stream';
import { SluiceError } from '@sluice/plugin-sdk';
import { openPromise, type Entry, type ZipFile } from 'yauzl';

/** Characters of a part that is held in memory as a whole, at most; a small file can stand for very many. */
const LONGEST = 1 << 28;
const MOST_ENTRIES = 10_000;

/** The parts of an open workbook. Close it. */
export interface Parts {
  readonly names: readonly string[];
  has(name: string): boolean;
  stream(name: string): Promise<Readable>;
  /** The text of a part, piece by piece. */
  pieces(name: string): AsyncIterable<string>;
  /** The whole text of a part; empty where there is none. */
  text(name: string): Promise<string>;
  close(): void;
}

/**
 * Opens an xlsx file.
 *
 * @param shown how messages name it
 * @throws FILE_FORMAT
 */
export async function openParts(path: string, shown: string): Promise<Parts> {
  const head = await firstBytes(path);
  if (head.startsWith('d0cf11e0')) {
    throw new SluiceError(
      'FILE_FORMAT',
      `'${shown}' is a workbook of Excel 97 (.xls) or an encrypted one; save it as .xlsx`,
    );
  }
  const damaged = (error: unknown): SluiceError => {
    const why = error instanceof Error ? error.message : String(error);
    return new SluiceError('FILE_FORMAT', `'${shown}' is no workbook of Excel (.xlsx): ${why}`, { cause: error });
  };
  const zip = await openPromise(path, { autoClose: false, lazyEntries: true }).catch((error: unknown) => {
    throw damaged(error);
  });
  try {
    const entries = await entriesOf(zip);
    const stream = async (name: string): Promise<Readable> => {
      const entry = entries.get(name.toLowerCase());
      if (entry === undefined) throw damaged(new Error(`the part ${name} is not there`));
      return zip.openReadStreamPromise(entry);
    };
    const pieces = async function* (name: string): AsyncGenerator<string> {
      const decoder = new StringDecoder('utf8');
      try {
        for await (const bytes of await stream(name)) yield decoder.write(bytes as Buffer);
      } catch (error) {
        throw damaged(error);
      }
      yield decoder.end();
    };
    const has = (name: string): boolean => entries.has(name.toLowerCase());
    return {
      names: [...entries.values()].map(({ fileName }) => fileName),
      has,
      stream,
      pieces,
      async text(name) {
        if (!has(name)) return '';
        const texts: string[] = [];
        let length = 0;
        for await (const piece of pieces(name)) {
          if ((length += piece.length) > LONGEST) throw damaged(new Error(`the part ${name} is too large`));
          texts.push(piece);
        }
        return texts.join('');
      },
      close: () => zip.close(),
    };
  } catch (error) {
    zip.close();
    throw damaged(error);
  }
}

async function entriesOf(zip: ZipFile): Promise<ReadonlyMap<string, Entry>> {
  const entries = new Map<string, Entry>();
  for await (const entry of zip.eachEntry()) {
    if (entries.size > MOST_ENTRIES) throw new Error('it has too many parts');
    // Names of parts do not differ by case alone.
    if (!entry.fileName.endsWith('/')) entries.set(entry.fileName.toLowerCase(), entry);
  }
  return entries;
}

async function firstBytes(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString('hex', 0, bytesRead);
  } finally {
    await file.close();
  }
}
