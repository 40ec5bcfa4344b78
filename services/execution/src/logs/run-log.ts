import { createReadStream } from 'node:fs';
import { appendFile, mkdir, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { inject, injectable } from 'tsyringe';
import { STORE_FOLDER } from '../tokens.js';
import type { LogEntry } from '../runner/protocol.js';
import { runFolder } from '../runs/run-folder.js';

/** A line of a log with the place after it. */
export interface StoredLine extends LogEntry {
  readonly offset: number;
}

/** Logs of runs: one file a run of JSON lines, in which a place is a number of bytes from the beginning. */
@injectable()
export class RunLogs {
  private readonly writing = new Map<string, Promise<void>>();

  constructor(@inject(STORE_FOLDER) private readonly store: string) {}

  /** Adds lines; they are written in the order of the calls. */
  append(runId: string, entries: readonly LogEntry[]): Promise<void> {
    if (entries.length === 0) return Promise.resolve();
    const text = entries.map(toLine).join('');
    const before =
      this.writing.get(runId) ?? mkdir(runFolder(this.store, runId), { recursive: true }).then(() => undefined);
    const after = before.then(() => appendFile(this.path(runId), text));
    this.writing.set(runId, after);
    return after;
  }

  /** Waits until all lines of a run are on disk. */
  async finish(runId: string): Promise<void> {
    await this.writing.get(runId);
    this.writing.delete(runId);
  }

  /** The lines after a place; only those of one stop unless `stop` is empty. A line that is half written is left. */
  async *read(runId: string, stop: string, offset: number): AsyncGenerator<StoredLine> {
    const size = await sizeOf(this.path(runId));
    if (size <= offset) return;
    const end = await endOfLastLine(this.path(runId), size);
    if (end <= offset) return;
    const input = createReadStream(this.path(runId), { start: offset, end: end - 1 });
    let place = offset;
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      place += Buffer.byteLength(line) + 1;
      const [at, level, of, message] = JSON.parse(line) as [number, LogEntry['level'], string, string];
      if (stop === '' || stop === of) yield { at, level, stop: of, message, offset: place };
    }
  }

  async remove(runId: string): Promise<void> {
    await rm(runFolder(this.store, runId), { recursive: true, force: true });
  }

  private path(runId: string): string {
    return join(runFolder(this.store, runId), 'log.jsonl');
  }
}

/** The reader takes U+2028 and U+2029 for line ends, JSON does not. */
function toLine({ at, level, stop, message }: LogEntry): string {
  const json = JSON.stringify([at, level, stop, message]);
  return `${json.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}\n`;
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

/** The place after the last line feed; a line that is being written has none yet. */
async function endOfLastLine(path: string, size: number): Promise<number> {
  const file = await open(path);
  try {
    let end = size;
    const buffer = Buffer.alloc(4096);
    while (end > 0) {
      const start = Math.max(0, end - buffer.length);
      const { bytesRead } = await file.read(buffer, 0, end - start, start);
      const found = buffer.subarray(0, bytesRead).lastIndexOf(0x0a);
      if (found >= 0) return start + found + 1;
      end = start;
    }
    return 0;
  } finally {
    await file.close();
  }
}
