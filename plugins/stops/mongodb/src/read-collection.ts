import {
  inferredName,
  mergeTypes,
  SluiceError,
  type Dataset,
  type InferredType,
  type StopContext,
  type Value,
} from '@sluice/plugin-sdk';
import type { Document, MongoClient } from 'mongodb';
import { textOf, typeOf, valueAs } from './document-type.js';
import { clientError } from './failures.js';
import { openClient, type Target } from './target.js';

type Context = Pick<StopContext, 'engine' | 'signal'>;

/** What to read, and as what. */
export interface CollectionRead {
  readonly target: Target;
  readonly database: string;
  readonly collection: string;
  /** Spark SQL over a view with the name of the collection; undefined: all of it. */
  readonly sql: string | undefined;
  /** Whether every column is a string, and there is none for `_id`. */
  readonly asTexts: boolean;
  /** Documents whose fields and types become the columns; 0: all. */
  readonly sampleSize: number;
}

/** How long a stop waits for a server, in milliseconds. */
export const WAIT_MS = 30_000;

/** The documents of a collection as rows. They are asked for twice: for the types that fit all, and for the rows. */
export async function readCollection(context: Context, read: CollectionRead): Promise<Dataset> {
  const { collection, sql, asTexts } = read;
  const where = `${read.database}.${collection}`;
  let type: InferredType = { kind: 'struct', fields: new Map() };
  for await (const document of documents(context, read, read.sampleSize)) {
    // Where all are texts, the names alone count.
    type = mergeTypes(type, asTexts ? namesOf(document) : typeOf(document));
  }
  const found = type.kind === 'struct' ? [...type.fields].filter(([name]) => !asTexts || name !== '_id') : [];
  if (found.length === 0) {
    throw new SluiceError(
      'DATA_INVALID',
      `the collection '${where}' has no document with a field, so there are no columns`,
    );
  }
  checkNames(
    found.map(([name]) => name),
    where,
  );
  const rows = async function* (): AsyncGenerator<readonly Value[]> {
    for await (const document of documents(context, read, 0)) {
      yield found.map(([name, each]) => {
        const value: unknown = Object.hasOwn(document, name) ? document[name] : null;
        if (asTexts) return value === null || value === undefined ? null : textOf(value);
        const typed = valueAs(value, each);
        if (typed !== undefined) return typed;
        const message = `'${where}': the field '${name}' of the document ${textOf(document['_id'])} is no ${inferredName(each)}, as it was in the documents looked at; raise sampleSize`;
        throw new SluiceError('DATA_INVALID', message);
      });
    }
  };
  const columns = found.map(([name, each]) => ({ name, type: asTexts ? 'string' : inferredName(each) }));
  const dataset = await context.engine.fromRows(columns, rows());
  return sql === undefined ? dataset : context.engine.sql(sql, { [collection]: dataset });
}

function namesOf(document: Document): InferredType {
  return { kind: 'struct', fields: new Map(Object.keys(document).map((name) => [name, { kind: 'string' }])) };
}

async function* documents({ signal }: Context, read: CollectionRead, limit: number): AsyncGenerator<Document> {
  const { target, database, collection } = read;
  const client: MongoClient = await openClient(target, { timeoutMs: WAIT_MS, signal });
  try {
    // The order of a scan; nothing promises it.
    yield* client.db(database).collection(collection).find({}, { limit }) as AsyncIterable<Document>;
  } catch (error) {
    signal.throwIfAborted();
    throw clientError(target.addresses.join(','), error, `reading '${database}.${collection}'`);
  } finally {
    await client.close();
  }
}

/** Columns do not differ by case alone, fields may. */
function checkNames(names: readonly string[], where: string): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const other = seen.get(name.toLowerCase());
    if (other !== undefined) {
      const message = `'${where}' has the fields '${other}' and '${name}', which as columns would have one name`;
      throw new SluiceError('SCHEMA_MISMATCH', message);
    }
    seen.set(name.toLowerCase(), name);
  }
}
