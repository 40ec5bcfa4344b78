import { createHash } from 'node:crypto';
import type { Client } from '@opensearch-project/opensearch';
import { columnNamed, columnText, quoteName, SluiceError, type Dataset, type StopContext } from '@sluice/plugin-sdk';
import { until, type Target } from './client.js';
import { hits, withClient } from './read-index.js';

type Context = Pick<StopContext, 'engine' | 'signal' | 'beforeCommit' | 'run' | 'stop'>;

/** What to write, and where. */
export interface IndexWrite {
  readonly target: Target;
  readonly index: string;
  readonly mode: 'append' | 'overwrite' | 'error' | 'ignore';
  /** The column with the ids; empty: they are made of the run, the stop and the number of the row. */
  readonly idColumn: string;
}

/** Documents and characters of one request, at most. */
const MOST_DOCUMENTS = 1000;
const MOST_CHARACTERS = 8 << 20;
/** How long the server remembers which documents were there before; a write may take so long. */
const KEEP = '12h';

interface BulkItem {
  readonly status: number;
  readonly _id?: string;
  readonly error?: { readonly reason?: string; readonly caused_by?: { readonly reason?: string } };
}

interface BulkAnswer {
  readonly errors: boolean;
  readonly items: readonly Readonly<Record<string, BulkItem>>[];
}

/**
 * Writes each row as a document. `overwrite` removes the documents that were there before once all are written, except those
 * that were replaced: a reader may see both, and a failure loses nothing.
 *
 * @returns the number of rows, or undefined where `ignore` found the index
 */
export function writeIndex(context: Context, write: IndexWrite, input: Dataset): Promise<number | undefined> {
  const { target, index, mode } = write;
  const { signal } = context;
  return withClient(context, target, `writing '${index}'`, async (client) => {
    const isThere = Boolean((await until(signal, client.indices.exists({ index }))).body);
    if (isThere && mode === 'ignore') return undefined;
    if (isThere && mode === 'error') throw new SluiceError('TABLE_EXISTS', `the index '${index}' is there already`);
    const old = isThere && mode === 'overwrite' ? await oldDocuments(client, index, signal) : undefined;
    try {
      const rows = await sendRows(context, client, write, input);
      // An index without a row is one nevertheless.
      if (rows === 0 && !isThere) await until(signal, client.indices.create({ index }));
      if (old !== undefined) await removeAll(context, client, index, old);
      await until(signal, client.indices.refresh({ index }));
      return rows;
    } finally {
      await old?.return?.(undefined);
    }
  });
}

type Old = AsyncGenerator<string>;

/** The deletions of what is there now; the search has begun when this returns. */
async function oldDocuments(client: Client, index: string, signal: AbortSignal): Promise<Old> {
  await until(signal, client.indices.refresh({ index }));
  const found = hits(client, index, { _source: false, seq_no_primary_term: true }, KEEP, signal);
  const first = await found.next();
  return (async function* () {
    try {
      for (let each = first; each.done !== true; each = await found.next()) {
        const { _id, _seq_no: if_seq_no, _primary_term: if_primary_term } = each.value;
        // A document that was written meanwhile has another number, and is not removed.
        yield JSON.stringify({ delete: { _id, if_seq_no, if_primary_term } });
      }
    } finally {
      await found.return(undefined);
    }
  })();
}

async function removeAll(context: Context, client: Client, index: string, old: Old): Promise<void> {
  const CONFLICT = 409;
  let lines: string[] = [];
  const send = async (): Promise<void> => {
    await context.beforeCommit();
    await bulk(client, index, lines, [CONFLICT], context.signal);
    lines = [];
  };
  for await (const line of old) if (lines.push(line) === MOST_DOCUMENTS) await send();
  if (lines.length > 0) await send();
}

async function sendRows(context: Context, client: Client, write: IndexWrite, input: Dataset): Promise<number> {
  const names = input.columns.map(({ name }) => quoteName(name));
  const idColumn = write.idColumn === '' ? undefined : columnNamed(input.columns, write.idColumn, 'idColumn');
  const id = idColumn === undefined ? '' : `, ${columnText(idColumn, 'id')}`;
  // The engine writes the values, as Spark's to_json does: decimals keep their digits, moments their zone.
  const texts = await context.engine.sql(`SELECT to_json(struct(${names.join(', ')})) AS j${id} FROM input`, {
    input,
  });
  const digest = createHash('sha256')
    .update(JSON.stringify([context.run.id, context.stop]))
    .digest('hex')
    .slice(0, 20);
  let [rows, lines, characters] = [0, [] as string[], 0];
  const send = async (): Promise<void> => {
    if (lines.length > 0) await bulk(client, write.index, lines, [], context.signal);
    [lines, characters] = [[], 0];
  };
  for await (const { length, columns } of texts.batches()) {
    await context.beforeCommit();
    for (let r = 0; r < length; r++) {
      const _id = idColumn === undefined ? `${digest}-${rows}` : columns[1]?.[r];
      if (_id === null)
        throw new SluiceError('DATA_INVALID', `row ${rows + 1} has no id: '${idColumn?.name ?? ''}' is NULL`);
      const text = columns[0]?.[r] as string;
      lines.push(JSON.stringify({ index: { _id } }), text);
      rows++;
      if ((characters += text.length) > MOST_CHARACTERS || lines.length >= 2 * MOST_DOCUMENTS) await send();
    }
    await send();
  }
  return rows;
}

/** Sends lines of the bulk protocol; the first that is refused fails it, unless with a status that is allowed. */
async function bulk(
  client: Client,
  index: string,
  lines: readonly string[],
  allowed: readonly number[],
  signal: AbortSignal,
): Promise<void> {
  // Below the client's own method, which takes no lines that are written already.
  const path = `/${encodeURIComponent(index)}/_bulk`;
  const request = { method: 'POST', path, bulkBody: `${lines.join('\n')}\n` };
  const { body } = (await until(signal, client.transport.request(request))) as { readonly body: BulkAnswer };
  if (!body.errors) return;
  const items = body.items.map((item) => Object.values(item)[0]);
  const failed = items.find((item) => item?.error !== undefined && !allowed.includes(item.status));
  if (failed === undefined) return;
  const { reason = '', caused_by: cause } = failed.error ?? {};
  const why = cause?.reason === undefined ? reason : `${reason}: ${cause.reason}`;
  throw new SluiceError('DATA_INVALID', `the server refuses the document '${failed._id ?? ''}' for '${index}': ${why}`);
}
