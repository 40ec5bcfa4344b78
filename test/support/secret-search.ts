import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { TestPlatform } from './platform.js';

/** Whether a text holds a secret: as it is, as URLs write it, or in Base64, wherever in a longer text it stands. */
export function holds(text: string, secret: string): boolean {
  const forms = [secret, encodeURIComponent(secret)];
  for (let before = 0; before < 3; before++) {
    const coded = Buffer.from('x'.repeat(before) + secret).toString('base64');
    // The first and the last group are shared with what stands beside it.
    forms.push(coded.slice(before === 0 ? 0 : 4, -4));
  }
  return forms.some((form) => text.includes(form));
}

/** The files of a folder that hold a secret. */
export async function filesWith(folder: string, secret: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder)) {
    const path = join(folder, entry);
    const info = await stat(path);
    if (info.isDirectory()) found.push(...(await filesWith(path, secret)));
    else if (holds(await readFile(path, 'latin1'), secret)) found.push(path);
  }
  return found;
}

/** The tables of a MariaDB database in which a row holds a secret, in whatever column. */
export async function tablesWith(url: string, secret: string): Promise<string[]> {
  const session = await createConnection(url);
  const [tables] = await session.query<RowDataPacket[]>({ sql: 'SHOW TABLES', rowsAsArray: true });
  const found: string[] = [];
  for (const name of tables.map((row) => String(Object.values(row)[0]))) {
    const [rows] = await session.query<RowDataPacket[]>({ sql: `SELECT * FROM \`${name}\``, rowsAsArray: true });
    const cells = rows.flatMap((row) => Object.values(row) as unknown[]);
    const texts = cells.map((cell) => (Buffer.isBuffer(cell) ? cell.toString('latin1') : JSON.stringify(cell)));
    if (texts.some((text) => holds(text, secret))) found.push(name);
  }
  await session.end();
  return found;
}

/** What the processes of a platform have logged, and their arguments and environments. */
export async function toldBy({ processes }: TestPlatform): Promise<string[]> {
  const seen: string[] = [];
  for (const { log, pid } of processes) {
    seen.push(...log);
    seen.push(await readFile(`/proc/${pid}/cmdline`, 'latin1'), await readFile(`/proc/${pid}/environ`, 'latin1'));
  }
  return seen;
}
