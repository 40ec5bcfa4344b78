import { Transform } from 'node:stream';
import { TextDecoder } from 'node:util';
import { SluiceError } from '@sluice/plugin-sdk';
import { getFileNameLowLevel, openPromise, type Entry } from 'yauzl';
import { crc32 } from './crc32.js';
import type { Sink } from './sink.js';

/** The bit that says that a name is UTF-8, and the extra field that holds it as UTF-8. */
const UTF8_NAME = 0x800;
const UNICODE_PATH = 0x7075;
/** The file type of Unix in the upper half of the external attributes, and that of a link. */
const TYPE_MASK = 0o170000;
const LINK = 0o120000;

/** Unpacks a zip file. Names without a declared encoding are read as UTF-8 or GB18030. */
export async function unpackZip(path: string, sink: Sink, signal: AbortSignal): Promise<void> {
  const zip = await openPromise(path, { decodeStrings: false, autoClose: false });
  try {
    for await (const entry of zip.eachEntry()) {
      signal.throwIfAborted();
      const name = nameOf(entry);
      if (((entry.externalFileAttributes >>> 16) & TYPE_MASK) === LINK) sink.skip(name, 'a link');
      else if (name.endsWith('/')) await sink.folder(name);
      else {
        if (entry.isEncrypted())
          throw new SluiceError('FILE_FORMAT', `'${name}' in the archive is encrypted; unpack it before`);
        await sink.file(name, await zip.openReadStreamPromise(entry), checksum(entry, name));
      }
    }
  } finally {
    zip.close();
  }
}

function nameOf(entry: Entry): string {
  const { fileNameRaw: raw, generalPurposeBitFlag: flags, extraFields } = entry;
  const isDeclared = (flags & UTF8_NAME) !== 0 || extraFields.some((field) => field.id === UNICODE_PATH);
  if (!isDeclared) {
    for (const encoding of ['utf-8', 'gb18030']) {
      try {
        return new TextDecoder(encoding, { fatal: true }).decode(raw);
      } catch {
        // It is not in this encoding; the next one, or the zip format's own.
      }
    }
  }
  return getFileNameLowLevel(flags, raw, extraFields, false);
}

function checksum(entry: Entry, name: string): Transform {
  let sum = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sum = crc32(chunk, sum);
      done(null, chunk);
    },
    flush(done) {
      done(
        sum === entry.crc32
          ? null
          : new SluiceError('FILE_FORMAT', `'${name}' in the archive is damaged: its checksum is wrong`),
      );
    },
  });
}
