import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Connection, Reading, Table } from '@sluice/plugin-sdk';
import { runStop } from '@sluice/plugin-sdk/testing';
import { connectTarget } from './connect.js';
import { parseJdbcUrl } from './jdbc-url.js';
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

  test('a target that is full ends the write in its own words; where there are transactions, nothing is left', async ({
    skip,
  }) => {
    if (server.driver === 'mysql') {
      const connection = await server.connect();
      await connection.execute?.('SET SESSION max_heap_table_size = 16384');
      await connection.execute?.('CREATE TABLE small (id INT, t VARCHAR(500)) ENGINE = MEMORY');
      await connection.close();
    } else await run('CREATE TABLE small (id INT, t VARCHAR(120000))', "INSERT INTO small VALUES (0, 'before')");
    // Bytes that no compression makes fewer.
    const cell = (id: number): string =>
      randomBytes(server.driver === 'mysql' ? 90 : 48_000).toString('base64') + String(id);
    const rows: Table = {
      columns: [
        ['id', 'int'],
        ['t', 'string'],
      ],
      rows: Array.from({ length: 400 }, (_, id) => [id, cell(id)]),
    };
    const limited = async (): Promise<Connection> => {
      const connection = await server.connect();
      if (server.driver === 'mysql') return connection;
      const [[pid] = []] = (await rowsOf(
        `SELECT pid FROM pg_stat_activity WHERE datname = '${server.target.database}' AND pid <> pg_backend_pid() ORDER BY backend_start`,
      )) ?? [[]];
      // Files of this one session may not grow beyond 17 MB, which a piece of the server's log does not reach.
      // As the owner of the process: who is root in a container may not limit another's.
      const { uid, gid } = statSync(`/proc/${String(pid)}`);
      const done = spawnSync(
        'prlimit',
        ['--pid', String(pid), `--fsize=${17 * 2 ** 20}`],
        process.getuid?.() === 0 ? { uid, gid } : {},
      );
      if (done.status !== 0) skip(`the files of the server cannot be limited from here: ${String(done.stderr)}`);
      return connection;
    };
    const write = runStop(tableWrite, {
      properties: { datasource: 'db', table: 'small' },
      inputs: { '': rows },
      datasources: { db: limited },
    });
    await expect(write).rejects.toMatchObject({
      reason: 'QUERY_FAILED',
      message: expect.stringMatching(/is full|No space|too large/i) as string,
    });
    if (server.driver === 'postgresql') expect(await rowsOf('SELECT * FROM small')).toEqual([[0, 'before']]);
  });

  test.skipIf(name !== 'postgresql')(
    'text of a database without an encoding is refused where it is no UTF-8',
    async () => {
      const admin = await server.connect();
      const database = `${server.target.database}_raw`;
      await admin.execute?.(
        `CREATE DATABASE ${database} ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`,
      );
      try {
        const open = () => connectTarget({ ...server.target, database }, OPTIONS);
        const raw = await open();
        await raw.execute?.(
          "CREATE TABLE t AS SELECT 'fine' AS word UNION ALL SELECT convert_from('\\xe9ff', 'SQL_ASCII')",
        );
        await raw.close();
        const read = runStop(query, {
          properties: { datasource: 'db', query: 'SELECT word FROM t' },
          datasources: { db: open },
        });
        await expect(read).rejects.toMatchObject({ message: expect.stringContaining('0xe9') as string });
      } finally {
        await admin.execute?.(`DROP DATABASE ${database} WITH (FORCE)`);
        await admin.close();
      }
    },
  );

  test.skipIf(name !== 'postgresql')('the schema that a URL names is where its tables are', async () => {
    await run('CREATE SCHEMA "my own"', 'CREATE TABLE "my own".here AS SELECT 7 AS n');
    const { host, port, database, user, password } = server.target;
    const url = `jdbc:postgresql://${host}:${port}/${database}?currentSchema=${encodeURIComponent('"my own",public')}`;
    const connection = await connectTarget(parseJdbcUrl(url, user, password), OPTIONS);
    expect((await connection.read?.({ table: 'here' }))?.columns).toEqual([{ name: 'n', type: 'int' }]);
    await connection.close();
  });
});
