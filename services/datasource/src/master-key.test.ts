import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { launch, type Launched } from '@sluice/chassis';
import { CreateDatasourceRequest, DatasourceServiceService } from '@sluice/proto/datasource/v1/datasource_service';
import datasource from './index.js';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'sluice-key-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const start = (more: Readonly<Record<string, string>> = {}): Promise<Launched> =>
  launch([datasource], {
    environment: { SLUICE_HOME: home, SLUICE_GRPC_PORT: '0', SLUICE_LOG_LEVEL: 'silent', ...more },
  });

async function keepSecret(): Promise<void> {
  const launched = await start();
  const client = launched.platform.clients.get(DatasourceServiceService);
  const properties = { a: '1', password: 'hunter2' };
  await client.createDatasource(CreateDatasourceRequest.fromPartial({ name: 'x', type: 'other', properties }));
  await launched.close();
}

test('a master key that is lost or another one ends the start and is named; with the right one it starts', async () => {
  await keepSecret();
  const key = join(home, 'master.key');
  const other = randomBytes(32).toString('base64');
  const wrong = await start({ SLUICE_SECRETS_KEY: other }).catch((error: unknown) => error);
  expect(wrong).toMatchObject({ reason: 'SECRET_UNREADABLE', message: expect.stringMatching(/bring it back/) });
  const saved = await import('node:fs/promises').then(({ readFile }) => readFile(key));
  await rm(key);
  const lost = await start().catch((error: unknown) => error);
  expect(lost).toMatchObject({ reason: expect.stringMatching(/SECRET|CONFIG/) });
  expect((lost as Error).message).toMatch(/master\.key|key/);
  await writeFile(key, saved, { mode: 0o600 });
  const launched = await start();
  const found = await launched.platform.clients.get(DatasourceServiceService).getDatasource({ name: 'x' });
  expect(found.datasource?.secrets).toEqual(['password']);
  await launched.close();
});
