import { createServer, type AddressInfo, type Server } from 'node:net';
import oracledb from 'oracledb';
import { afterEach, expect, test } from 'vitest';
import { connectTarget } from '../connect.js';
import { parseJdbcUrl } from '../jdbc-url.js';
import { selectSource } from '../select.js';
import { boundAs, exactDecimal } from '../sql/server-texts.js';
import type { ServerTarget } from '../target.js';
import { DIALECT } from './dialect.js';
import { resultColumn } from './types.js';

const OPTIONS = { timeoutMs: 1500, signal: new AbortController().signal };
const listeners: Server[] = [];
afterEach(() => {
  for (const each of listeners.splice(0)) each.close();
});

/** A listener that answers each connect packet with one packet, or not at all. */
async function listener(answer: Buffer | undefined): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => (answer === undefined ? undefined : socket.end(answer)));
    socket.setTimeout(5000, () => socket.destroy());
  });
  listeners.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A refusal of Oracle's listener (TNS packet of the type 4). */
function refusal(code: number): Buffer {
  const text = Buffer.from(
    `(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR=${code})(ERROR_STACK=(ERROR=(CODE=${code})(EMFI=4))))`,
  );
  const head = Buffer.from([0, 0, 0, 0, 4, 0, 0, 0, 0x22, 0, 0, 0]);
  head.writeUInt16BE(head.length + text.length, 0);
  head.writeUInt16BE(text.length, 10);
  return Buffer.concat([head, text]);
}

test.each([
  ['thin:@h:1522:orcl', { host: 'h', port: 1522, database: ':orcl', tls: 'off' }],
  ['thin:@//h/pdb.example', { host: 'h', port: 1521, database: 'pdb.example' }],
  ['thin:scott/tiger@h:1/svc', { host: 'h', port: 1, database: 'svc', user: 'scott', password: 'tiger' }],
  ['thin:@tcps://h:2484/svc', { port: 2484, tls: 'verify' }],
  [
    'thin:@(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=h)(PORT=3))(CONNECT_DATA=(SERVICE_NAME=s)))',
    { port: 3, database: 's' },
  ],
])('jdbc:oracle:%s names an address', (text, expected) => {
  expect(parseJdbcUrl(`jdbc:oracle:${text}`)).toMatchObject({ driver: 'oracle', ...expected });
});

test.each(['thin:h:1521:x', 'thin:@h', 'thin:@(DESCRIPTION=(HOST=a)(HOST=b)(SID=x))'])(
  'jdbc:oracle:%s is refused',
  (text) => {
    expect(() => parseJdbcUrl(`jdbc:oracle:${text}`, 'u', 'hunter2')).toThrow(/^the JDBC URL (?!.*hunter2)/);
  },
);

test.each([
  ['name', { host: 'no-such-host.invalid' }, undefined, 'CONNECTION_FAILED'],
  ['connect', { port: 1 }, undefined, 'CONNECTION_FAILED'],
  ['connect', {}, undefined, 'CONNECTION_FAILED'],
  ['permission', {}, 12514, 'ACCESS_REFUSED'],
  ['permission', { database: ':nosid' }, 12505, 'ACCESS_REFUSED'],
])('a failure at the step %s is told as that, without the password', async (step, more, code, reason) => {
  const port = await listener(code === undefined ? undefined : refusal(code));
  const target = {
    ...parseJdbcUrl(`jdbc:oracle:thin:@127.0.0.1:${port}/pdb`, 'u', 'hunter2'),
    ...more,
  } as ServerTarget;
  const error: unknown = await connectTarget(target, OPTIONS).catch((each: unknown) => each);
  expect(error).toMatchObject({ reason, details: { step } });
  expect((error as Error).message).not.toContain('hunter2');
});

test('each type of column has its counterpart, and numbers keep every digit or are refused', () => {
  const typeOf = (dbType: oracledb.DbType, precision = 0, scale = 0) =>
    resultColumn({ name: 'c', dbType, precision, scale }).type;
  expect(typeOf(oracledb.DB_TYPE_NUMBER, 10, 2)).toBe('decimal(10,2)');
  expect(typeOf(oracledb.DB_TYPE_NUMBER, 0, -127)).toBe('decimal(38,10)');
  expect(typeOf(oracledb.DB_TYPE_NUMBER, 126, -127)).toBe('double');
  expect(typeOf(oracledb.DB_TYPE_NUMBER, 5, -2)).toBe('decimal(7,0)');
  expect(typeOf(oracledb.DB_TYPE_DATE)).toBe('timestamp_ntz');
  expect(typeOf(oracledb.DB_TYPE_TIMESTAMP_TZ)).toBe('timestamp');
  expect(typeOf(oracledb.DB_TYPE_BLOB)).toBe('binary');
  expect(typeOf(oracledb.DB_TYPE_CLOB)).toBe('string');
  expect(exactDecimal('.5', 38, 10)).toBe('0.5000000000');
  expect(exactDecimal('-12E+3', 38, 0)).toBe('-12000');
  expect(exactDecimal('1.5E-7', 38, 10)).toBe('0.0000001500');
  expect(exactDecimal('.33333333333', 38, 10)).toBeUndefined();
  const { read } = resultColumn({ name: 'c', dbType: oracledb.DB_TYPE_TIMESTAMP_TZ });
  expect(read?.('2024-02-29 08:00:00.000001 +08:00')).toBe(1_709_164_800_000_001n);
});

test('values are bound in the formats of the session', () => {
  expect(boundAs('timestamp', 1_709_164_800_000_001n)).toBe('2024-02-29 00:00:00.000001 +00:00');
  expect(boundAs('timestamp_ntz', 0n)).toBe('1970-01-01 00:00:00.000000');
  expect(boundAs('date', 19782)).toBe('2024-02-29 00:00:00');
  expect(boundAs('decimal(38,10)', '1234567890123456789012345678.0123456789')).toBe(
    '1234567890123456789012345678.0123456789',
  );
  expect(boundAs('double', Infinity)).toBe(Infinity);
});

test('statements are in words of Oracle', () => {
  const sql = selectSource({ table: 'shop.orders' }, { columns: ['id', 'Ünter'], where: 'id > 1', limit: 5 }, DIALECT);
  expect(sql).toBe('SELECT "ID", "Ünter" FROM "SHOP"."ORDERS" WHERE id > 1 FETCH FIRST 5 ROWS ONLY');
  expect(DIALECT.writing?.merge('T', 'S', ['"ID"', '"N"'], ['"ID"'])).toBe(
    'MERGE INTO T t USING S s ON (t."ID" = s."ID") WHEN MATCHED THEN UPDATE SET "N" = s."N" WHEN NOT MATCHED THEN INSERT ("ID", "N") VALUES (s."ID", s."N")',
  );
});
