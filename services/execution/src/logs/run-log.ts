import { createReadStream } from 'node:fs';
import { appendFile, mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { inject, injectable } from 'tsyringe';
import type { Logger } from '@sluice/chassis';
import { LOG, STORE_FOLDER } from '../tokens.js';
import type { LogEntry } from '../runner/protocol.js';
import { logFile, logIndexFile, runFolder } from '../runs/run-folder.js';
import { addBlock, rangesOf } from './log-index.js';

/** A line of a log with the place after it. */
export interface StoredLine extends LogEntry {
  readonly offset: number;
}

/** How long lines may wait to be written together. */
const WRITE_DELAY_MS = 50;

/** Bytes of a log that make a block of its index. */
const BLOCK_BYTES = 256 * 1024;

interface OpenLog {
  text: string;
  /** The stops of the lines in `text`. */
  stops: Set<string>;
  /** The block of the index that is not full yet; unknown before the first write. */
  block: { readonly from: number; to: number; readonly stops: Set<string> } | undefined;
  timer: NodeJS.Timeout | undefined;
  written: Promise<void>;
}

/**
 * Logs of runs: one file a run of JSON lines, in which a place is a number of bytes from the beginning, and for a long
 * log an index of which stops wrote where.
 */
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
    const log = this.open.get(runId) ?? newLog();
    this.open.set(runId, log);
    log.text += entries.map(toLine).join('');
    for (const { stop } of entries) log.stops.add(stop);
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
    const { text, stops } = log;
    if (text === '') return;
    log.text = '';
    log.stops = new Set();
    log.written = log.written
      .then(() => this.write(runId, log, text, stops))
      .catch((error: unknown) => this.log.warn({ err: error, run: runId }, 'lines of a run log could not be written'));
  }

  private async write(runId: string, log: OpenLog, text: string, stops: ReadonlySet<string>): Promise<void> {
    const file = logFile(this.store, runId);
    const folder = dirname(file);
    if (!this.folders.has(folder)) await mkdir(folder, { recursive: true });
    this.folders.add(folder);
    // An earlier attempt may have begun the log.
    log.block ??= newBlock(await sizeOf(file));
    await appendFile(file, text);
    const { block } = log;
    block.to += Buffer.byteLength(text);
    for (const stop of stops) block.stops.add(stop);
    if (block.to - block.from < BLOCK_BYTES) return;
    log.block = newBlock(block.to);
    await addBlock(logIndexFile(this.store, runId), { ...block, stops: [...block.stops] });
  }

  /** The lines after a place; only those of one stop unless `stop` is empty. A line that is half written is left. */
  async *read(runId: string, stop: string, offset: number): AsyncGenerator<StoredLine> {
    const file = logFile(this.store, runId);
    const size = await sizeOf(file);
    if (size <= offset) return;
    const end = await endOfLastLine(file, size);
    if (end <= offset) return;
    const whole: [number, number][] = [[offset, end]];
    const ranges = stop === '' ? whole : await rangesOf(logIndexFile(this.store, runId), stop, offset, end);
    for (const [from, to] of ranges) {
      for await (const line of linesOf(file, from, to)) if (stop === '' || stop === line.stop) yield line;
    }
  }

  async remove(runId: string): Promise<void> {
    await rm(runFolder(this.store, runId), { recursive: true, force: true });
    await rm(logFile(this.store, runId), { force: true });
    await rm(logIndexFile(this.store, runId), { force: true });
  }
}

function newLog(): OpenLog {
  return { text: '', stops: new Set(), block: undefined, timer: undefined, written: Promise.resolve() };
}

function newBlock(from: number): NonNullable<OpenLog['block']> {
  return { from, to: from, stops: new Set() };
}

/** The lines between two places, the first at the beginning of a line. */
async function* linesOf(file: string, from: number, to: number): AsyncGenerator<StoredLine> {
  const input = createReadStream(file, { start: from, end: to - 1 });
  let place = from;
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    place += Buffer.byteLength(line) + 1;
    const [at, level, stop, message] = JSON.parse(line) as [number, LogEntry['level'], string, string];
    yield { at, level, stop, message, offset: place };
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
