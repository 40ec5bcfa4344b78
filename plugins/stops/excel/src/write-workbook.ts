import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SluiceError, type StopContext } from '@sluice/plugin-sdk';
import { ZipFile } from 'yazl';
import { planParts, type NewSheet, type PlannedPart } from './plan-parts.js';
import { openParts } from './zip.js';

type Context = Pick<StopContext, 'engine' | 'files' | 'signal' | 'beforeCommit'>;

/**
 * Writes sheets to a workbook, whole or not at all.
 *
 * @param keep whether the other sheets of a workbook that is there stay
 * @throws FILE_EXISTS for a folder, FILE_FORMAT for a file that is no workbook and is to be kept, DATA_INVALID
 */
export async function writeWorkbook(context: Context, location: string, keep: boolean, sheets: readonly NewSheet[]) {
  const { files, signal, engine } = context;
  const path = await files.resolve(location, 'write');
  const shown = files.locate(path);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) throw new SluiceError('FILE_EXISTS', `'${shown}' is a folder, not a workbook`);
  if (!/\.(xlsx|xlsm)$/i.test(basename(path))) {
    throw new SluiceError('PROPERTY_INVALID', `property 'filePath': '${shown}' must end in .xlsx`);
  }
  await mkdir(dirname(path), { recursive: true });
  const staging = join(dirname(path), `.sluice-partial-${randomUUID()}`);
  const old = keep && found !== undefined ? await openParts(path, shown) : undefined;
  try {
    await writeZip(staging, await planParts(engine, old, shown, sheets), signal);
    await context.beforeCommit();
    await rename(staging, path);
  } catch (error) {
    signal.throwIfAborted();
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    throw new SluiceError('DISK_FULL', 'the disk is full', { cause: error });
  } finally {
    old?.close();
    await rm(staging, { force: true });
  }
  return shown;
}

async function writeZip(path: string, parts: readonly PlannedPart[], signal: AbortSignal): Promise<void> {
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  // The library tells of a part that fails there, and not by its output.
  zip.on('error', (error: Error) => output.destroy(error));
  for (const { name, content } of parts) {
    zip.addReadStreamLazy(name, (done) => {
      Promise.resolve()
        .then(() => (typeof content === 'string' ? Readable.from([Buffer.from(content)]) : content()))
        .then((stream) =>
          done(
            null,
            stream.on('error', (error) => output.destroy(error)),
          ),
        )
        .catch((error: unknown) => output.destroy(error as Error));
    });
  }
  zip.end();
  await pipeline(output, createWriteStream(path), { signal });
}
