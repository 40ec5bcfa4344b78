import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unpacked, type Reading } from '@sluice/plugin-sdk';
import { runStop } from '@sluice/plugin-sdk/testing';
import { connectTarget } from './connect.js';
import { tableRead } from './stops/table-read.js';
import { freshServer, OPTIONS, SERVERS, type TestServer } from './test-servers.test.js';

/** A server in between that can be cut off. */
async function proxyTo(port: number, chunks: number): Promise<{ port: number; close(): void }> {
  const { connect } = await import('node:net');
  const sockets = new Set<Socket>();
  const server: Server = createServer((inward) => {
    const outward = connect(port, '127.0.0.1');
    sockets.add(inward).add(outward);
    let seen = 0;
    inward.pipe(outward);
    inward.on('error', () => outward.destroy());
    outward.on('error', () => inward.destroy());
    outward.on('data', (data) => {
      seen += data.length;
      if (seen > chunks) return void (inward.destroy(), outward.destroy());
      inward.write(data);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: (server.address() as AddressInfo).port, close };
}

/** The first column of a reading. */
async function cellsOf(reading: Reading): Promise<unknown[]> {
  const cells: unknown[] = [];
  for await (const batch of reading.rows()) {
    if ('columns' in batch) cells.push(...unpacked(batch.columns[0] as Parameters<typeof unpacked>[0]));
    else cells.push(batch[0]);
  }
  return cells;
}

describe.each(SERVERS)('failures of %s', (name) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await freshServer(name);
  });
  afterAll(() => server.drop());

  const connecting = (more: object) => connectTarget({ ...server.target, ...more }, { ...OPTIONS, timeoutMs: 700 });

  test.each([
    ['name', { host: 'no-such-host.invalid' }, 'CONNECTION_FAILED'],
    ['connect', { port: 1 }, 'CONNECTION_FAILED'],
    ['authentication', { password: 'hunter2' }, 'ACCESS_REFUSED'],
    ['permission', { database: 'no_such_database' }, 'ACCESS_REFUSED'],
  ])('a wrong %s is told as that step, without the password', async (step, more, reason) => {
    const error: unknown = await connecting(more).catch((each: unknown) => each);
    expect(error).toMatchObject({ reason, details: { step } });
    expect(JSON.stringify([(error as Error).message, (error as Error).stack])).not.toContain('hunter2');
  });

  test('a server without the TLS that is asked for, or with an unknown certificate, is told as that step', async () => {
    await expect(connecting({ tls: 'verify' })).rejects.toMatchObject({ details: { step: 'tls' } });
  });

  test('prefer is encrypted where the server can be, and goes on without it where the server has no TLS', async () => {
    const connection = await connecting({ tls: 'prefer' });
    const asked = { mariadb: 'information_schema', mysql: 'performance_schema' } as Partial<Record<string, string>>;
    const schema = asked[name];
    const query =
      schema === undefined
        ? 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'
        : `SELECT variable_value FROM ${schema}.session_status WHERE variable_name = 'Ssl_cipher'`;
    const [answer] = await cellsOf((await connection.read?.({ query })) as Reading);
    await connection.close();
    // MariaDB's test server has no certificate.
    if (name === 'mariadb') expect(answer).toBe('');
    else expect(answer).toEqual(name === 'mysql' ? expect.stringMatching(/^\w+-\w+-|^TLS_/) : true);
  });

  test('a server that accepts and never answers is given up after the time', async () => {
    const mute = createServer(() => undefined);
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const began = Date.now();
    await expect(connecting({ port: (mute.address() as AddressInfo).port })).rejects.toMatchObject({
      reason: 'CONNECTION_FAILED',
      details: { step: 'connect' },
    });
    expect(Date.now() - began).toBeLessThan(3000);
    mute.close();
  });

  test('a server that dies in mid-read ends the read, and no row is lost in silence', async () => {
    const setUp = await server.connect();
    await setUp.execute?.('CREATE TABLE long_one (id INT, t VARCHAR(200))');
    await setUp.execute?.("INSERT INTO long_one VALUES (1, repeat('x', 200))");
    for (let i = 0; i < 14; i++) await setUp.execute?.('INSERT INTO long_one SELECT * FROM long_one');
    await setUp.close();
    const proxy = await proxyTo(server.target.port, 500_000);
    try {
      const open = () => connectTarget({ ...server.target, port: proxy.port }, OPTIONS);
      const connection = await open();
      const reading = (await connection.read?.({ table: 'long_one' })) as Reading;
      await connection.close();
      let rows = 0;
      const taking = (async () => {
        for await (const batch of reading.rows()) rows += batch.length;
      })();
      await expect(taking).rejects.toMatchObject({ reason: 'CONNECTION_FAILED', details: { step: 'connect' } });
      expect(rows).toBeLessThan(16_384);
    } finally {
      proxy.close();
    }
  });

  test('a reader that leaves early ends its query and its session', async () => {
    const connection = await server.connect();
    const reading = (await connection.read?.({ table: 'long_one' })) as Reading;
    await connection.close();
    for await (const batch of reading.rows()) {
      expect(batch.length).toBeGreaterThan(0);
      break;
    }
  });

  test('a table that is not there is an error of the server, in its words', async () => {
    await expect(
      runStop(tableRead, {
        properties: { datasource: 'db', table: 'nowhere' },
        datasources: { db: () => server.connect() },
      }),
    ).rejects.toMatchObject({ reason: 'QUERY_FAILED', message: expect.stringContaining('nowhere') });
  });
});

test.runIf(SERVERS.includes('postgresql'))('prefer goes on where PostgreSQL answers that it has no TLS', async () => {
  const server = await freshServer('postgresql');
  const { connect } = await import('node:net');
  let refused = 0;
  const plain = createServer((inward) => {
    inward.on('error', () => undefined);
    inward.once('data', (first) => {
      // The protocol's request for TLS, and its answer where there is none.
      if (first.length === 8 && first.readInt32BE(4) === 80_877_103) return void (refused++, inward.write('N'));
      const outward = connect(server.target.port, '127.0.0.1');
      outward.on('error', () => inward.destroy());
      outward.write(first);
      inward.pipe(outward).pipe(inward);
    });
  });
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = plain.address() as AddressInfo;
    const connection = await connectTarget({ ...server.target, port, tls: 'prefer' }, OPTIONS);
    expect(await connection.about()).toMatchObject({ product: 'PostgreSQL' });
    await connection.close();
    expect(refused).toBe(1);
    await expect(connectTarget({ ...server.target, port, tls: 'require' }, OPTIONS)).rejects.toMatchObject({
      details: { step: 'tls' },
    });
  } finally {
    plain.close();
    await server.drop();
  }
});
