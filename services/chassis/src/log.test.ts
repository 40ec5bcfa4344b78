import { describe, expect, test } from 'vitest';
import { SluiceError } from './errors.js';
import { openLog } from './log.js';
import { testConfig } from './testing/index.js';

async function linesOf(write: (log: Awaited<ReturnType<typeof openLog>>) => void): Promise<Record<string, unknown>[]> {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  write(await openLog(testConfig({ 'log.format': 'json' }), { destination }));
  return lines;
}

describe('a log line', () => {
  test('has its level as a word, its time as ISO text and the names of its part', async () => {
    const [line] = await linesOf((log) => log.child({ service: 'execution' }).info({ run: 'r1' }, 'a run began'));
    expect(line).toMatchObject({ level: 'info', service: 'execution', run: 'r1', msg: 'a run began' });
    expect(new Date(String(line?.['time'])).toISOString()).toBe(line?.['time']);
  });

  test('holds reason, problems and cause of an error', async () => {
    const [line] = await linesOf((log) => {
      const cause = new Error('ENOSPC');
      log.error({ err: new SluiceError('DISK_FULL', 'the disk is full', { details: { path: '/x' }, cause }) }, 'no');
    });
    expect(line?.['err']).toMatchObject({ reason: 'DISK_FULL', details: { path: '/x' } });
    expect(JSON.stringify(line)).toContain('ENOSPC');
  });

  test('never shows what is secret by its name', async () => {
    const [line] = await linesOf((log) =>
      log.info({ password: 'p1', source: { secretKey: 'p2', properties: { token: 'p3' } }, name: 'kept' }, 'x'),
    );
    expect(JSON.stringify(line)).not.toMatch(/p[123]/);
    expect(line).toMatchObject({ password: '***', name: 'kept' });
    const [address] = await linesOf((log) =>
      log.info({ url: 'mysql://me:p1@h/d', request: { url: '/flow?x=1' } }, 'x'),
    );
    expect(address).toMatchObject({ url: 'mysql://***@h/d', request: { url: '/flow?x=1' } });
  });
});
