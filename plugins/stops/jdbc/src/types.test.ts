import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Table } from '@sluice/plugin-sdk';
import { runStop } from '@sluice/plugin-sdk/testing';
import { GOLDEN } from './testing/golden.js';
import { query } from './stops/query.js';
import { tableRead } from './stops/table-read.js';
import { tableWrite } from './stops/table-write.js';
import { freshServer, SERVERS, type TestServer } from './test-servers.test.js';

describe.each(SERVERS)('types on %s', (name) => {
  let server: TestServer;
  const datasources = { shop: () => server.connect() };
  beforeAll(async () => {
    server = await freshServer(name);
  });
  afterAll(() => server.drop());

  const run = async (sql: string): Promise<void> => {
    const connection = await server.connect();
    await connection.execute?.(sql);
    await connection.close();
  };

  test('the golden table comes back as it went', async () => {
    await runStop(tableWrite, {
      properties: { datasource: 'shop', table: 'golden' },
      inputs: { '': GOLDEN },
      datasources,
    });
    const back = await runStop(query, {
      properties: { datasource: 'shop', query: 'SELECT * FROM golden ORDER BY id' },
      datasources,
    });
    // Named differences: MySQL's BOOLEAN is a TINYINT, PostgreSQL has no type of one byte.
    const other = server.driver === 'mysql' ? ['a boolean', 'tinyint'] : ['tiny', 'smallint'];
    const columns = GOLDEN.columns.map(([column, type]) => (column === other[0] ? [column, other[1]] : [column, type]));
    const rows = GOLDEN.rows.map((row) =>
      row.map((value) => (server.driver === 'mysql' && typeof value === 'boolean' ? Number(value) : value)),
    );
    expect(back.outputs['']).toEqual({ columns, rows });
  });

  test('columns that have no type on the other side are named, and nothing is written', async () => {
    const inputs: Record<string, Table> = {
      '': {
        columns: [
          ['id', 'int'],
          ['tags', 'array<string>'],
        ],
        rows: [[1, ['a']]],
      },
    };
    await expect(
      runStop(tableWrite, { properties: { datasource: 'shop', table: 'refused' }, inputs, datasources }),
    ).rejects.toMatchObject({ reason: 'TYPE_UNSUPPORTED', message: expect.stringContaining("'tags' (array<string>)") });
    await expect(
      runStop(tableRead, { properties: { datasource: 'shop', table: 'refused' }, datasources }),
    ).rejects.toMatchObject({ reason: 'QUERY_FAILED' });
  });

  test("every type of the server's own is read exactly, or as its text", async () => {
    if (server.driver === 'mysql') {
      await run(`CREATE TABLE own (ut TINYINT UNSIGNED, us SMALLINT UNSIGNED, m MEDIUMINT, um MEDIUMINT UNSIGNED, ui INT UNSIGNED,
        ub BIGINT UNSIGNED, d DECIMAL(10,3), wide DECIMAL(65,5), f FLOAT, b1 BIT(1), b9 BIT(9), y YEAR, t TIME(3), c CHAR(5),
        vb VARBINARY(8), e ENUM('x','y'), s SET('p','q'), j JSON)`);
      await run(`INSERT INTO own VALUES (255, 65535, -8388608, 16777215, 4294967295, 18446744073709551615, -1234567.125,
        '123456789012345678901234567890123456789012345678901234567890.12345', 16777216, b'1', b'100000001', 2155, '-838:59:58.125', 'a b',
        x'00ff', 'y', 'p,q', '{"n": 12345678901234567890}')`);
      const { outputs } = await runStop(tableRead, { properties: { datasource: 'shop', table: 'own' }, datasources });
      expect(outputs['']?.columns.map(([, type]) => type)).toEqual([
        'smallint', 'int', 'int', 'int', 'bigint', 'decimal(20,0)', 'decimal(10,3)', 'string', 'float', 'boolean', 'binary', 'int',
        'string', 'string', 'binary', 'string', 'string', 'string',
      ]); // prettier-ignore
      expect(outputs['']?.rows).toEqual([
        [255, 65535, -8388608, 16777215, 4294967295n, '18446744073709551615', '-1234567.125',
         '123456789012345678901234567890123456789012345678901234567890.12345', 16777216, true, new Uint8Array([1, 1]), 2155,
         '-838:59:58.125', 'a b', new Uint8Array([0, 255]), 'y', 'p,q', '{"n": 12345678901234567890}'],
      ]); // prettier-ignore
      return;
    }
    await run(`CREATE TABLE own (n numeric, n5 numeric(10,3), wide numeric(60,5), r real, b char(5), v varchar(9), u uuid, j json,
      jb jsonb, t time, tz timetz, i interval, a int[], x bytea, d date, "Mixed Case" bigint)`);
    await run(`INSERT INTO own VALUES (1.5, -1234567.125, 1234567890123456789012345678901234567890.12345, 16777216, 'a', 'v',
      'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"n": 12345678901234567890}', '{"b":1}', '23:59:59.125', '01:02:03+08', '1 day 2 hours',
      '{1,2}', '\\x00ff', '0001-01-01', 9007199254740993)`);
    const { outputs } = await runStop(tableRead, { properties: { datasource: 'shop', table: 'own' }, datasources });
    expect(outputs['']?.columns.map(([, type]) => type)).toEqual([
      'decimal(38,18)', 'decimal(10,3)', 'string', 'float', 'string', 'string', 'string', 'string', 'string', 'string', 'string',
      'string', 'string', 'binary', 'date', 'bigint',
    ]); // prettier-ignore
    expect(outputs['']?.rows).toEqual([
      ['1.500000000000000000', '-1234567.125', '1234567890123456789012345678901234567890.12345', 16777216, 'a    ', 'v',
       'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"n": 12345678901234567890}', '{"b": 1}', '23:59:59.125', '01:02:03+08',
       '1 day 02:00:00', '{1,2}', new Uint8Array([0, 255]), -719162, 9007199254740993n],
    ]); // prettier-ignore
  });

  test('a value that the engine cannot hold ends the read and names its column', async () => {
    const [make, fill] =
      server.driver === 'mysql'
        ? ['CREATE TABLE odd (d DATE)', "INSERT INTO odd VALUES ('0000-00-00')"]
        : ['CREATE TABLE odd (d numeric)', "INSERT INTO odd VALUES ('NaN')"];
    await run(make);
    await run(fill);
    await expect(
      runStop(tableRead, { properties: { datasource: 'shop', table: 'odd' }, datasources }),
    ).rejects.toMatchObject({ reason: 'DATA_INVALID', message: expect.stringContaining("column 'd'") });
  });
});
