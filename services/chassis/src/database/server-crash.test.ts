import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { RunQueued } from '@sluice/proto/events/v1/execution';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isSluiceError } from '../errors.js';
import { eventPayload } from '../events/event.js';
import { InProcessBus } from '../events/in-process-bus.js';
import { CHASSIS_MIGRATIONS, DatabaseOutbox } from '../events/outbox.js';
import { Relay } from '../events/relay.js';
import { openMetrics } from '../metrics.js';
import { hasDatabase, testConfig } from '../testing/index.js';
import { openDatabase, type OpenDatabase } from './database.js';
import { migrate } from './migrate.js';

const SCRIPT = fileURLToPath(new URL('../../../../deploy/dev/services.sh', import.meta.url));

describe.skipIf(!hasDatabase('mariadb'))('a MariaDB server that is killed', () => {
  let folder: string;
  const log = pino({ level: 'silent' });
  let database: OpenDatabase;

  const services = async (...words: string[]): Promise<string> => {
    const env = { ...process.env, SLUICE_TEST_SERVICES_DIR: folder };
    return (await promisify(execFile)(SCRIPT, words, { env })).stdout;
  };
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-crash-'));
    await services('start', 'mariadb');
    const url = /SLUICE_TEST_MARIADB_URL=(\S+)/.exec(await services('env'))?.[1];
    database = await openDatabase(testConfig({ home: folder, 'database.url': url }), log);
    await migrate(database, [CHASSIS_MIGRATIONS]);
    await database.knex.schema.createTable('notes', (table) => void table.string('id').primary());
  });
  afterAll(async () => {
    await database.close();
    await services('stop', 'mariadb');
    rmSync(folder, { recursive: true, force: true });
  });

  test('costs the transactions under way alone: what was committed stays, what comes later works', async () => {
    const { events: metrics } = openMetrics();
    const bus = new InProcessBus({ log, metrics });
    const relay = new Relay({ database, bus, log, metrics, retentionHours: 24 });
    const outbox = new DatabaseOutbox(() => relay.wake());
    const told = new Set<string>();
    await bus.subscribe({
      subject: 'sluice.v1.>',
      durable: 'crash',
      handle: async (event) => void told.add(event.key),
    });
    relay.start();

    const committed: string[] = [];
    const failures: unknown[] = [];
    let isOver = false;
    const write = async (writer: number): Promise<void> => {
      for (let index = 0; !isOver; index += 1) {
        const id = `${writer}-${index}`;
        try {
          await database.transaction(async (trx) => {
            await trx('notes').insert({ id });
            const payload = eventPayload('sluice.events.v1.RunQueued', RunQueued, { runId: id, flowId: '' });
            await outbox.add(trx, { subject: 'sluice.v1.execution.run.queued', key: id, payload });
          });
          committed.push(id);
        } catch (error) {
          failures.push(error);
        }
        await delay(5);
      }
    };
    const writers = [1, 2, 3].map(write);
    await delay(300);
    process.kill(Number(readFileSync(join(folder, 'mariadb', 'pid'), 'utf8')), 'SIGKILL');
    const before = committed.length;
    await delay(300);
    await services('start', 'mariadb');
    for (const end = Date.now() + 15_000; committed.length < before + 50 && Date.now() < end;) await delay(20);
    isOver = true;
    await Promise.all(writers);

    expect(committed.length).toBeGreaterThanOrEqual(before + 50);
    const stored = new Set(await database.knex('notes').pluck('id'));
    expect(committed.filter((id) => !stored.has(id))).toEqual([]);
    for (const failure of failures) {
      expect(isSluiceError(failure) && failure.reason, String(failure)).toBe('DATABASE_UNAVAILABLE');
    }
    for (const end = Date.now() + 10_000; told.size < stored.size && Date.now() < end;) await delay(20);
    expect([...stored].filter((id) => !told.has(id as string))).toEqual([]);
    await relay.close();
    await bus.close();
  }, 60_000);
});
