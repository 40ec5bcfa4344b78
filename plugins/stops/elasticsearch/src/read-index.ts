import type { Client } from '@opensearch-project/opensearch';
import { SluiceError, type Dataset, type StopContext, type Value } from '@sluice/plugin-sdk';
import { clientError, openClient, until, type Target } from './client.js';
import { fieldsOf, markArrays, sparkName, valueIn, type Field } from './field-type.js';
import { ANSWER_MS, CONNECT_MS } from './properties.js';

type Context = Pick<StopContext, 'engine' | 'signal'>;

/** What to read. */
export interface IndexRead {
  readonly target: Target;
  readonly index: string;
  /** In the words of the server's query language. */
  readonly query: object;
  /** A column for the ids of the documents; empty: none. */
  readonly idColumn: string;
  /** Documents looked at for fields with several values; 0: all. */
  readonly sampleSize: number;
}

/** A document that was found. */
export interface Hit {
  readonly _id: string;
  readonly _source?: Record<string, never>;
  readonly _seq_no?: number;
  readonly _primary_term?: number;
}

/** Documents of one answer. */
const PAGE = 1000;
/** How long the server keeps its place between two answers. */
const KEEP = '10m';

/** The documents of an index as rows, with the types of its mapping. */
export async function readIndex(context: Context, read: IndexRead): Promise<Dataset> {
  const { target, index, idColumn } = read;
  const fields = await withClient(context, target, `reading '${index}'`, (client) =>
    mappingOf(client, index, context.signal),
  );
  if (fields.size === 0)
    throw new SluiceError('DATA_INVALID', `the index '${index}' has no field, so there are no columns`);
  if (fields.has(idColumn)) throw new SluiceError('PROPERTY_INVALID', `the index '${index}' has a field '${idColumn}'`);
  let looked = 0;
  for await (const { _source = {} } of documents(context, read)) {
    markArrays(_source, fields);
    if (++looked === read.sampleSize) break;
  }
  const isWithId = idColumn !== '';
  const columns = [...fields].map(([name, field]) => ({ name, type: sparkName(field) }));
  const rows = async function* (): AsyncGenerator<readonly Value[]> {
    for await (const { _id, _source = {} } of documents(context, read)) {
      const values = [...fields].map(([name, field]) => valueIn(_source, name, field));
      yield isWithId ? [_id, ...values] : values;
    }
  };
  return context.engine.fromRows(isWithId ? [{ name: idColumn, type: 'string' }, ...columns] : columns, rows());
}

/** The fields of an index, or of all that a pattern or alias stands for. */
export async function mappingOf(
  client: Client,
  index: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Field>> {
  const { body } = await until(signal, client.indices.getMapping({ index }));
  const all = Object.values(body as Readonly<Record<string, { readonly mappings?: object }>>);
  const merged = new Map<string, Field>();
  for (const { mappings = {} } of all) {
    for (const [name, field] of fieldsOf(mappings)) {
      const other = merged.get(name);
      if (other !== undefined && sparkName(other) !== sparkName(field)) {
        const message = `the indexes of '${index}' have the field '${name}' as ${sparkName(other)} and as ${sparkName(field)}; name one index`;
        throw new SluiceError('SCHEMA_MISMATCH', message);
      }
      merged.set(name, other ?? field);
    }
  }
  return merged;
}

async function* documents(context: Context, { target, index, query }: IndexRead): AsyncGenerator<Hit> {
  const { signal } = context;
  const client = await openClient(target, { timeoutMs: CONNECT_MS, signal }, ANSWER_MS);
  try {
    yield* hits(client, index, { query }, KEEP, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw clientError(target, error, `reading '${index}'`);
  } finally {
    await client.close();
  }
}

/**
 * All documents of a search as they were when it began, a page at a time.
 *
 * @param keep how long the server keeps its place, such as `10m`
 */
export async function* hits(
  client: Client,
  index: string,
  body: object,
  keep: string,
  signal: AbortSignal,
): AsyncGenerator<Hit> {
  let id = '';
  try {
    const search = client.search({ index, scroll: keep, size: PAGE, body: { sort: ['_doc'], ...body } });
    let answer = (await until(signal, search)).body;
    for (;;) {
      id = answer._scroll_id ?? '';
      const { failures = [] } = answer._shards as { readonly failures?: readonly { readonly reason?: unknown }[] };
      if (failures.length > 0) throw new Error(`a shard failed: ${JSON.stringify(failures[0]?.reason).slice(0, 300)}`);
      const found = answer.hits.hits as unknown as readonly Hit[];
      if (found.length === 0) return;
      yield* found;
      const next = client.scroll({ body: { scroll_id: id, scroll: keep } });
      answer = (await until(signal, next)).body as typeof answer;
    }
  } finally {
    // The place of a search that was left is given up, as far as the server can still be asked.
    if (id !== '') await client.clearScroll({ body: { scroll_id: [id] } }).catch(() => undefined);
  }
}

/** Does something with a client of its own. */
export async function withClient<T>(
  { signal }: Pick<StopContext, 'signal'>,
  target: Target,
  doing: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await openClient(target, { timeoutMs: CONNECT_MS, signal }, ANSWER_MS);
  try {
    return await work(client);
  } catch (error) {
    signal.throwIfAborted();
    throw clientError(target, error, doing);
  } finally {
    await client.close();
  }
}
