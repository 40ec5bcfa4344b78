import {
  SluiceError,
  type ConnectOptions,
  type Reading,
  type ReadRowsOptions,
  type RowSource,
} from '@sluice/plugin-sdk';
import { selectSource } from '../select.js';
import { Server, withServer } from './server.js';
import type { Target } from './target.js';
import { quotedName, readerOf } from './types.js';

/** Asks for the columns now, and for the rows when they are taken. */
export async function readRows(
  target: Target,
  connecting: ConnectOptions,
  source: RowSource,
  options: ReadRowsOptions,
): Promise<Reading> {
  const inner = `(\n${selectSource(source, options, { quote: quotedName })}\n) AS temp`;
  const head = await withServer(target, connecting, (server) => server.query(`SELECT * FROM ${inner} LIMIT 0`));
  const readers = head.names.map((name, i) => readerOf(name, head.types[i] ?? 'String'));
  return {
    columns: readers.map(({ column }) => column),
    async *rows() {
      const server = new Server(target, connecting);
      try {
        const { rows } = await server.query(`SELECT ${readers.map(({ sql }) => sql).join(', ')} FROM ${inner}`);
        for await (const texts of rows()) {
          if (texts.length !== readers.length)
            throw new SluiceError('DATA_INVALID', 'the server sent a row that is cut off');
          yield readers.map((reader, i) => reader.read(texts[i] ?? ''));
        }
      } finally {
        await server.close();
      }
    },
  };
}
