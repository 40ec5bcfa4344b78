import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Reading, Table } from '@sluice/plugin-sdk';
import { runStop } from '@sluice/plugin-sdk/testing';
import { connectTarget } from './connect.js';
import { query } from './stops/query.js';
import { tableWrite } from './stops/table-write.js';
import { freshServer, OPTIONS, SERVERS, type TestServer } from './test-servers.test.js';

/** A way to a server that is cut when so many bytes were sent to it. */
async function cutAfter(port: number, most: number): Promise<{ readonly port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((inward) => {
    const outward = connect(port, '127.0.0.1');
    sockets.add(inward).add(outward);
    let sent = 0;
    outward.pipe(inward);
    inward.on('error', () => outward.destroy());
    outward.on('error', () => inward.destroy());
    inward.on('data', (data) => {
      sent += data.length;
      if (sent > most) return void (inward.destroy(), outward.destroy());
      outward.write(data);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: (server.address() as AddressInfo).port, close };
}

describe.each(SERVERS)('what breaks on %s', (name) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await freshServer(name);
  });
  afterAll(() => server.drop());

  const datasources = { db: () => server.connect() };
  const run = async (...statements: string[]): Promise<void> => {
    const connection = await server.connect();
    for (const each of statements) await connection.execute?.(each);
    await connection.close();
  };
  const rowsOf = async (sql: string) =>
    (await runStop(query, { properties: { datasource: 'db', query: sql }, datasources })).outputs['']?.rows;

  test('a server that dies in mid-write leaves the table as it was, and no other one behind', async () => {
    await run('CREATE TABLE kept (id INT, t VARCHAR(200))', "INSERT INTO kept VALUES (0, 'before')");
    const rows: Table = {
      columns: [
        ['id', 'int'],
        ['t', 'string'],
      ],
      rows: Array.from({ length: 40_000 }, (_, id) => [id, 'x'.repeat(100)]),
    };
    const proxy = await cutAfter(server.target.port, 2_000_000);
    const through = { db: () => connectTarget({ ...server.target, port: proxy.port }, OPTIONS) };
    try {
      for (const [table, mode] of [
        ['kept', 'append'],
        ['kept', 'overwrite'],
        ['fresh', 'append'],
      ]) {
        const write = runStop(tableWrite, {
          properties: { datasource: 'db', table, mode },
          inputs: { '': rows },
          datasources: through,
        });
        await expect(write).rejects.toMatchObject({ reason: 'CONNECTION_FAILED', details: { step: 'connect' } });
      }
    } finally {
      proxy.close();
    }
    expect(await rowsOf('SELECT * FROM kept')).toEqual([[0, 'before']]);
    const place = server.driver === 'mysql' ? `table_schema = '${server.target.database}'` : "table_schema = 'public'";
    expect(await rowsOf(`SELECT table_name AS name FROM information_schema.tables WHERE ${place}`)).toEqual([['kept']]);
  });

  test('a table that goes or changes between the look at it and the reading is an error', async () => {
    await run('CREATE TABLE gone (id INT)', 'INSERT INTO gone VALUES (1)');
    const connection = await server.connect();
    const taken = async (reading: Reading): Promise<number> => {
      let rows = 0;
      for await (const batch of reading.rows()) rows += batch.length;
      return rows;
    };
    const first = (await connection.read?.({ table: 'gone' })) as Reading;
    await run('ALTER TABLE gone ADD COLUMN more INT');
    if (server.driver === 'mysql') {
      await expect(taken(first)).rejects.toMatchObject({ message: expect.stringContaining('run again') });
    } else expect(await taken(first)).toBe(1);
    const second = (await connection.read?.({ table: 'gone' })) as Reading;
    await run('DROP TABLE gone');
    await expect(taken(second)).rejects.toMatchObject({
      reason: 'QUERY_FAILED',
      message: expect.stringContaining('gone'),
    });
    await connection.close();
  });

  test('a NUL in a text is kept where the server can, else refused, and nothing is written', async () => {
    const rows: Table = { columns: [['t', 'string']], rows: [['before'], ['a\0b']] };
    const write = runStop(tableWrite, {
      properties: { datasource: 'db', table: 'nul' },
      inputs: { '': rows },
      datasources,
    });
    if (server.driver === 'mysql') {
      await write;
      expect(await rowsOf('SELECT * FROM nul')).toEqual(rows.rows);
      return;
    }
    await expect(write).rejects.toMatchObject({ reason: 'QUERY_FAILED', message: expect.stringContaining('0x00') });
    await expect(rowsOf('SELECT * FROM nul')).rejects.toMatchObject({ reason: 'QUERY_FAILED' });
  });
});
