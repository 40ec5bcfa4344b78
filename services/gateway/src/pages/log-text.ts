import type { LogLine } from '@sluice/proto/execution/v1/run';
import { logText } from './format.js';
import { escapeHtml } from './html.js';

const GRAVE = ['LOG_LEVEL_WARN', 'LOG_LEVEL_ERROR'];

/** The lines of a log as text, all or only warnings and errors. Several lines make one piece. */
export async function* logLines(lines: AsyncIterable<LogLine>, onlyGrave: boolean): AsyncGenerator<string, void> {
  for await (const line of lines) if (!onlyGrave || GRAVE.includes(line.level)) yield `${logText(line)}\n`;
}

/** The part of a text between two numbers of bytes, as YARN's pages count them. */
export async function* bytesBetween(
  pieces: AsyncIterable<string>,
  start: number,
  end: number,
): AsyncGenerator<string, void> {
  let place = 0;
  for await (const piece of pieces) {
    const bytes = Buffer.from(piece);
    const from = Math.max(0, start - place);
    const until = Math.min(bytes.length, end - place);
    if (from < until) yield from === 0 && until === bytes.length ? piece : bytes.subarray(from, until).toString();
    place += bytes.length;
    if (place >= end) return;
  }
}

/** Holds pieces back until they are large enough to be worth sending, or until they end. */
export async function* gathered(pieces: AsyncIterable<string>, size: number): AsyncGenerator<string, void> {
  let waiting = '';
  for await (const piece of pieces) {
    waiting += piece;
    if (waiting.length < size) continue;
    yield waiting;
    waiting = '';
  }
  if (waiting !== '') yield waiting;
}

/** A text as a page that has nothing else: what reads YARN's log pages takes the text between the pre tags. */
export async function* asPre(pieces: AsyncIterable<string>, title: string): AsyncGenerator<string, void> {
  yield `<!doctype html>\n<html><head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head><body>\n<pre>`;
  for await (const piece of pieces) yield escapeHtml(piece);
  yield '</pre>\n</body></html>\n';
}
