import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetRunResponse, RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { launch, type Launched, type Platform, type Service } from './index.js';
import { unimplemented } from './testing/index.js';

let home: string;
let launched: Launched | undefined;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sluice-launch-'));
});
afterEach(async () => {
  await launched?.close();
  launched = undefined;
  rmSync(home, { recursive: true, force: true });
});

const environment = (more: Record<string, string> = {}): Record<string, string> => ({
  SLUICE_HOME: home,
  SLUICE_GRPC_PORT: '0',
  SLUICE_LOG_LEVEL: 'silent',
  ...more,
});

function service(start: (platform: Platform) => Promise<void>): Service {
  return {
    name: 'execution',
    migrations: [
      { name: '0001_notes', up: (knex) => knex.schema.createTable('notes', (table) => void table.string('text')) },
    ],
    start,
  };
}

describe('launch', () => {
  test('starts a service whose handlers, tables and clients work, and closes in reverse', async () => {
    const closed: string[] = [];
    launched = await launch(
      [
        service(async (platform) => {
          await platform.database.knex('notes').insert({ text: 'kept' });
          platform.rpc.add(RunServiceService, {
            ...unimplemented(RunServiceService),
            getRun: async ({ id }) => {
              const row = (await platform.database.knex('notes').first()) as { text: string };
              return GetRunResponse.fromPartial({ run: { id, flowName: row.text } });
            },
          });
          platform.lifecycle.onClose('first', () => void closed.push('first'));
          platform.lifecycle.onClose('second', () => void closed.push('second'));
        }),
      ],
      { environment: environment() },
    );
    const { run } = await launched.platform.clients.get(RunServiceService).getRun({ id: 'r1' });
    expect(run).toMatchObject({ id: 'r1', flowName: 'kept' });
    expect(launched.startTree()).toMatch(/^start \d+ ms\n {2}config \d+ ms\n/);
    await launched.close();
    expect(closed).toEqual(['second', 'first']);
  });

  test('does what waits for the process to listen, and closes that before gRPC', async () => {
    let found = '';
    let answered = '';
    launched = await launch(
      [
        service(async ({ rpc, lifecycle, clients }) => {
          const handlers = {
            ...unimplemented(RunServiceService),
            getRun: async ({ id }: { id: string }) => GetRunResponse.fromPartial({ run: { id } }),
          };
          rpc.add(RunServiceService, handlers);
          const call = async (): Promise<string> =>
            (await clients.get(RunServiceService).getRun({ id: 'r' })).run?.id ?? '';
          lifecycle.onListening('http', async () => {
            found = await call();
            lifecycle.announce('http', 'http://127.0.0.1:1');
            lifecycle.onClose('http', async () => void (answered = await call()));
          });
        }),
      ],
      { environment: environment() },
    );
    expect(found).toBe('r');
    expect(launched.addresses).toEqual({ http: 'http://127.0.0.1:1' });
    await launched.close();
    expect(answered).toBe('r');
  });

  test('names the step that failed and why, and closes what had begun', async () => {
    const closed: string[] = [];
    const failing = service(async (platform) => {
      platform.lifecycle.onClose('part', () => void closed.push('part'));
      await platform.lifecycle.step('read plugins', () => {
        throw new Error('no such folder');
      });
    });
    await expect(launch([failing], { environment: environment() })).rejects.toMatchObject({
      reason: 'START_FAILED',
      message: "the start failed at 'read plugins': no such folder",
      details: { step: 'execution > read plugins' },
    });
    expect(closed).toEqual(['part']);
  });

  test('refuses a port that another process has, with the remedy', async () => {
    launched = await launch([], { environment: environment() });
    const port = launched.address.split(':')[1] ?? '';
    const second = launch([], { environment: environment({ SLUICE_GRPC_PORT: port }) });
    await expect(second).rejects.toMatchObject({
      reason: 'START_FAILED',
      message: expect.stringContaining('set SLUICE_GRPC_PORT') as string,
    });
  });

  test('says which package a service would come from', async () => {
    await expect(launch(['catalogue'], { environment: environment() })).rejects.toMatchObject({
      reason: 'START_FAILED',
      message: expect.stringContaining("the service 'catalogue' cannot be loaded from @sluice/catalogue") as string,
    });
  });

  test('says which database file cannot be opened', async () => {
    writeFileSync(join(home, 'sluice.db'), 'this is a text and no database, however long it may be '.repeat(40));
    await expect(launch([], { environment: environment() })).rejects.toMatchObject({
      reason: 'DATABASE_UNAVAILABLE',
      message: expect.stringContaining(join(home, 'sluice.db')) as string,
    });
  });

  test('is ready in less than 700 ms without services', async () => {
    const begin = performance.now();
    launched = await launch([], { environment: environment() });
    expect(performance.now() - begin).toBeLessThan(700);
  });
});
