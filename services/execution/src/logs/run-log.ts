import { createReadStream } from 'node:fs';
import { appendFile, mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { inject, injectable } from 'tsyringe';
import type { Logger } from '@sluice/chassis';
import { LOG, STORE_FOLDER } from '../tokens.js';
import type { LogEntry } from '../runner/protocol.js';
import { logFile, runFolder } from '../runs/run-folder.js';

/** A line of a log with the place after it. */
export interface StoredLine extends LogEntry {
  readonly offset: number;
}

/** How long lines may wait to be written together. */
const WRITE_DELAY_MS = 50;

interface OpenLog {
  text: string;
  timer: NodeJS.Timeout | undefined;
  written: Promise<void>;
}

/** Logs of runs: one file a run of JSON lines, in which a place is a number of bytes from the beginning. */
@injectable()
export class RunLogs {
  private readonly open = new Map<string, OpenLog>();
  private readonly folders = new Set<string>();

  constructor(
    @inject(STORE_FOLDER) private readonly store: string,
    @inject(LOG) private readonly log: Logger,
  ) {}

  /** Adds lines, which are written soon, in the order of the calls. */
  append(runId: string, entries: readonly LogEntry[]): void {
    if (entries.length === 0) return;
    const log = this.open.get(runId) ?? { text: '', timer: undefined, written: Promise.resolve() };
    this.open.set(runId, log);
    log.text += entries.map(toLine).join('');
    log.timer ??= setTimeout(() => this.flush(runId, log), WRITE_DELAY_MS);
  }

  /** Writes what waits, and resolves when all lines of a run are on disk. */
  async finish(runId: string): Promise<void> {
    const log = this.open.get(runId);
    if (log === undefined) return;
    this.open.delete(runId);
    this.flush(runId, log);
    await log.written;
  }

  private flush(runId: string, log: OpenLog): void {
    clearTimeout(log.timer);
    log.timer = undefined;
    const { text } = log;
    log.text = '';
    if (text === '') return;
    log.written = log.written
      .then(() => this.write(logFile(this.store, runId), text))
      .catch((error: unknown) => this.log.warn({ err: error, run: runId }, 'lines of a run log could not be written'));
  }

  private async write(file: string, text: string): Promise<void> {
    const folder = dirname(file);
    if (!this.folders.has(folder)) await mkdir(folder, { recursive: true });
    this.folders.add(folder);
    await appendFile(file, text);
  }

  /** The lines after a place; only those of one stop unless `stop` is empty. A line that is half written is left. */
  async *read(runId: string, stop: string, offset: number): AsyncGenerator<StoredLine> {
    const size = await sizeOf(logFile(this.store, runId));
    if (size <= offset) return;
    const end = await endOfLastLine(logFile(this.store, runId), size);
    if (end <= offset) return;
    const input = createReadStream(logFile(this.store, runId), { start: offset, end: end - 1 });
    let place = offset;
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      place += Buffer.byteLength(line) + 1;
      const [at, level, of, message] = JSON.parse(line) as [number, LogEntry['level'], string, string];
      if (stop === '' || stop === of) yield { at, level, stop: of, message, offset: place };
    }
  }

  async remove(runId: string): Promise<void> {
    await rm(runFolder(this.store, runId), { recursive: true, force: true });
    await rm(logFile(this.store, runId), { force: true });
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
