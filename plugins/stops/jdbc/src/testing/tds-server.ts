import { createServer, type AddressInfo, type Socket } from 'node:net';
import { StandInDatabase } from './stand-in-database.js';
import { TdsMessage, colMetadata, done, failure, loginAck, rowBytes } from './tds-tokens.js';

/** Types of packets (MS-TDS 2.2.3.1.1). */
const PACKET = { batch: 0x01, bulk: 0x07, attention: 0x06, login: 0x10, prelogin: 0x12, answer: 0x04 } as const;
const PACKET_BYTES = 4096;
/** Version 0, no encryption, no instance, no MARS. */
const PRELOGIN = Buffer.from([
  0, 0, 26, 0, 6, 1, 0, 32, 0, 1, 2, 0, 33, 0, 1, 3, 0, 34, 0, 0, 4, 0, 34, 0, 1, 0xff, 16, 0, 0, 0, 0, 0, 2, 0, 0,
]); // prettier-ignore

/**
 * A server of TDS 7.4, as SQL Server speaks it (the published MS-TDS): login, batches, bulk loads, attention. What the SQL means is
 * DuckDB's affair, after the words of Transact-SQL that the stops use have become its words.
 */
export async function tdsServer(password: string) {
  const database = await StandInDatabase.open();
  const sockets = new Set<Socket>();
  const asked: string[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    void serve(socket, database.session(), password, asked);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    /** The statements that came. */
    asked,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function serve(socket: Socket, opening: Promise<StandInDatabase>, password: string, asked: string[]) {
  const database = await opening;
  const send = (...parts: readonly Buffer[]): void => {
    const bytes = Buffer.concat(parts);
    for (let at = 0, id = 1; at === 0 || at < bytes.length; at += PACKET_BYTES - 8, id++) {
      const body = bytes.subarray(at, at + PACKET_BYTES - 8);
      const head = Buffer.from([PACKET.answer, at + body.length >= bytes.length ? 1 : 0, 0, 0, 0, 0, id & 0xff, 0]);
      head.writeUInt16BE(body.length + 8, 2);
      socket.write(Buffer.concat([head, body]));
    }
  };
  let loading: string | undefined;
  const take = async (type: number, message: Buffer): Promise<void> => {
    if (type === PACKET.prelogin) return send(PRELOGIN);
    if (type === PACKET.attention) return send(done(0, 0x20));
    if (type === PACKET.login) {
      if (passwordOf(message) === password) return send(loginAck(), done(0));
      send(failure(18456, 'Login failed for user.'), done(0, 2));
      return;
    }
    if (type === PACKET.bulk) {
      const { rows } = new TdsMessage(message).rows();
      for (const row of rows) await database.run(`INSERT INTO ${loading ?? ''} VALUES (${row.join(', ')})`);
      return send(done(rows.length, 0x10));
    }
    // Behind the headers that every request has.
    const sql = message.subarray(message.readUInt32LE(0)).toString('utf16le');
    asked.push(sql);
    const [, table] = /^insert bulk (\S+?)\(/i.exec(sql) ?? [];
    if (table !== undefined) {
      loading = toDuckdb(table);
      return send(done(0));
    }
    // What the driver says of its session when it begins.
    if (/^\s*set /i.test(sql)) return send(done(0));
    try {
      for (const each of toDuckdb(sql)
        .split(/;\s*(?=\w)/)
        .slice(0, -1))
        await database.run(each);
      const found = await database.run(
        toDuckdb(sql)
          .split(/;\s*(?=\w)/)
          .at(-1) ?? '',
      );
      // Only what is a query has columns.
      if (!/^\s*(select|with|exec|from)\b/i.test(sql)) return send(done(0));
      const { names, types, rows } = found;
      send(colMetadata(names, types), ...rows.map((row) => rowBytes(row, types)), done(rows.length, 0x10));
    } catch (error) {
      const { message: text } = error as Error;
      const number = /does not exist/.test(text) ? 208 : /violates|duplicate/i.test(text) ? 2627 : 50_000;
      send(failure(number, text), done(0, 2));
    }
  };
  let [bytes, message] = [Buffer.alloc(0), [] as Buffer[]];
  let turn = Promise.resolve();
  socket.on('data', (data: Buffer) => {
    bytes = Buffer.concat([bytes, data]);
    while (bytes.length >= 8 && bytes.length >= bytes.readUInt16BE(2)) {
      const packet = bytes.subarray(0, bytes.readUInt16BE(2));
      bytes = bytes.subarray(packet.length);
      message.push(packet.subarray(8));
      if ((packet.readUInt8(1) & 1) === 0) continue;
      const whole = Buffer.concat(message);
      message = [];
      // A message that its sender gave up is not looked at.
      const isIgnored = (packet.readUInt8(1) & 2) !== 0;
      turn = turn.then(() => (isIgnored ? send(done(0)) : take(packet.readUInt8(0), whole)));
    }
  });
}

/** The password of LOGIN7: each byte with its halves swapped after an exclusive or. */
function passwordOf(login: Buffer): string {
  const [at, length] = [login.readUInt16LE(44), login.readUInt16LE(46)];
  const hidden = login.subarray(at, at + length * 2).map((byte) => {
    const plain = byte ^ 0xa5;
    return ((plain << 4) & 0xff) | (plain >> 4);
  });
  return Buffer.from(hidden).toString('utf16le');
}

/** Transact-SQL, as far as the stops use it, in DuckDB's words. */
function toDuckdb(sql: string): string {
  const declared = /^EXEC sp_executesql N'((?:[^']|'')*)' WITH RESULT SETS \(\((.*)\)\)$/s.exec(sql);
  if (declared !== null) {
    const [, inner = '', list = ''] = declared;
    const columns = [...list.matchAll(/\[((?:[^\]]|\]\])+)\] (.*?)(?=, \[|$)/g)].map(([, name = '', type = '']) => {
      return `CAST("${name}" AS ${toDuckdb(type)}) AS "${name}"`;
    });
    return `SELECT ${columns.join(', ')} FROM (${toDuckdb(inner.replaceAll("''", "'"))})`;
  }
  return sql
    .replace(/CREATE TABLE \[#/g, 'CREATE TEMPORARY TABLE [')
    .replace(/\[#?((?:[^\]]|\]\])+)\]/g, (_, name: string) => `"${name.replaceAll(']]', ']')}"`)
    .replace(/\b(N?VARCHAR)\(MAX\)|\bNVARCHAR\(\d+\)/g, 'VARCHAR')
    .replace(/\bVARBINARY\(MAX\)/g, 'BLOB')
    .replace(/\bDATETIMEOFFSET\(6\)/g, 'TIMESTAMPTZ')
    .replace(/\bDATETIME2\(6\)/g, 'TIMESTAMP')
    .replace(/\bFLOAT\(53\)/g, 'DOUBLE')
    .replace(/\bBIT\b/g, 'BOOLEAN')
    .replace(/ WITH \(HOLDLOCK\)/g, '')
    .replace(/IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION/g, 'ROLLBACK')
    .replace(/\bSCHEMA_NAME\(\)/g, 'current_schema()')
    .replace(/SERVERPROPERTY\('ProductVersion'\)/g, "'16.0.1000.6'")
    .replace(/^SELECT TOP \((\d+)\) (.*)$/s, 'SELECT $2 LIMIT $1');
}
