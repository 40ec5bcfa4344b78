import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { isSluiceError, SluiceError } from '@sluice/plugin-sdk';

export interface DownloadOptions {
  readonly maxBytes: number;
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}

/**
 * Downloads a URL to a file as it comes, never whole in memory; gives the number of bytes.
 *
 * @throws PROPERTY_INVALID for what is no http(s) URL, DATA_INVALID for an answer without the file or one too large,
 *   DEADLINE_EXCEEDED, SERVICE_UNAVAILABLE
 */
export async function download(url: string, path: string, options: DownloadOptions): Promise<number> {
  const target = URL.canParse(url) ? new URL(url) : undefined;
  if (target === undefined || !/^https?:$/.test(target.protocol)) {
    throw new SluiceError('PROPERTY_INVALID', `property 'url_str': '${shown(url)}' is no http or https URL`);
  }
  const deadline = AbortSignal.timeout(options.timeoutSeconds * 1000);
  const signal = AbortSignal.any([options.signal, deadline]);
  try {
    // Without this header, servers pack files for the way and what arrives is not the file.
    const response = await fetch(target, { signal, headers: { 'accept-encoding': 'identity' } });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new SluiceError(
        'DATA_INVALID',
        `'${shown(url)}' answers ${response.status} ${response.statusText}`.trimEnd(),
      );
    }
    const announced = Number(response.headers.get('content-length') ?? 0);
    if (announced > options.maxBytes) {
      await response.body.cancel();
      throw tooLarge(url, options.maxBytes);
    }
    let bytes = 0;
    const counter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length;
        done(bytes > options.maxBytes ? tooLarge(url, options.maxBytes) : null, chunk);
      },
    });
    await pipeline(
      Readable.fromWeb(response.body as ReadableStream),
      counter,
      createWriteStream(path, { flags: 'wx' }),
      { signal },
    );
    return bytes;
  } catch (error) {
    if (isSluiceError(error) || options.signal.aborted) throw error;
    if (deadline.aborted) {
      const message = `'${shown(url)}' took longer than ${options.timeoutSeconds} s; raise timeoutSeconds`;
      throw new SluiceError('DEADLINE_EXCEEDED', message, { cause: error });
    }
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC')
      throw new SluiceError('DISK_FULL', `the disk is full`, { cause: error });
    const cause = (error as Error).cause;
    const why = cause instanceof Error ? cause.message || cause.name : (error as Error).message;
    throw new SluiceError('SERVICE_UNAVAILABLE', `'${shown(url)}' cannot be downloaded: ${why}`, { cause: error });
  }
}

function tooLarge(url: string, limit: number): SluiceError {
  return new SluiceError('DATA_INVALID', `'${shown(url)}' is larger than ${limit} bytes; raise maxBytes`);
}

/** A URL without the name and password that it may carry. */
function shown(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//');
}
