import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { logFile, logIndexFile } from '../runs/run-folder.js';
import type { LogBlock } from './log-index.js';
import { RunLogs } from './run-log.js';

const RUN = 'application_1700000000000_0001';
const QUIET = pino({ level: 'silent' });

let store: string;
let logs: RunLogs;

beforeEach(async () => {
  store = await mkdtemp(join(tmpdir(), 'sluice-logs-'));
  logs = new RunLogs(store, QUIET);
});
afterEach(() => rm(store, { recursive: true, force: true }));

async function write(stop: string, count: number, of = logs): Promise<void> {
  const message = 'x'.repeat(90);
  of.append(
    RUN,
    Array.from({ length: count }, (_, index) => ({ at: index, level: 'INFO' as const, stop, message })),
  );
  await of.finish(RUN);
}

async function places(stop: string, offset = 0): Promise<[string, number][]> {
  const found: [string, number][] = [];
  for await (const line of logs.read(RUN, stop, offset)) found.push([line.stop, line.offset]);
  return found;
}

test('a short log is read by stop and from any of its places, without an index', async () => {
  await write('a', 2);
  await write('b', 1);
  const all = await places('');
  expect(all.map(([stop]) => stop)).toEqual(['a', 'a', 'b']);
  expect(await places('', all[1]?.[1])).toEqual(all.slice(2));
  expect(await places('b')).toEqual(all.slice(2));
  await expect(readFile(logIndexFile(store, RUN))).rejects.toThrow('ENOENT');
});

test('the blocks of a long log that have nothing of a stop are not read for it, also after another start', async () => {
  await write('early', 1);
  await write('loud', 3_000);
  const second = new RunLogs(store, QUIET);
  await write('loud', 3_000, second);
  await write('late', 1, second);
  const all = await places('');
  expect(all).toHaveLength(6_002);
  const file = logFile(store, RUN);
  const text = await readFile(file, 'utf8');
  expect(all.at(-1)?.[1]).toBe(Buffer.byteLength(text));
  // What must not be read is made unreadable.
  const index = await readFile(logIndexFile(store, RUN), 'utf8');
  const blocks = index
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as LogBlock);
  expect(blocks.map((block) => block.stops)).toEqual([['loud'], ['loud']]);
  const [start, end] = [blocks[0]?.from ?? 0, blocks[1]?.to ?? 0];
  await writeFile(file, `${text.slice(0, start)}${'?'.repeat(end - start - 1)}\n${text.slice(end)}`);
  expect(await places('early')).toEqual([all[0]]);
  expect(await places('late')).toEqual([all.at(-1)]);
  await expect(places('loud')).rejects.toThrow(SyntaxError);
});

test('a log is removed with its index', async () => {
  await write('loud', 4_000);
  await logs.remove(RUN);
  expect(await places('')).toEqual([]);
  await expect(readFile(logIndexFile(store, RUN))).rejects.toThrow('ENOENT');
});
